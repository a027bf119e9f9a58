"""Reads the configuration and refuses to start on a wrong one.

Order: defaults below, then ``<instance>/config.py``, then the environment. Every name is in
docs/configuration.md. A wrong value raises ``ConfigurationError`` with a sentence naming it.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

HTMX_CDN = "https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js"

DEFAULTS: dict[str, Any] = {
    "HOST": "127.0.0.1",
    "PORT": 8080,
    # 0: as many as suit the machine (processes.default_count).
    "PROCESSES": 0,
    "THREADS": 4,
    "PAGE_CACHE_MB": 32,
    "TRUSTED_PROXY": "",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "MEDIA_URL": "",
    "MAIL_URL": "",
    "WORKER": "in",
    "PORTAL_URL": "",
    "PORTAL_SECRET": "",
    "SITE_URL": "",
    "HTMX_URL": HTMX_CDN,
    "SITE_NAME": "Sở Khoa học và Công nghệ",
    "SITE_PARENT_NAME": "Ủy ban nhân dân thành phố Đà Nẵng",
    "SITE_PLACE": "thành phố Đà Nẵng",
    "SITE_ADDRESS": "24 Trần Phú, phường Hải Châu, thành phố Đà Nẵng",
    "SITE_PHONE": "(0236) 000 0000",
    "SITE_EMAIL": "banbientap@example.vn",
    "SECURITY_CONTACT": "",
    "SITE_RESPONSIBLE": "Trưởng Ban biên tập",
    "SITE_LICENCE": "Khi sử dụng lại thông tin, xin ghi rõ tác giả và nguồn.",
    # What English pages say; "": the same as in Vietnamese, or for the default agency as below.
    "SITE_NAME_EN": "",
    "SITE_PARENT_NAME_EN": "",
    "SITE_PLACE_EN": "",
    "SITE_ADDRESS_EN": "",
    "SITE_RESPONSIBLE_EN": "",
    "SITE_LICENCE_EN": "",
    "SECRET_KEY": "",
}
# Of the agency that the defaults above name; another agency's are its own to give.
ENGLISH = {
    "SITE_NAME": "Department of Science and Technology",
    "SITE_PARENT_NAME": "People's Committee of Da Nang City",
    "SITE_PLACE": "Da Nang City",
    "SITE_ADDRESS": "24 Tran Phu Street, Hai Chau Ward, Da Nang City",
    "SITE_RESPONSIBLE": "Head of the Editorial Board",
    "SITE_LICENCE": "Please name the author and the source when you reuse information.",
}

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Long enough that no search through short keys finds it; token_hex(32) makes 64.
MIN_SECRET_CHARACTERS = 32


class ConfigurationError(Exception):
    """The site cannot start; the message names the setting and says what to do."""


def _whole(low: int, high: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ConfigurationError(
                f"{name} phải là số nguyên từ {low} đến {high}, không phải “{value}”."
            )
        return number

    return read


def _url(*schemes: str) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        text = str(value).strip()
        if not text:
            return ""
        parts = _parts(text)
        is_address = (
            parts is not None
            and parts.scheme in schemes
            and text.lower().startswith(f"{parts.scheme}://")
            and bool(parts.netloc or parts.path)
        )
        if not is_address:
            raise ConfigurationError(
                f"{name} phải là địa chỉ bắt đầu bằng {' hoặc '.join(s + '://' for s in schemes)}, "
                f"không phải “{text}”."
            )
        return text

    return read


def _parts(text: str) -> SplitResult | None:
    """The parts of an address, or None for what is none."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return None if any(character.isspace() for character in text) else parts


def _site_url(name: str, value: Any) -> str:
    text = _url("http", "https")(name, value).rstrip("/")
    parts = _parts(text)
    # The site's own links start at the root, so it cannot stand below a path.
    if text and (not parts or not parts.hostname or parts.path or parts.query or parts.fragment):
        raise ConfigurationError(
            f"{name} chỉ gồm giao thức và tên miền (ví dụ https://so.example.vn), "
            f"không phải “{text}”."
        )
    return text


def _text(name: str, value: Any) -> str:
    text = str(value).strip()
    if any(ord(character) < 32 for character in text):
        raise ConfigurationError(f"{name} có ký tự điều khiển; hãy gõ lại bằng chữ thường.")
    return text


def _sqlite_url(text: str, rest: str, instance: Path) -> str:
    """The address of an SQLite file, from its root.

    What opens the file by itself (backup, restore) would otherwise look for a relative name in
    the folder in which somebody happens to stand, and find an empty database.
    """
    slash, name = rest[:1], rest[1:]
    if slash != "/" or name.partition("?")[0] in {"", ":memory:"}:
        raise ConfigurationError(
            "DATABASE_URL phải nêu một tệp (ví dụ sqlite:////srv/trang/site.db), "
            f"không phải “{text}”."
        )
    return text if Path(name).is_absolute() else f"sqlite:///{instance / name}"


def _site_name(name: str, value: Any) -> str:
    text = _text(name, value)
    if not text:
        raise ConfigurationError(f"{name} không được để trống: tên cơ quan có trên mọi trang.")
    return text


def _proxy(name: str, value: Any) -> str:
    text = _text(name, value)
    try:
        # A name would never match an address, and every reader would look like one visitor.
        return text if text in {"", "*"} else str(ip_address(text))
    except ValueError:
        raise ConfigurationError(
            f"{name} phải là địa chỉ IP của máy chủ trung gian (ví dụ 127.0.0.1), "
            f"không phải “{text}”."
        ) from None


def _htmx_url(name: str, value: Any) -> str:
    text = str(value).strip() or HTMX_CDN
    # It becomes part of the Content-Security-Policy, whose words these characters part.
    parts = None if set(text) & set(";,'\"") else _parts(text)
    is_remote = parts is not None and parts.scheme == "https" and bool(parts.hostname)
    is_local = parts is not None and text.startswith("/") and not text.startswith("//")
    if not (is_remote or is_local):
        raise ConfigurationError(
            f"{name} phải là địa chỉ https:// hoặc đường dẫn trong trang (bắt đầu bằng “/”), "
            f"không phải “{text}”."
        )
    return text


def _worker(name: str, value: Any) -> str:
    text = str(value).strip().lower()
    if text not in {"in", "off"}:
        raise ConfigurationError(
            f"{name} chỉ nhận in (việc nền chạy trong trang) hoặc off (chạy riêng bằng "
            f"“flask --app app worker”), không phải “{value}”."
        )
    return text


def _is_mail_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"()[]\\')
    return is_plain and "@" not in name and bool(name and "." in host)


def _mail_url(name: str, value: Any) -> str:
    """smtp://user:password@host:587?from=address, or smtps:// for TLS from the first byte."""
    text = str(value).strip()
    if not text:
        return ""
    # It holds a password, so what is wrong is said without repeating it.
    parts = _parts(text)
    if parts is None or parts.scheme not in {"smtp", "smtps"}:
        raise ConfigurationError(
            f"{name} phải là địa chỉ máy chủ thư bắt đầu bằng smtp:// hoặc smtps://, "
            "ví dụ smtp://tên:mật-khẩu@thu.so.example.vn:587?from=banbientap@so.example.vn"
        )
    if not parts.hostname:
        raise ConfigurationError(f"{name} thiếu tên máy chủ thư (ví dụ smtp://thu.so.example.vn).")
    if parts.path.strip("/") or parts.fragment:
        raise ConfigurationError(
            f"{name} không có phần sau tên máy chủ, trừ ?from=…; nếu mật khẩu có dấu / # ? @ "
            "thì ghi thành %2F %23 %3F %40."
        )
    options = parse_qs(parts.query, keep_blank_values=True)
    if set(options) != {"from"} or len(options["from"]) != 1:
        raise ConfigurationError(
            f"{name} cần đúng một địa chỉ gửi, ghi ở cuối: ?from=banbientap@so.example.vn"
        )
    sender = options["from"][0]
    if not _is_mail_address(sender):
        raise ConfigurationError(f"{name}: “{sender}” sau from= không phải địa chỉ thư điện tử.")
    if bool(parts.username) != bool(parts.password):
        raise ConfigurationError(
            f"{name} có tên đăng nhập thì phải có mật khẩu, và ngược lại: "
            "smtp://tên:mật-khẩu@máy-chủ:587?from=…"
        )
    return text


def _portal_url(name: str, value: Any) -> str:
    """https://portal/path (signed with PORTAL_SECRET), mailto:address, or file:/folder."""
    text = str(value).strip()
    if not text:
        return ""
    parts = _parts(text)
    scheme = parts.scheme if parts else ""
    if parts and scheme in {"http", "https"} and parts.hostname and text.isascii():
        if parts.username or parts.password or parts.fragment:
            raise ConfigurationError(
                f"{name} không chứa mật khẩu hay dấu #; khoá là PORTAL_SECRET."
            )
        # What is signed may still be read on the way; on this machine there is no way.
        if scheme == "http" and parts.hostname not in LOOPBACK:
            raise ConfigurationError(f"{name} phải là https://, trừ khi Cổng ở ngay máy này.")
        return text
    rest = text.partition(":")[2]
    if scheme == "mailto" and _is_mail_address(rest):
        return text
    if scheme == "file" and parts and not parts.netloc and parts.path.strip("/"):
        return f"file:{parts.path}"
    raise ConfigurationError(
        f"{name} phải là https://…, mailto:địa-chỉ hoặc file:/thư-mục, không phải “{text}”."
    )


def _security_contact(name: str, value: Any) -> str:
    text = _text(name, value)
    if text and not text.startswith(("mailto:", "https://", "tel:")):
        raise ConfigurationError(
            f"{name} phải bắt đầu bằng mailto:, https:// hoặc tel: "
            f"(ví dụ mailto:anninh@so.example.vn), không phải “{text}”."
        )
    return text


READERS: dict[str, Callable[[str, Any], Any]] = {
    "SECURITY_CONTACT": _security_contact,
    "PORT": _whole(0, 65535),
    "PROCESSES": _whole(0, 256),
    "THREADS": _whole(1, 256),
    "PAGE_CACHE_MB": _whole(0, 65_536),
    "DATABASE_URL": _url("sqlite", "postgresql", "postgres", "postgresql+psycopg"),
    "REDIS_URL": _url("redis", "rediss", "unix"),
    "MAIL_URL": _mail_url,
    "WORKER": _worker,
    "PORTAL_URL": _portal_url,
    "SITE_URL": _site_url,
    "SITE_NAME": _site_name,
    "TRUSTED_PROXY": _proxy,
    "HTMX_URL": _htmx_url,
}


def instance_path(root: Path, environ: Mapping[str, str]) -> Path:
    """The folder for the database, media and generated secrets; made if it is not there."""
    chosen = environ.get("INSTANCE_PATH", "").strip()
    path = Path(chosen) if chosen else root / "instance"
    try:
        path = path.resolve()
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"INSTANCE_PATH: không tạo được thư mục “{path}” ({error.strerror})."
        ) from error
    return path


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    names: dict[str, Any] = {}
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)  # noqa: S102
    except Exception as error:
        raise ConfigurationError(f"{path}: không đọc được ({error}).") from error
    return {name: value for name, value in names.items() if name.isupper()}


def generated_secret(instance: Path) -> str:
    """A secret made once for this copy and kept in ``<instance>/secret_key``, mode 600."""
    path = instance / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_text("ascii").strip()
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise ConfigurationError(
                f"{path}: khoá bí mật ngắn hơn {MIN_SECRET_CHARACTERS} ký tự; "
                "hãy xoá tệp để trang tạo khoá mới (mọi người sẽ phải đăng nhập lại)."
            ) from None
        return secret
    secret = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret


def _checked_portal(values: Mapping[str, Any], instance: Path) -> str:
    """PORTAL_URL with what it needs of the other settings; a folder from its root."""
    url = str(values["PORTAL_URL"])
    scheme, _, rest = url.partition(":")
    if scheme in {"http", "https"} and len(values["PORTAL_SECRET"]) < MIN_SECRET_CHARACTERS:
        raise ConfigurationError(
            f"PORTAL_SECRET phải dài ít nhất {MIN_SECRET_CHARACTERS} ký tự khi PORTAL_URL là "
            "địa chỉ web: hai bên dùng nó để ký và kiểm tra chữ ký."
        )
    if scheme == "mailto" and not values["MAIL_URL"]:
        raise ConfigurationError("PORTAL_URL là mailto: thì cần MAIL_URL để gửi thư.")
    if scheme == "file":
        folder = instance / rest
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"PORTAL_URL: “{folder}” không phải thư mục.")
        return f"file:{folder}"
    return url


def load(
    root: Path, *, environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """All settings, checked. ``overrides`` win over everything (tests, the bench)."""
    instance = instance_path(root, environ)
    file_values = _from_file(instance / "config.py")
    values: dict[str, Any] = {**DEFAULTS, **file_values}
    values.update({name: environ[name] for name in DEFAULTS if environ.get(name, "") != ""})
    values.update(overrides or {})
    for name in DEFAULTS:
        values[name] = READERS.get(name, _text)(name, values[name])
    if not values["SECRET_KEY"]:
        values["SECRET_KEY"] = generated_secret(instance)
    elif len(values["SECRET_KEY"]) < MIN_SECRET_CHARACTERS:
        raise ConfigurationError(
            f"SECRET_KEY phải dài ít nhất {MIN_SECRET_CHARACTERS} ký tự; có thể tạo bằng: "
            'python -c "import secrets; print(secrets.token_hex(32))"'
        )
    if not values["DATABASE_URL"]:
        values["DATABASE_URL"] = f"sqlite:///{instance / 'site.db'}"
    scheme, _, rest = values["DATABASE_URL"].partition("://")
    if scheme in {"postgres", "postgresql"}:
        values["DATABASE_URL"] = f"postgresql+psycopg://{rest}"
    elif scheme == "sqlite":
        values["DATABASE_URL"] = _sqlite_url(values["DATABASE_URL"], rest, instance)
    if not values["SITE_URL"]:
        values["SITE_URL"] = f"http://{values['HOST']}:{values['PORT']}"
    values["PORTAL_URL"] = _checked_portal(values, instance)
    for name, english in ENGLISH.items():
        if not values[f"{name}_EN"] and values[name] == DEFAULTS[name]:
            values[f"{name}_EN"] = english
    values["INSTANCE_PATH"] = str(instance)
    if "://" in values["MEDIA_URL"]:
        raise ConfigurationError(
            f"MEDIA_URL phải là đường dẫn thư mục để ảnh, không phải “{values['MEDIA_URL']}”."
        )
    # In the instance folder unless it says where, wherever the site was started from.
    values["MEDIA_PATH"] = str(instance / (values["MEDIA_URL"] or "media"))
    return values
