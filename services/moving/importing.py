"""One import from beginning to end: read, compared, made ready, stored a batch at a time.

Each batch is one transaction, so whatever kills the process leaves whole batches, and the next
run goes on from there. What takes long (pictures, cleaning) is done outside of it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import islice

from sqlalchemy.exc import SQLAlchemyError

from extensions import db
from models import Kind, State
from services import audit
from services.errors import DomainError
from services.moving import relating
from services.moving.bodies import Preparer, Ready
from services.moving.foreseeing import Foresight
from services.moving.items import STORED, Item, Line, Outcome, Reader, Unread
from services.moving.relating import Numbers
from services.moving.storing import CHANGED_HERE, Known, Store, is_as_left

BATCH = 50

Progress = Callable[[int, int], None]


def run(
    *,
    reader: Reader,
    store: Store,
    secret_key: str,
    checkpoint: Callable[[], None],
    tell: Callable[[Line], None],
    progress: Progress | None = None,
    is_dry: bool = False,
) -> Counter[Outcome]:
    """Bring in everything that the reader gives; how many items had which outcome.

    ``checkpoint`` ends each batch: it commits, or for a dry run rolls back. ``tell`` is given
    each line after that, when it is true.
    """
    importer = _Importer(reader, store, secret_key, checkpoint, tell)
    importer.is_dry = is_dry
    everything = reader.items()
    done = 0
    while batch := list(islice(everything, BATCH)):
        importer.bring(batch)
        done += len(batch)
        if progress is not None:
            progress(done, max(done, reader.total))
    importer.relate()
    return importer.counts


def note_run(*, said: str, source: str, counts: Counter[Outcome], now: datetime) -> None:
    """The line of the administration's trail."""
    audit.record(
        actor=None,
        action="import.run",
        subject="import",
        subject_key=source,
        subject_name=said,
        changes={outcome.value: [None, counts[outcome]] for outcome in Outcome if counts[outcome]},
        now=now,
    )


class _Importer:
    def __init__(
        self,
        reader: Reader,
        store: Store,
        secret_key: str,
        checkpoint: Callable[[], None],
        tell: Callable[[Line], None],
    ) -> None:
        self.store, self.checkpoint, self.tell = store, checkpoint, tell
        self.preparer = Preparer(finds=reader.media, secret_key=secret_key)
        self.counts: Counter[Outcome] = Counter()
        self._seen: dict[str, int] = {}
        self.is_dry = False
        self.foresight = Foresight(Numbers(store.plan.source))

    def bring(self, batch: list[Item | Unread]) -> None:
        lines: dict[int, Line] = {}
        items: list[Item] = []
        for one in batch:
            if isinstance(one, Unread):
                lines[one.row] = Line(one.row, one.external_id, one.title, one.outcome, one.reason)
            elif (first := self._seen.setdefault(one.external_id, one.row)) != one.row:
                reason = f"Trùng số với mục {first} của cùng tệp."
                lines[one.row] = _refused(one, reason)
            else:
                items.append(one)
        waiting = self._settle(items, lines)
        ready = self._prepare(waiting, lines)
        if ready:
            self._keep(ready, lines)
        if self.is_dry:
            for item in items:
                self._foresee(item, lines[item.row])
        for row in sorted(lines):
            self.counts[lines[row].outcome] += 1
            self.tell(lines[row])

    def relate(self) -> None:
        """What documents say of those that came after them."""
        if self.is_dry:
            # Of what it brought nothing is there.
            lines = self.foresight.lines()
        else:
            lines = relating.settle(
                numbers=Numbers(self.store.plan.source),
                rows=self._seen,
                checkpoint=self.checkpoint,
                is_as_left=is_as_left,
            )
        for line in lines:
            self.counts[line.outcome] += 1
            self.tell(line)

    def _foresee(self, item: Item, line: Line) -> None:
        is_stored = line.outcome in STORED and line.reason != CHANGED_HERE
        if item.kind is Kind.DOCUMENT and is_stored:
            self.foresight.add(
                row=item.row,
                code=item.external_id,
                title=item.title,
                texts=[item.details],
                is_live=item.state in (State.PUBLISHED, State.WITHDRAWN),
                is_withdrawn=item.state is State.WITHDRAWN,
            )

    def _settle(self, items: list[Item], lines: dict[int, Line]) -> list[Item]:
        """Those that are to be made ready; the others have their line. Ends its transaction, so
        that nobody waits while pictures are made."""
        if not items:
            return []
        known = self.store.known([item.external_id for item in items])
        waiting = []
        for item in items:
            line = self.store.settled(item, known.get(item.external_id))
            if line is None:
                waiting.append(item)
            else:
                lines[item.row] = line
        self._end()
        return waiting

    def _prepare(self, items: list[Item], lines: dict[int, Line]) -> list[Ready]:
        ready = []
        for item in items:
            try:
                ready.append(self.preparer.prepare(item))
            except DomainError as error:
                lines[item.row] = _refused(item, error.sentence)
        return ready

    def _keep(self, ready: list[Ready], lines: dict[int, Line]) -> None:
        try:
            told = self._keep_at_once(ready)
        except (DomainError, SQLAlchemyError, ValueError) as error:
            self._undo()
            if len(ready) > 1:
                # One of them cannot be kept: each by itself then.
                for one in ready:
                    self._keep([one], lines)
                return
            item = ready[0].item
            sentence = getattr(error, "sentence", "") or (
                f"Không lưu được vào cơ sở dữ liệu ({type(error).__name__})."
            )
            lines[item.row] = _refused(item, sentence)
            return
        lines.update({line.row: line for line in told})
        for one in ready:
            if not self.is_dry:
                self.preparer.known.update(one.media)
            # Their bytes are not needed any more.
            one.media.clear()

    def _keep_at_once(self, ready: list[Ready]) -> list[Line]:
        known = self.store.known([one.item.external_id for one in ready])
        pairs: list[tuple[Ready, Known | None]] = [
            (one, known.get(one.item.external_id)) for one in ready
        ]
        told = self.store.keep(pairs)
        self._end()
        return told

    def _end(self) -> None:
        self.checkpoint()
        # A dry run has rolled back: what was made in this batch is not there.
        db.session.expunge_all()
        self.store.places.forget()

    def _undo(self) -> None:
        db.session.rollback()
        self.store.places.forget()


def _refused(item: Item, reason: str) -> Line:
    return Line(item.row, item.external_id, item.title, Outcome.REFUSED, reason)
