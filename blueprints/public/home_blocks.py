"""What the home page shows beside news: what people come for, services, documents, drafts open
for comments, the poll, other sites."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from flask_babel import gettext as _

from blueprints import languages
from blueprints.templating import number_here
from models import Kind, Language
from services import consultations, listing, procedures, site_links
from services.kind_lists import details_of_many
from services.voice import polls

SERVICES = 5
DOCUMENTS = 5
CONSULTATIONS = 3
QUESTIONS = 3
LINKS = 6


@dataclass(frozen=True, slots=True)
class Task:
    """What people come to do, and how much of it there is ("": nothing to say)."""

    label: str
    url: str
    note: str


def of_home(*, now: datetime, language: Language) -> dict[str, Any]:
    """Always so many questions, whatever the site holds."""
    documents = listing.latest(now=now, limit=DOCUMENTS, kind=Kind.DOCUMENT, language=language)
    numbers = details_of_many(kind=Kind.DOCUMENT, ids=[card.id for card in documents])
    online = procedures.counts(now=now, language=language)
    links = chain.from_iterable(group.links for group in site_links.groups(only_shown=True))
    # A poll is asked in Vietnamese alone.
    poll = polls.current(now=now) if language is Language.VI else None
    return {
        "tasks": _tasks(online=online, now=now, language=language),
        "poll": poll,
        # What the poll's fragment shows: its choices, without any result, the same for everybody.
        "shares": polls.shares(poll) if poll else [],
        "is_open": True,
        "site_links": list(islice(links, LINKS)),
        "online": online,
        "services": procedures.most_used(now=now, limit=SERVICES, language=language),
        "documents": [
            (card, numbers.get(card.id, {}).get("document_number", "")) for card in documents
        ],
        "consultations": consultations.open_now(now=now, limit=CONSULTATIONS, language=language),
        "questions": listing.latest(
            now=now, limit=QUESTIONS, kind=Kind.QUESTION, language=language
        ),
    }


def _tasks(*, online: procedures.OnlineCounts, now: datetime, language: Language) -> list[Task]:
    """What most people come for, so that nobody has to scroll for it."""
    counted = (Kind.DOCUMENT, Kind.QUESTION)
    counts = listing.count_by_kind(now=now, kinds=counted, language=language)
    documents, questions = (number_here(counts.get(kind, 0)) for kind in counted)
    is_open = consultations.count_open(now=now, language=language)
    services = _("%(n)s dịch vụ toàn trình", n=number_here(online.whole)) if online.whole else ""
    tasks = [
        Task(
            _("Tra văn bản"),
            "/van-ban",
            _("%(n)s văn bản", n=documents) if Kind.DOCUMENT in counts else "",
        ),
        Task(_("Làm thủ tục"), "/thu-tuc", services),
        Task(
            _("Góp ý dự thảo"),
            "/du-thao",
            _("%(n)s dự thảo đang lấy ý kiến", n=number_here(is_open)) if is_open else "",
        ),
        Task(
            _("Đặt câu hỏi"),
            "/hoi-dap/gui",
            _("%(n)s câu đã trả lời", n=questions)
            if Kind.QUESTION in counts
            else _("không cần tài khoản"),
        ),
        Task(_("Xem lịch công tác"), "/lich-cong-tac", _("của lãnh đạo")),
    ]
    return [Task(task.label, languages.here(task.url), task.note) for task in tasks]
