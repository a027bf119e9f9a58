"""Asking outside: real servers on loopback, which only a test may admit."""

import ipaddress
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from services.outside_web import MAX_REDIRECTS, Web, is_outside
from tests.support.web import Outside, make_certificate, running_web

AGENT = "Mozilla/5.0 (compatible; LinkCheck/1.0; +https://so.example.vn/)"


@pytest.fixture
def outside() -> Iterator[Outside]:
    with running_web() as made:
        yield made


def _web(outside: Outside, **options: Any) -> Web:
    """As in production, but for loopback: any name is this machine, at the server's port."""
    defaults: dict[str, Any] = {
        "agent": AGENT,
        "admits": lambda address: True,
        "resolve": lambda host, port: ["127.0.0.1"],
        "ports": frozenset({outside.port}),
    }
    return Web(**{**defaults, **options})


def test_an_address_that_works_is_asked_once_without_its_text_and_by_an_honest_name(
    outside: Outside,
) -> None:
    outside.answers["/tin?trang=2"] = 200

    assert _web(outside).ask(outside.url("/tin?trang=2")).status == 200
    host = f"so.example.vn:{outside.port}"
    assert outside.asked == [("HEAD", "/tin?trang=2", host, AGENT)]


def test_where_head_is_refused_the_first_bytes_are_asked_for(outside: Outside) -> None:
    outside.answers["/tin"] = 206
    outside.to_head["/tin"] = 405

    assert _web(outside).ask(outside.url("/tin")).status == 206
    assert [method for method, *_ in outside.asked] == ["HEAD", "GET"]
    assert outside.ranges == ["", "bytes=0-1023"]


def test_vietnamese_in_an_address_is_sent_as_addresses_are_written(outside: Outside) -> None:
    outside.answers["/tin/%C4%91o-l%C6%B0%E1%BB%9Dng?q=c%C3%A2n"] = 200

    assert _web(outside).ask(outside.url("/tin/đo-lường?q=cân")).status == 200


def test_redirects_are_followed_to_their_end_and_no_further_than_five(outside: Outside) -> None:
    outside.answers |= {"/0": (301, "/1"), "/1": (302, outside.url("/2")), "/2": 200}
    outside.answers |= {f"/vong/{n}": (302, f"/vong/{n + 1}") for n in range(20)}

    assert _web(outside).ask(outside.url("/0")).status == 200
    outside.asked.clear()
    answer = _web(outside).ask(outside.url("/vong/0"))
    assert (answer.status, answer.error) == (0, "Địa chỉ chuyển hướng quá 5 lần.")
    assert len(outside.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "100.127.255.255", "0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255"),
        *("240.0.0.1", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
        *("::", "::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2001::1", "2001:db8::1"),
        "100::1",
    ],
)
def test_no_address_of_our_own_network_is_outside(address: str) -> None:
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.162.4.190", "2001:4860:4860::8888"])
def test_addresses_of_the_internet_are_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    # As many ways to write one address as the resolver of this machine knows.
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"],
)
def test_loopback_is_never_reached_however_it_is_written(outside: Outside, host: str) -> None:
    """With the machine's own resolver, and the rule of production."""
    web = Web(agent=AGENT, ports=frozenset({outside.port}))

    answer = web.ask(outside.url("/", host=host))

    assert answer.status == 0
    assert outside.asked == []


def test_a_redirect_into_our_own_network_is_not_followed(outside: Outside) -> None:
    outside.answers["/ra"] = (302, outside.url("/trong", host="noi-bo.example.vn"))
    found = {"so.example.vn": "127.0.0.1", "noi-bo.example.vn": "127.0.0.2"}
    web = _web(
        outside,
        resolve=lambda host, port: [found[host]],
        admits=lambda address: str(address) == "127.0.0.1",
    )

    answer = web.ask(outside.url("/ra"))

    assert answer.is_refused
    assert answer.error == "Địa chỉ dẫn vào mạng nội bộ nên không kiểm tra được."
    assert [path for _, path, *_ in outside.asked] == ["/ra"]


def test_the_connection_goes_to_the_very_address_that_was_checked(outside: Outside) -> None:
    """A name that changes its address after the check leads nowhere else (DNS rebinding)."""
    answers = iter((["127.0.0.1"], ["10.0.0.1"]))
    checked: list[str] = []
    web = _web(
        outside,
        resolve=lambda host, port: next(answers),
        admits=lambda address: bool(checked.append(str(address)) or True),
    )
    outside.answers["/"] = 200

    assert web.ask(outside.url("/")).status == 200
    assert checked == ["127.0.0.1"]
    assert next(answers) == ["10.0.0.1"]


def test_of_several_addresses_only_those_outside_are_used(outside: Outside) -> None:
    outside.answers["/"] = 200
    web = _web(
        outside,
        resolve=lambda host, port: ["10.0.0.1", "127.0.0.1"],
        admits=lambda address: str(address) == "127.0.0.1",
    )

    assert web.ask(outside.url("/")).status == 200


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://so.example.vn:8080/", "Chỉ kiểm tra cổng 80 và 443."),
        ("http://so.example.vn:22/", "Chỉ kiểm tra cổng 80 và 443."),
        ("ftp://so.example.vn/", "Chỉ kiểm tra địa chỉ http và https."),
        ("http://ai:do@so.example.vn/", "Chỉ kiểm tra địa chỉ http và https."),
        ("http://so.example.vn:khong/", "Địa chỉ viết sai."),
        ("http://[::1/", "Địa chỉ viết sai."),
        ("http://a..b/", "Địa chỉ viết sai."),
        ("http://so.example.vn/\r\nX: y", "Địa chỉ quá dài hoặc có ký tự lạ."),
        ("http://so.example.vn/" + "a" * 5000, "Địa chỉ quá dài hoặc có ký tự lạ."),
    ],
)
def test_what_is_no_address_of_the_web_is_asked_nowhere(url: str, sentence: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("resolved")

    answer = Web(agent=AGENT, resolve=never).ask(url)

    assert (answer.status, answer.error, answer.is_refused) == (0, sentence, True)


def test_a_name_that_nobody_has_is_said_to_be_unknown(outside: Outside) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    answer = _web(outside, resolve=unknown).ask(outside.url("/"))

    assert answer.error == "Không tìm thấy máy chủ có tên này."


def test_a_server_that_drips_is_left_after_the_deadline(outside: Outside) -> None:
    """Each byte comes in time; the whole does not."""
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        while not gone.wait(0.02):
            handler.wfile.write(b"H")

    outside.instead = drip
    answer = _web(outside, deadline_s=0.3).ask(outside.url("/"))
    gone.set()

    assert answer.error == "Máy chủ không trả lời kịp."


def test_a_server_that_breaks_off_or_talks_nonsense_did_not_answer(outside: Outside) -> None:
    outside.instead = lambda handler: handler.connection.close()
    assert _web(outside).ask(outside.url("/")).error == "Không kết nối được với máy chủ."
    outside.instead = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n") and None
    assert _web(outside).ask(outside.url("/")).status == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_certificate_is_verified_for_the_name_that_was_asked_for(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "so.pem", "so.example.vn")
    trusting = ssl.create_default_context(cafile=str(certificate))
    with running_web(certificate) as secure:
        secure.answers["/"] = 200
        url = f"https://so.example.vn:{secure.port}/"

        assert _web(secure, context=trusting).ask(url).status == 200
        assert secure.names == ["so.example.vn"]
        unknown = _web(secure).ask(url)
        other = _web(secure, context=trusting).ask(url.replace("so.example", "khac.example"))

    assert unknown.error == other.error == "Chứng chỉ bảo mật của trang không hợp lệ."
    assert len(secure.asked) == 1
