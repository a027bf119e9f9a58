"""The drawn pictures and the written files, stored as uploads are; each scene is drawn and
encoded once."""

import hashlib
import io
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from demo import pictures
from demo.content import FILES, FileUse, PictureUse
from extensions import db
from models import Media, Publication, User
from services.attachments import Attachment
from services.media import OPEN_GRAPH_NAME, folder_of
from services.pictures import ProcessedPicture, process
from services.uploads import store_file


class Gallery:
    """Scenes ready to be stored. Encoding lets other threads run, so both cores are used."""

    def __init__(self, keys: Iterable[str], *, root: Path) -> None:
        self.root = root
        wanted = sorted(set(keys))
        with ThreadPoolExecutor(max_workers=2) as pool:
            self._made = dict(zip(wanted, pool.map(_make, wanted), strict=True))

    def store(
        self, use: PictureUse, *, publication: Publication, actor: User, now: datetime
    ) -> Media:
        """A row and files of its own for one publication, with what is said of it there."""
        digest, processed = self._made[use.key]
        files = {f"{width}.webp": content for width, content in processed.webp.items()}
        files[OPEN_GRAPH_NAME] = processed.open_graph
        media = Media(
            token=secrets.token_urlsafe(16),
            version=1,
            sha256=digest,
            original_name=f"{use.key}.jpg",
            mime="image/webp",
            width=processed.width,
            height=processed.height,
            size_bytes=sum(map(len, files.values())),
            widths=list(processed.webp),
            alt=use.alt,
            caption=use.caption,
            credit=use.credit,
            unit_id=actor.unit_id,
            uploaded_by_id=actor.id,
            publication_id=publication.id,
            created_at=now,
        )
        folder = folder_of(self.root, media)
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        db.session.add(media)
        db.session.flush()
        return media

    def attach(
        self, use: FileUse, publication: Publication, actor: User, now: datetime
    ) -> Attachment:
        """The file, kept for one publication, under the name that readers see there."""
        with (FILES / use.name).open("rb") as file:
            stored = store_file(
                file=file,
                filename=use.name,
                actor=actor,
                publication=publication,
                now=now,
                root=self.root,
            )
        return Attachment(stored.id, use.label)


def _make(key: str) -> tuple[str, ProcessedPicture]:
    file = io.BytesIO()
    pictures.draw(key).save(file, "JPEG", quality=95, subsampling=0)
    data = file.getvalue()
    return hashlib.sha256(data).hexdigest(), process(data)
