"""AVIF beside the WebP variants of stored pictures, made in the background.

A fifth lighter for most photographs, and half a second of work for each: too much for whoever
uploads. It lies beside the WebP under the same width and is sent at the same address to browsers
that take it (``services/media``), so that what texts store stays as it is.
"""

import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from extensions import db
from models import Media, MediaKind
from services.media import AVIF, folder_of

QUALITY = 55
SPEED = 6
# What saves less is not worth a second copy.
WORTH_IT = 0.93
# Newest first, for a while; the rest waits for the next run.
MAX_LOOKED_AT = 5_000
MAX_RUN_S = 20.0


def make_missing(*, root: Path, checkpoint: Callable[[], None]) -> int:
    """Make the AVIF variants that are missing, newest pictures first; returns how many pictures
    got theirs. Changes nothing in the database; ``checkpoint`` ends its transaction."""
    query = (
        select(Media.token, Media.version, Media.widths)
        .where(Media.kind == MediaKind.PICTURE)
        .order_by(Media.id.desc())
        .limit(MAX_LOOKED_AT)
    )
    rows = db.session.execute(query).all()
    # Nothing is locked while pictures are encoded.
    checkpoint()
    until, made = time.monotonic() + MAX_RUN_S, 0
    for token, version, widths in rows:
        folder = folder_of(root, Media(token=token, version=version))
        waiting = [width for width in widths if not (folder / f"{width}{AVIF}").exists()]
        if not waiting or not folder.is_dir():
            continue
        if time.monotonic() >= until:
            break
        for width in waiting:
            _make(folder, width)
        made += 1
    return made


def _make(folder: Path, width: int) -> None:
    """One variant; an empty file says that it is not worth it."""
    source = folder / f"{width}.webp"
    try:
        data = source.read_bytes()
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as picture:
            out = io.BytesIO()
            picture.save(out, "AVIF", quality=QUALITY, speed=SPEED, max_threads=1)
    except FileNotFoundError:
        return  # replaced or deleted meanwhile
    except OSError:
        out = io.BytesIO()
    packed = out.getvalue() if out.tell() <= WORTH_IT * len(data) else b""
    # Whole or not there: somebody may ask for it at this moment.
    try:
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".avif-")
    except FileNotFoundError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        Path(draft).chmod(0o644)
        Path(draft).replace(folder / f"{width}{AVIF}")
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
