"""Outside links: which addresses the texts lead to, and what is known of each.

They are noted whenever a text is saved or goes live, out of the text itself; they are asked in
the background (services/link_checking), never while somebody waits for a page.
"""

import hashlib
import html
import re
from datetime import datetime, timedelta
from urllib.parse import urldefrag, urlsplit

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models import Link, LinkUse, Publication, Setting, SiteLink

# A text that leads to more is a list of links; its first ones are looked after.
MAX_LINKS_OF_A_TEXT = 300
MAX_URL_CHARACTERS = 2000
# Autosave sees an address while it is being typed; by then it is whole, or gone again.
SETTLES_AFTER = timedelta(minutes=10)
# How many older texts are looked through at once for links that were never noted.
MAX_NOTED_AT_ONCE = 200
_NOTED_UP_TO = "links:noted_up_to"
# In sanitised text, the only text that is given here, an attribute holds no bare < > or quote.
_HREF = re.compile(r'<a [^<>]*?href="(https?://[^"<>]*)"', re.IGNORECASE)


def addresses_in(body: str, source_url: str = "") -> list[str]:
    """The outside addresses of a stored text, once each, in the order of the text."""
    found = [html.unescape(address) for address in _HREF.findall(body)]
    whole = [urldefrag(address).url for address in (*found, source_url)]
    # What cannot be taken apart cannot be asked either.
    asked = [address for address in whole if _host_of(address)]
    return [a for a in dict.fromkeys(asked) if len(a) <= MAX_URL_CHARACTERS][:MAX_LINKS_OF_A_TEXT]


def record_uses(*, publication: Publication, now: datetime) -> None:
    """Note where the publication's latest and live texts lead; flushes. A new address is asked
    soon, one that no text holds any more is forgotten by ``forget_unused``."""
    revisions = {
        revision.id: revision
        for revision in (publication.live_revision, publication.latest_revision)
        if revision is not None
    }
    wanted: dict[str, str] = {}
    for revision in revisions.values():
        for address in addresses_in(revision.body, revision.source_url):
            wanted.setdefault(_hash(address), address)
    session = db.session
    used = {
        url_hash: link_id
        for link_id, url_hash in session.execute(
            select(Link.id, Link.url_hash)
            .join(LinkUse, LinkUse.link_id == Link.id)
            .where(LinkUse.publication_id == publication.id)
        )
    }
    gone = [link_id for url_hash, link_id in used.items() if url_hash not in wanted]
    if gone:
        session.execute(
            delete(LinkUse).where(
                LinkUse.publication_id == publication.id, LinkUse.link_id.in_(gone)
            )
        )
    new = {url_hash: address for url_hash, address in wanted.items() if url_hash not in used}
    if new:
        _add_links(new, now)
        ids = session.scalars(select(Link.id).where(Link.url_hash.in_(new))).all()
        session.execute(
            insert(LinkUse),
            [{"publication_id": publication.id, "link_id": link_id} for link_id in ids],
        )
    session.flush()


def _add_links(addresses: dict[str, str], now: datetime) -> None:
    """The links that are not there yet; one that is there is asked soon as well.

    Two texts may bring the same one at once. To write its row either way also keeps
    ``forget_unused`` from taking it in the same moment.
    """
    on_postgresql = db.session.get_bind().dialect.name == "postgresql"
    statement = (postgresql.insert if on_postgresql else sqlite.insert)(Link)
    # In one order for everybody, so that two who add the same ones do not wait for each other.
    rows = [
        {
            "url": address,
            "url_hash": url_hash,
            "host": _host_of(address),
            "next_check_at": now + SETTLES_AFTER,
        }
        for url_hash, address in sorted(addresses.items())
    ]
    soon = {"next_check_at": statement.excluded.next_check_at}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=[Link.url_hash], set_=soon), rows
    )


def watch(*, address: str, now: datetime) -> int:
    """Have an address asked that stands in no text, as long as somebody keeps the id that this
    answers (SiteLink); flushes."""
    url = urldefrag(address).url
    _add_links({_hash(url): url}, now)
    return db.session.scalars(select(Link.id).where(Link.url_hash == _hash(url))).one()


def is_used() -> ColumnElement[bool]:
    """The condition that a text, or the site's own page of links, leads there."""
    in_text = exists().where(LinkUse.link_id == Link.id)
    return or_(in_text, exists().where(SiteLink.link_id == Link.id))


def note_older(*, now: datetime) -> int:
    """Note the links of some texts that were written before links were noted, or brought in past
    the editor; answers how many texts. Called again and again it comes to the end."""
    mark = db.session.get(Setting, _NOTED_UP_TO)
    ids = db.session.scalars(
        select(Publication.id)
        .where(Publication.id > (mark.value if mark else 0))
        .order_by(Publication.id)
        .limit(MAX_NOTED_AT_ONCE)
    ).all()
    if not ids:
        return 0
    rows = db.session.scalars(select(Publication).where(Publication.id.in_(ids))).all()
    for publication in rows:
        record_uses(publication=publication, now=now)
    if mark is None:
        db.session.add(Setting(key=_NOTED_UP_TO, value=ids[-1]))
    else:
        mark.value = ids[-1]
    db.session.flush()
    return len(ids)


def forget_unused(*, now: datetime) -> None:
    """Drop the links that nothing holds any more, once they have had time to settle."""
    is_settled = or_(Link.next_check_at <= now, Link.next_check_at.is_(None))
    db.session.execute(
        delete(Link).where(is_settled, ~is_used()).execution_options(synchronize_session=False)
    )


def broken_in(body: str, source_url: str = "") -> list[str] | None:
    """The addresses of a text that are known to be broken; None if it leads nowhere outside.
    Asks nobody but the database."""
    addresses = {_hash(address): address for address in addresses_in(body, source_url)}
    if not addresses:
        return None
    query = select(Link.url_hash).where(
        Link.url_hash.in_(addresses), Link.broken_since.is_not(None)
    )
    broken = set(db.session.scalars(query))
    return [address for url_hash, address in addresses.items() if url_hash in broken]


def _host_of(address: str) -> str:
    """The host in lower case; "" for what is no address of the web."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme in ("http", "https") and len(host) <= 253 else ""


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
