"""Keeping machines out of the forms without asking anybody else, and without a picture.

A form carries a ticket that the site has signed: which form, when, and a number of its own. To
send it one shows a proof of work on that number (a script does that while one types) or, without
scripts, answers a question that a person answers. The ticket is good after a few seconds and for
some hours; a field that people do not see must stay empty. No cookie, no session: the page is the
same for everybody but for its ticket.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from extensions import db
from models import Setting, User
from services import audit, settings
from services.errors import InvalidInput
from services.vietnamese import clean, fold

SALT = "voice-form"
NONCE_BYTES = 16
MAX_TICKET_CHARACTERS = 600
MAX_WORK_CHARACTERS = 20
MAX_ANSWER_CHARACTERS = 60
_QUESTIONS = "voice:robot_questions"
MAX_QUESTIONS = 50
MAX_QUESTION_CHARACTERS = 200

# One a line, as the administrator's page shows them: the question, “=”, and what is right.
DEFAULT_QUESTIONS = """\
Thủ đô của Việt Nam là thành phố nào? = Hà Nội
Hai cộng ba bằng mấy? = 5 | năm
Một tuần có mấy ngày? = 7 | bảy | bẩy
Một năm có bao nhiêu tháng? = 12 | mười hai
Cầu Rồng ở thành phố nào? = Đà Nẵng | TP Đà Nẵng | thành phố Đà Nẵng
Bàn tay có mấy ngón? = 5 | năm
Trong các từ “bàn, ghế, cam”, từ nào là tên một loại quả? = cam | quả cam
Con gì bắt chuột và kêu “meo meo”? = mèo | con mèo
Mười trừ một bằng mấy? = 9 | chín
Chữ cái đầu tiên của từ “bạn đọc” là chữ gì? = b | chữ b | bờ"""


@dataclass(frozen=True, slots=True)
class Question:
    """One that a person answers; ``answers`` are folded."""

    text: str
    answers: frozenset[str]

    @property
    def key(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a form carries. ``signed`` goes into it as it is; ``bits`` is the work asked."""

    signed: str
    nonce: str
    bits: int
    question: str

    @property
    def send_key(self) -> str:
        """Names the form that was opened, so that what is sent twice from it is one."""
        return hashlib.sha256(self.nonce.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Proof:
    """What came back with the form, as typed."""

    ticket: str = ""
    work: str = ""
    answer: str = ""
    trap: str = ""


class RobotDoubt(InvalidInput):
    """Not believed yet. ``needs_new_ticket``: the one it came with will not do any more."""

    def __init__(self, sentence: str, field: str, *, needs_new_ticket: bool = False) -> None:
        super().__init__(sentence, {field: sentence})
        self.needs_new_ticket = needs_new_ticket


# ---------------------------------------------------------------- the ticket
def issue(*, form: str, secret_key: str, now: datetime) -> Ticket:
    """A new ticket for one form (its name says for what, too: “report:12”)."""
    question = secrets.choice(questions())
    claims = {
        "f": form,
        "n": secrets.token_hex(NONCE_BYTES),
        "t": int(now.timestamp()),
        "b": settings.get("voice_work_bits"),
        "q": question.key,
    }
    signed = str(URLSafeSerializer(secret_key, salt=SALT).dumps(claims))
    return Ticket(signed, claims["n"], claims["b"], question.text)


def read(*, form: str, signed: str, secret_key: str) -> tuple[Ticket, datetime, str] | None:
    """A ticket of this form with when it was given and its question's key; None: it is none."""
    if not signed or len(signed) > MAX_TICKET_CHARACTERS:
        return None
    try:
        claims = URLSafeSerializer(secret_key, salt=SALT).loads(signed)
    except BadData:
        return None
    if claims["f"] != form:
        return None
    known = {one.key: one.text for one in questions()}
    ticket = Ticket(signed, claims["n"], claims["b"], known.get(claims["q"], ""))
    return ticket, datetime.fromtimestamp(claims["t"], UTC), claims["q"]


def check(*, form: str, proof: Proof, secret_key: str, now: datetime) -> Ticket:
    """The ticket of a form that a person seems to have sent. Raises RobotDoubt."""
    found = read(form=form, signed=proof.ticket, secret_key=secret_key)
    if found is None:
        raise RobotDoubt(
            "Mẫu này không còn dùng được. Chữ bạn gõ vẫn còn; hãy bấm gửi lần nữa.",
            "robot",
            needs_new_ticket=True,
        )
    ticket, given_at, question_key = found
    if proof.trap:
        raise RobotDoubt("Ô “Xin để trống ô này” phải để trống; đã xoá giúp, hãy gửi lại.", "robot")
    age = now - given_at
    if age > timedelta(hours=settings.get("voice_max_hours")):
        raise RobotDoubt(
            "Mẫu mở đã quá lâu. Chữ bạn gõ vẫn còn; hãy bấm gửi lần nữa.",
            "robot",
            needs_new_ticket=True,
        )
    if not _is_worked(ticket, proof.work) and not _is_answered(question_key, proof.answer):
        sentence = (
            "Câu trả lời kiểm tra chưa đúng; hãy trả lời câu hỏi mới bên dưới."
            if proof.answer.strip()
            else "Hãy trả lời câu hỏi kiểm tra, để trang biết người gửi không phải là máy."
        )
        # A guess costs a new question.
        raise RobotDoubt(sentence, "robot", needs_new_ticket=bool(proof.answer.strip()))
    if age < timedelta(seconds=settings.get("voice_min_seconds")):
        raise RobotDoubt(
            "Mẫu được gửi nhanh hơn người gõ. Nếu bạn không phải là máy, hãy đợi vài giây rồi "
            "bấm gửi lần nữa; chữ bạn gõ vẫn còn.",
            "robot",
        )
    return ticket


def is_work(*, nonce: str, work: str, bits: int) -> bool:
    """Whether SHA-256 of “nonce:work” begins with so many zero bits."""
    if not (work.isascii() and work.isdigit() and len(work) <= MAX_WORK_CHARACTERS):
        return False
    digest = hashlib.sha256(f"{nonce}:{work}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def _is_worked(ticket: Ticket, work: str) -> bool:
    return is_work(nonce=ticket.nonce, work=work, bits=ticket.bits)


# ---------------------------------------------------------------- questions
def questions() -> list[Question]:
    """The questions in force: the administrator's, or those that come with the site."""
    return _read(questions_text())[0]


def questions_text() -> str:
    """The same as the administrator's page shows them."""
    row = db.session.get(Setting, _QUESTIONS)
    return str(row.value) if row is not None else DEFAULT_QUESTIONS


def change_questions(*, typed: str, actor: User, now: datetime) -> int:
    """Save the list as typed, audited; how many there are. Raises InvalidInput naming the line."""
    found, wrong = _read(typed)
    if not wrong and len(found) < 2:
        wrong = "Hãy ghi ít nhất hai câu hỏi, để câu hỏi còn đổi được."
    if not wrong and len(found) > MAX_QUESTIONS:
        wrong = f"Hãy ghi nhiều nhất {MAX_QUESTIONS} câu hỏi."
    if wrong:
        raise InvalidInput(wrong, {"questions": wrong})
    before, text = len(questions()), "\n".join(_lines(typed))
    row = db.session.get(Setting, _QUESTIONS)
    if row is None:
        db.session.add(Setting(key=_QUESTIONS, value=text))
    else:
        row.value = text
    db.session.flush()
    audit.record(
        actor=actor,
        action="setting.change",
        subject="setting",
        subject_key=_QUESTIONS,
        subject_name="Câu hỏi kiểm tra người gửi",
        changes={"value": [f"{before} câu", f"{len(found)} câu"]},
        now=now,
    )
    return len(found)


def _lines(typed: str) -> list[str]:
    return [line for line in (" ".join(part.split()) for part in clean(typed).splitlines()) if line]


def _read(typed: str) -> tuple[list[Question], str]:
    """The questions of a list, and what is wrong with its first wrong line."""
    found: list[Question] = []
    for number, line in enumerate(_lines(typed), start=1):
        text, sign, right = line.rpartition("=")
        answers = frozenset(filter(None, (_folded(one) for one in right.split("|"))))
        if not (sign and text.strip() and answers):
            return found, f"Dòng {number} chưa đúng; hãy ghi: Câu hỏi? = đáp án | đáp án khác"
        if len(text) > MAX_QUESTION_CHARACTERS:
            return found, f"Dòng {number} dài quá {MAX_QUESTION_CHARACTERS} ký tự."
        found.append(Question(text.strip(), answers))
    return found, ""


def _is_answered(question_key: str, answer: str) -> bool:
    if len(answer) > MAX_ANSWER_CHARACTERS:
        return False
    folded = _folded(answer)
    asked = [one for one in questions() if hmac.compare_digest(one.key, question_key)]
    return bool(folded) and any(folded in one.answers for one in asked)


def _folded(answer: str) -> str:
    return " ".join(fold(clean(answer)).strip(" .!?“”\"'").split())
