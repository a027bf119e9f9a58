"""Settings: where they come from, and what stops the start."""

import stat
from pathlib import Path
from typing import Any

import pytest

from configuration import HTMX_CDN, ConfigurationError, load


def settings(folder: Path, *, file: str = "", **environ: str) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    if file:
        (folder / "config.py").write_text(file, "utf-8")
    return load(folder, environ={"INSTANCE_PATH": str(folder), **environ})


def test_a_bare_copy_needs_no_setting(tmp_path: Path) -> None:
    found = load(tmp_path, environ={})
    instance = tmp_path / "instance"
    assert instance.is_dir()
    assert found["INSTANCE_PATH"] == str(instance)
    assert found["DATABASE_URL"] == f"sqlite:///{instance}/site.db"
    assert found["MEDIA_PATH"] == str(instance / "media")
    assert found["SITE_URL"] == "http://127.0.0.1:8080"
    assert (found["THREADS"], found["PORT"], found["HTMX_URL"]) == (4, 8080, HTMX_CDN)
    assert found["SITE_NAME"] == "Sở Khoa học và Công nghệ"


def test_the_file_overrides_the_defaults_and_the_environment_overrides_the_file(
    tmp_path: Path,
) -> None:
    file = 'SITE_NAME = "Sở Y tế"\nPORT = 9000\nRATELIMIT_ENABLED = False\nkhac = 1\n'
    found = settings(tmp_path, file=file, PORT="9001", THREADS="8")
    assert (found["SITE_NAME"], found["PORT"], found["THREADS"]) == ("Sở Y tế", 9001, 8)
    assert found["RATELIMIT_ENABLED"] is False
    assert "khac" not in found


def test_an_empty_variable_sets_nothing(tmp_path: Path) -> None:
    found = settings(tmp_path, file="PORT = 9000\n", PORT="", SITE_NAME="")
    assert (found["PORT"], found["SITE_NAME"]) == (9000, "Sở Khoa học và Công nghệ")


def test_what_tests_override_wins(tmp_path: Path) -> None:
    environ = {"INSTANCE_PATH": str(tmp_path), "PORT": "9001"}
    assert load(tmp_path, environ=environ, overrides={"PORT": 9002})["PORT"] == 9002


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////srv/site.db", "sqlite:////srv/site.db"),
    ],
)
def test_a_database_is_named_as_its_vendor_does(tmp_path: Path, given: str, meant: str) -> None:
    assert settings(tmp_path, DATABASE_URL=given)["DATABASE_URL"] == meant


def test_a_file_named_without_its_folder_is_in_the_instance_folder(tmp_path: Path) -> None:
    found = settings(tmp_path, DATABASE_URL="sqlite:///dữ-liệu.db?timeout=5")
    assert found["DATABASE_URL"] == f"sqlite:///{tmp_path}/dữ-liệu.db?timeout=5"


def test_pictures_are_kept_where_it_says_from_the_instance_folder_on(tmp_path: Path) -> None:
    assert settings(tmp_path, MEDIA_URL="anh")["MEDIA_PATH"] == f"{tmp_path}/anh"
    assert settings(tmp_path, MEDIA_URL="/srv/anh")["MEDIA_PATH"] == "/srv/anh"


def test_the_agency_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="SITE_NAME không được để trống"):
        settings(tmp_path, SITE_NAME="  ")


def test_the_public_address_has_no_slash_at_its_end(tmp_path: Path) -> None:
    found = settings(tmp_path, SITE_URL="https://so.vn/")
    assert found["SITE_URL"] == "https://so.vn"


# ---------------------------------------------------------------- wrong values
NO_FILE = ["sqlite://", "sqlite:///", "sqlite://site.db", "sqlite:///:memory:", "sqlite:///?a=1"]
WRONG = {
    "PORT": ["x", "-1", "65536", "80.5", "8080 ; rm"],
    "THREADS": ["0", "257", "nhiều"],
    "DATABASE_URL": ["site.db", "mysql://u@h/d", "http://x", "postgresql://", "x://[", *NO_FILE],
    "REDIS_URL": ["localhost:6379", "http://localhost", "redis://["],
    "SITE_URL": [
        "so.vn",
        "ftp://so.vn",
        "https://",
        "http:so.vn",
        "https:///so",
        "javascript:alert(1)",
        "https://so.vn?x=1",
        "https://so.vn/#x",
        "https://so.vn/trang",
        "http://[so",
        "https://so.vn:cong",
        "https://so vn",
    ],
    "HTMX_URL": [
        "http://cdn.vn/htmx.js",
        "//cdn.vn/htmx.js",
        "htmx.js",
        "javascript:x",
        "https://",
        "https://cdn.vn/a b.js",
        "https://cdn.vn/x;script-src *",
        "/static/'x'.js",
    ],
    "SECRET_KEY": ["ngắn", "x" * 31],
    "SITE_NAME": ["Sở\nY tế", "Sở\x00"],
    "TRUSTED_PROXY": ["proxy.so.vn", "127.0.0.1:80", "10.0.0.0/8"],
    "MEDIA_URL": ["s3://anh", "https://cdn.vn/anh"],
    "HOST": ["127.0.0.1\n"[:-1] + "\x01"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_a_wrong_value_stops_the_start_with_a_sentence_that_names_it(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        settings(tmp_path, **{name: value})
    sentence = str(stopped.value)
    assert sentence.startswith(name)
    assert not sentence.isascii(), "a sentence in Vietnamese"
    with pytest.raises(ConfigurationError, match=name):
        settings(tmp_path, file=f"{name} = {value!r}\n")


@pytest.mark.parametrize("file", ["PORT = ", "import khong_co", "1/0", "\x00"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, file: str) -> None:
    with pytest.raises(ConfigurationError, match=r"config\.py: không đọc được"):
        settings(tmp_path, file=file)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "tep").write_text("x")
    with pytest.raises(ConfigurationError, match="INSTANCE_PATH: không tạo được thư mục"):
        load(tmp_path, environ={"INSTANCE_PATH": str(tmp_path / "tep" / "instance")})


# ---------------------------------------------------------------- the secret
def test_the_secret_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    one = settings(tmp_path / "one")["SECRET_KEY"]
    assert settings(tmp_path / "one")["SECRET_KEY"] == one
    assert len(one) == 64
    path = tmp_path / "one" / "secret_key"
    assert path.read_text() == one
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert settings(tmp_path / "two")["SECRET_KEY"] != one


def test_a_secret_of_one_s_own_is_used_and_none_is_made(tmp_path: Path) -> None:
    assert settings(tmp_path, SECRET_KEY="k" * 32)["SECRET_KEY"] == "k" * 32
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize("kept", ["", "ngan", "\n" * 40])
def test_a_spoilt_secret_stops_the_start(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(ConfigurationError, match="khoá bí mật ngắn hơn 32 ký tự"):
        settings(tmp_path)


def test_mail_goes_nowhere_and_the_worker_runs_inside_unless_it_says_otherwise(
    tmp_path: Path,
) -> None:
    found = settings(tmp_path)
    assert (found["MAIL_URL"], found["WORKER"]) == ("", "in")
    assert settings(tmp_path, WORKER="OFF")["WORKER"] == "off"
    url = "smtps://an%40so.vn:m%2Fk@thu.so.vn:465?from=banbientap@so.vn"
    assert settings(tmp_path, MAIL_URL=url)["MAIL_URL"] == url


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("http://thu.so.vn?from=a@so.vn", "bắt đầu bằng smtp:// hoặc smtps://"),
        ("thu.so.vn", "bắt đầu bằng smtp:// hoặc smtps://"),
        ("smtp://thu.so.vn:nam?from=a@so.vn", "bắt đầu bằng smtp:// hoặc smtps://"),
        ("smtp://?from=a@so.vn", "thiếu tên máy chủ thư"),
        ("smtp://an:bi/mat@thu.so.vn?from=a@so.vn", "bắt đầu bằng smtp://|%2F"),
        ("smtp://thu.so.vn/hop?from=a@so.vn", "không có phần sau tên máy chủ"),
        ("smtp://thu.so.vn", "cần đúng một địa chỉ gửi"),
        ("smtp://thu.so.vn?from=a@so.vn&from=b@so.vn", "cần đúng một địa chỉ gửi"),
        ("smtp://thu.so.vn?from=a@so.vn&tls=no", "cần đúng một địa chỉ gửi"),
        ("smtp://thu.so.vn?from=khong-phai", "không phải địa chỉ thư"),
        ("smtp://thu.so.vn?from=a@so.vn%0D%0ABcc:b@so.vn", "không phải địa chỉ thư"),
        ("smtp://an@thu.so.vn?from=a@so.vn", "có tên đăng nhập thì phải có mật khẩu"),
    ],
)
def test_a_wrong_mail_address_is_named_without_repeating_its_password(
    tmp_path: Path, value: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        settings(tmp_path, MAIL_URL=value)
    assert str(refused.value).startswith("MAIL_URL")
    assert "bi/mat" not in str(refused.value)


def test_the_worker_is_inside_or_off(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="WORKER chỉ nhận in"):
        settings(tmp_path, WORKER="yes")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://cong.example.vn/nhan", "https://cong.example.vn/nhan"),
        ("http://127.0.0.1:9000/nhan", "http://127.0.0.1:9000/nhan"),
        ("mailto:tinbai@cong.example.vn", "mailto:tinbai@cong.example.vn"),
        ("file:/srv/cong", "file:/srv/cong"),
        ("file:///srv/cong", "file:/srv/cong"),
    ],
)
def test_the_city_portal_is_reached_by_web_mail_or_folder(
    tmp_path: Path, given: str, meant: str
) -> None:
    others = {"PORTAL_SECRET": "k" * 32, "MAIL_URL": "smtp://thu.example.vn?from=a@example.vn"}
    assert settings(tmp_path, PORTAL_URL=given, **others)["PORTAL_URL"] == meant
    assert settings(tmp_path, PORTAL_URL="file:cong")["PORTAL_URL"] == f"file:{tmp_path / 'cong'}"


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("http://cong.example.vn/nhan", "PORTAL_URL"),
        ("https://a:b@cong.example.vn/", "PORTAL_URL"),
        ("ftp://cong.example.vn", "PORTAL_URL"),
        ("mailto:không phải thư", "PORTAL_URL"),
        ("file:", "PORTAL_URL"),
        ("file://may-khac/cong", "PORTAL_URL"),
        ("https://cong.example.vn/nhan", "PORTAL_SECRET"),
        ("mailto:tinbai@cong.example.vn", "PORTAL_URL là mailto: thì cần MAIL_URL"),
        ("file:config.py", "PORTAL_URL"),
    ],
)
def test_a_way_to_the_portal_that_cannot_work_stops_the_start(
    tmp_path: Path, value: str, named: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings(tmp_path, file="khac = 1\n", PORTAL_URL=value)
    assert str(refused.value).startswith(named)
