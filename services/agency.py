"""Which names the agency goes by: told from the configuration when the application is made."""

from collections.abc import Iterable

from sqlalchemy import select

from extensions import db
from models import Unit
from services.vietnamese import fold

# Folded. One process serves one agency.
_names: set[str] = set()


def configure(*, names: Iterable[str]) -> None:
    """Say the agency's own names, before anything is asked here."""
    _names.clear()
    _names.update(_plain(name) for name in names if name.strip())


def is_own(*, body: str) -> bool:
    """Whether an issuing body is the agency itself or one of its units.

    “Sở Khoa học và Công nghệ thành phố Đà Nẵng” is the agency called “Sở Khoa học và Công nghệ”
    where its place is that; another place's is not.
    """
    wanted = _plain(body)
    if not wanted:
        return False
    if wanted in _names:
        return True
    units = db.session.scalars(select(Unit.name).where(Unit.is_outside.is_(False)))
    return wanted in {_plain(name) for name in units}


def _plain(name: str) -> str:
    return " ".join(fold(name).split())
