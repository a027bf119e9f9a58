"""Accounts: passwords, the throttle, sessions that end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from models import LoginFailure, Role, User
from services import accounts
from services.errors import InvalidInput, NotAllowed, NotFound, TooMany
from tests.support.factories import NOW, make_unit, make_user

Session = scoped_session[Any]
KEY = "k" * 32
HERE, THERE = "203.0.113.7", "198.51.100.9"
GENERIC = "Tên đăng nhập hoặc mật khẩu chưa đúng. Hãy kiểm tra lại, kể cả phím Caps Lock."
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def try_in(username: str = "thu.nghiem", password: str = "sai hoàn toàn", **said: Any) -> User:
    given = {"address": HERE, "secret_key": KEY, "now": NOW, **said}
    return accounts.authenticate(username=username, password=password, **given)


def fail(times: int, **said: Any) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            try_in(**said)


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures by the dozen: what they cost is not asked here."""
    cheap = accounts.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", cheap)
    monkeypatch.setattr(accounts, "_DUMMY_HASH", cheap.hash("không ai dùng"))


@pytest.fixture
def somebody(session: Session, cheap_hashing: None) -> User:
    return make_user(username="thu.nghiem", password="mật khẩu đúng 2026")


# ---------------------------------------------------------------- logging in
def test_the_right_password_opens_and_is_noted(somebody: User) -> None:
    assert try_in(password="mật khẩu đúng 2026") is somebody
    assert somebody.last_login_at == NOW


def test_every_refusal_sounds_the_same(session: Session, somebody: User) -> None:
    closed = make_user(username="da.khoa", password="mật khẩu đúng 2026", is_active=False)
    said = []
    for username, password in (
        ("thu.nghiem", "sai hoàn toàn"),
        ("khong.co.ai", "mật khẩu đúng 2026"),
        (closed.username, "mật khẩu đúng 2026"),
        ("thu.nghiem", ""),
        ("", "mật khẩu đúng 2026"),
        ("thu.nghiem", "mật khẩu đúng 2026 "),
        ("\x00", "mật khẩu đúng 2026"),
        ("thu.nghiem", "mật khẩu đúng 2026\x00"),
        ("x" * 100_000, "y" * 100_000),
    ):
        with pytest.raises(NotAllowed) as refused:
            try_in(username, password, address=f"192.0.2.{len(said)}")
        said.append(refused.value.sentence)
    assert set(said) == {GENERIC}


def test_an_account_without_a_usable_hash_is_refused_like_any_other(session: Session) -> None:
    make_user(username="thu.nghiem")
    with pytest.raises(NotAllowed, match="chưa đúng"):
        try_in(password="!")


@pytest.mark.parametrize(
    "username", ["THU.Nghiem", "  thu.nghiem ", "thu.nghiem\n", "\u200bthu.nghiem\x00"]
)
def test_a_name_is_known_however_it_is_typed(somebody: User, username: str) -> None:
    assert try_in(username, "mật khẩu đúng 2026") is somebody


def test_a_password_is_the_same_with_its_marks_apart(somebody: User) -> None:
    apart = "ma\u0323\u0302t kha\u0302\u0309u \u0111u\u0301ng 2026"
    assert try_in(password=apart) is somebody


def test_an_old_hash_is_made_anew_when_its_owner_comes(session: Session) -> None:
    user = make_user(username="thu.nghiem", password="mật khẩu đúng 2026")
    weak = user.password_hash
    try_in(password="mật khẩu đúng 2026")
    assert user.password_hash != weak
    assert "m=65536,t=3,p=4" in user.password_hash
    assert try_in(password="mật khẩu đúng 2026") is user


# ---------------------------------------------------------------- the throttle
def test_an_account_is_closed_to_an_address_after_five_failures(somebody: User) -> None:
    fail(5)
    with pytest.raises(TooMany) as refused:
        try_in(password="mật khẩu đúng 2026", now=NOW + MINUTE)
    assert refused.value.sentence == (
        "Đã thử đăng nhập sai quá nhiều lần. Hãy đợi 14 phút rồi thử lại."
    )
    assert refused.value.retry_after_s == 14 * 60


def test_four_failures_are_forgiven_by_one_success(session: Session, somebody: User) -> None:
    for _ in range(3):
        fail(4)
        assert try_in(password="mật khẩu đúng 2026") is somebody
    assert session.scalar(select(func.count(LoginFailure.id))) == 0


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(somebody: User) -> None:
    fail(5, address=THERE)
    assert try_in(password="mật khẩu đúng 2026") is somebody


def test_other_accounts_of_the_address_are_not_touched(session: Session, somebody: User) -> None:
    other = make_user(username="dong.nghiep", password="mật khẩu đúng 2026")
    fail(5)
    assert try_in("dong.nghiep", "mật khẩu đúng 2026") is other


def test_an_address_is_closed_after_thirty_failures_on_any_names(somebody: User) -> None:
    for number in range(30):
        fail(1, username=f"doan.ten.{number}")
    with pytest.raises(TooMany):
        try_in(password="mật khẩu đúng 2026")
    assert try_in(password="mật khẩu đúng 2026", address=THERE) is somebody


def test_an_account_is_closed_after_fifty_failures_from_anywhere(somebody: User) -> None:
    for number in range(50):
        fail(1, address=f"192.0.2.{number}")
    with pytest.raises(TooMany):
        try_in(password="mật khẩu đúng 2026", address=THERE)


def test_the_door_opens_again_a_quarter_of_an_hour_after_the_first_failure(somebody: User) -> None:
    fail(1)
    fail(4, now=NOW + 10 * MINUTE)
    with pytest.raises(TooMany) as refused:
        try_in(password="mật khẩu đúng 2026", now=NOW + 15 * MINUTE - SECOND)
    assert refused.value.retry_after_s == 1
    assert try_in(password="mật khẩu đúng 2026", now=NOW + 15 * MINUTE) is somebody


def test_what_is_refused_by_the_throttle_does_not_prolong_it(
    session: Session, somebody: User
) -> None:
    fail(5)
    for _ in range(10):
        with pytest.raises(TooMany):
            try_in(now=NOW + 14 * MINUTE)
    assert session.scalar(select(func.count(LoginFailure.id))) == 5
    assert try_in(password="mật khẩu đúng 2026", now=NOW + 15 * MINUTE) is somebody


def test_failures_are_kept_without_name_or_address_and_not_for_long(
    session: Session, somebody: User
) -> None:
    fail(2)
    for row in session.scalars(select(LoginFailure)):
        assert len(row.account_hash) == len(row.address_hash) == 64
        assert "thu.nghiem" not in row.account_hash
    fail(1, now=NOW + 16 * MINUTE)
    assert session.scalar(select(func.count(LoginFailure.id))) == 1


# ---------------------------------------------------------------- sessions
def test_a_session_ends_when_its_owner_ends_them_all(session: Session) -> None:
    user = make_user()
    token = user.get_id()
    assert accounts.user_for_session(token) is user
    accounts.end_sessions(user=user)
    assert accounts.user_for_session(token) is None
    assert accounts.user_for_session(user.get_id()) is user


def test_a_disabled_account_has_no_session(session: Session) -> None:
    user = make_user(username="sap.khoa")
    token = user.get_id()
    accounts.disable_user(username=" SAP.khoa ", now=NOW)
    assert not user.is_active
    assert accounts.user_for_session(token) is None
    assert accounts.user_for_session(user.get_id()) is None
    with pytest.raises(NotFound, match="Không có tài khoản"):
        accounts.disable_user(username="khong.co", now=NOW)


@pytest.mark.parametrize("token", ["", "1", "None", "session"])
def test_nobody_is_known_by_a_token_that_was_not_given(session: Session, token: str) -> None:
    make_user()
    assert accounts.user_for_session(token) is None


def test_session_tokens_do_not_repeat() -> None:
    tokens = {accounts.new_session_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)


# ---------------------------------------------------------------- making accounts
def create(**said: Any) -> User:
    given = {
        "username": "nguyen.an",
        "full_name": "Nguyễn Văn An",
        "role": Role.CONTRIBUTOR,
        "unit": make_unit(),
        "password": "mật khẩu dài đủ",
        "now": NOW,
        **said,
    }
    return accounts.create_user(**given)


def test_a_password_is_kept_as_argon2id_only(session: Session) -> None:
    user = create()
    assert user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "mật khẩu" not in user.password_hash
    assert create(username="nguyen.binh").password_hash != user.password_hash
    assert try_in("nguyen.an", "mật khẩu dài đủ") is user


def test_a_new_account_is_stored_tidily(session: Session) -> None:
    user = create(username="  Nguyen.AN ", full_name=" Nguye\u0302\u0303n  Va\u0306n An ")
    assert (user.username, user.full_name) == ("nguyen.an", "Nguyễn Văn An")
    assert user.sort_key.startswith("a1n1")


@pytest.mark.parametrize(
    "username",
    ["", "an", "a" * 65, "nguyễn.an", "nguyen an", "-an-", "a/b", "<script>"],
)
def test_a_user_name_that_cannot_be_is_named(session: Session, username: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(username=username)
    assert refused.value.fields == {
        "username": "Tên đăng nhập gồm 3–64 chữ thường không dấu, chữ số, dấu chấm, gạch ngang."
    }


def test_a_user_name_is_given_once(session: Session) -> None:
    create()
    with pytest.raises(InvalidInput) as refused:
        create(username="NGUYEN.AN")
    assert refused.value.fields == {
        "username": "Tên đăng nhập “nguyen.an” đã có người dùng; hãy chọn tên khác."
    }


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_made(session: Session) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(username="?", full_name="A", password="ngắn")
    assert set(refused.value.fields) == {"username", "full_name", "password"}
    assert refused.value.fields["password"] == "Mật khẩu cần từ 10 đến 200 ký tự."
    assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("length", [9, 201])
def test_a_password_has_ten_to_two_hundred_characters(session: Session, length: int) -> None:
    with pytest.raises(InvalidInput):
        accounts.hash_password("đ" * length)


def test_characters_of_a_password_are_counted_as_seen(session: Session) -> None:
    with pytest.raises(InvalidInput):
        accounts.hash_password("e\u0302\u0301" * 9)
    assert accounts.hash_password("ế" * 200)
