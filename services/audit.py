"""What was done in the administration: written with the change itself, in one transaction.

Texts have a trail of their own (Transition); this one is of accounts, units, sections, settings.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from extensions import db
from models import AuditEvent, User

# What no row may hold, whatever a caller passes: the trail is read by people and backed up.
SECRET = re.compile(r"password|mat_khau|token|secret", re.IGNORECASE)
MAX_VALUE_CHARACTERS = 1000


def record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    subject_key: str,
    subject_name: str = "",
    changes: Mapping[str, Sequence[Any]],
    now: datetime,
) -> AuditEvent:
    """Note who did what to which thing, with ``{"field": [before, after]}``; flushes.

    No ``actor``: it was done at the server's command line. Raises ValueError for a field whose
    name says that it holds a password or a token.
    """
    secret = [field for field in changes if SECRET.search(field)]
    if secret:
        raise ValueError(f"the audit trail may not hold {', '.join(secret)}")
    event = AuditEvent(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        subject_key=subject_key[:80],
        subject_name=subject_name[:300],
        changes={field: [_plain(value) for value in pair] for field, pair in changes.items()},
    )
    db.session.add(event)
    db.session.flush()
    return event


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs between two states of one thing, for ``record``."""
    return {
        field: [before.get(field), value]
        for field, value in after.items()
        if before.get(field) != value
    }


def _plain(value: Any) -> Any:
    """Something that JSON holds and people can read."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)[:MAX_VALUE_CHARACTERS]
