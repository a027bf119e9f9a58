"""Taking what is due out of the queue to the city portal.

Claimed (the next try put off, committed), handed over, then marked: a process that is killed
between the last two hands it over once more, under the same key. The other order would lose it.
"""

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from extensions import db
from models import PortalDelivery, PortalEvent, PortalState
from services.portal_connectors import Connector, DeliveryError, Receipt
from services.portal_parcel import make_parcel

MAX_TRIES = 16
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
# So that many deliveries that failed together do not come back together.
JITTER = 0.2
# Longer than all that one delivery can take.
CLAIM = timedelta(minutes=5)
MAX_PER_RUN = 50
MAX_RUN_S = 60


def send_waiting(
    *,
    connector: Connector,
    config: Mapping[str, Any],
    now: datetime,
    checkpoint: Callable[[], None],
) -> int:
    """Hand over what is due, within bounds of number and time; answers how many arrived.

    ``checkpoint`` commits: no transaction is open while the portal is spoken to.
    """
    ends_at = time.monotonic() + MAX_RUN_S
    sent = 0
    for _ in range(MAX_PER_RUN):
        delivery = _claim(now)
        checkpoint()
        if delivery is None:
            break
        sent += _hand_over(delivery.id, connector, config, now, checkpoint)
        checkpoint()
        if time.monotonic() > ends_at:
            break
    return sent


def _hand_over(
    delivery_id: int,
    connector: Connector,
    config: Mapping[str, Any],
    now: datetime,
    checkpoint: Callable[[], None],
) -> bool:
    delivery = db.session.get(PortalDelivery, delivery_id)
    if delivery is None:
        return False
    if _is_pointless(delivery, now):
        delivery.state, delivery.next_try_at = PortalState.CANCELLED, None
        return False
    parcel = make_parcel(delivery, config=config)
    # Read; nothing stays open while somebody else's machine takes its time.
    checkpoint()
    try:
        receipt = connector.deliver(parcel, now=now)
    except DeliveryError as error:
        _note_failure(delivery_id, error, now)
        return False
    _note_receipt(delivery_id, receipt, now)
    return True


def _is_pointless(delivery: PortalDelivery, now: datetime) -> bool:
    """What readers have no more is not news for the portal either, but its withdrawal is."""
    if delivery.event is PortalEvent.WITHDRAW:
        return False
    expires_at = delivery.publication.expires_at
    return expires_at is not None and expires_at <= now


def _claim(now: datetime) -> PortalDelivery | None:
    """The next that is due, put off for everybody else; of one text the oldest first. Flushes."""
    earlier = aliased(PortalDelivery)
    has_earlier = exists().where(
        earlier.publication_id == PortalDelivery.publication_id,
        earlier.id < PortalDelivery.id,
        earlier.state == PortalState.QUEUED,
    )
    query = (
        select(PortalDelivery)
        .where(
            PortalDelivery.state == PortalState.QUEUED,
            PortalDelivery.next_try_at <= now,
            ~has_earlier,
        )
        .order_by(PortalDelivery.next_try_at, PortalDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=PortalDelivery)
    )
    delivery = db.session.scalar(query)
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.next_try_at = now + CLAIM
    db.session.flush()
    return delivery


def _note_receipt(delivery_id: int, receipt: Receipt, now: datetime) -> None:
    delivery = db.session.get(PortalDelivery, delivery_id, with_for_update=True)
    # Somebody may have noted its outcome by hand meanwhile.
    if delivery is None or delivery.state is not PortalState.QUEUED:
        return
    delivery.state, delivery.sent_at, delivery.next_try_at = PortalState.SENT, now, None
    delivery.last_error = ""
    if receipt.is_accepted:
        delivery.state, delivery.accepted_at = PortalState.ACCEPTED, now
        delivery.portal_address = receipt.address
    elif receipt.is_refused:
        delivery.state = PortalState.REFUSED
        delivery.last_error = receipt.reason or "Cổng không nhận và không nói lý do."
    db.session.flush()


def _note_failure(delivery_id: int, error: DeliveryError, now: datetime) -> None:
    delivery = db.session.get(PortalDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state is not PortalState.QUEUED:
        return
    delivery.last_error = error.sentence[:500]
    if error.is_final or delivery.attempts >= MAX_TRIES:
        delivery.state, delivery.next_try_at = PortalState.FAILED, None
    else:
        delivery.next_try_at = now + delay_after(delivery.attempts, error.retry_after_s)
    db.session.flush()


def delay_after(attempts: int, retry_after_s: int = 0) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, a little more or less;
    as long as the portal asks, within bounds."""
    # The exponent is bounded by MAX_TRIES.
    usual = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
    spread = usual * (1 + JITTER * (2 * random.random() - 1))  # noqa: S311 - not for secrets
    return max(spread, min(timedelta(seconds=retry_after_s), LONGEST_DELAY))
