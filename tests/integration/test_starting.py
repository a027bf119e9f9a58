"""Starting: what is wrong outside the site stops it with a sentence, not a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import prepare
from configuration import ConfigurationError
from tests.support.application import ROOT, make_app, share_assets
from tests.support.servers import free_port

# All but the database, whose demonstration content takes its time.
START = "import app; app.prepare = lambda _app: []; app.main()"


def refused(tmp_path: Path, *, host: str, port: int) -> str:
    """Start a site that cannot listen, and answer the one line that it leaves."""
    share_assets(tmp_path)
    environment = {
        "PATH": os.environ["PATH"],
        "INSTANCE_PATH": str(tmp_path),
        "PYTHONUTF8": "1",
        "HOST": host,
        "PORT": str(port),
    }
    ended = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    return line


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused(tmp_path, host="127.0.0.1", port=port)
    assert line.startswith(
        f"Không khởi động được: HOST, PORT: không mở được cổng {port} ở địa chỉ 127.0.0.1 ("
    )
    assert line.endswith("hãy chọn cổng khác.")


def test_a_host_that_is_none_is_named(tmp_path: Path) -> None:
    line = refused(tmp_path, host="300.1.1.1", port=free_port())
    assert line.startswith("Không khởi động được: HOST, PORT: không mở được cổng ")
    assert "ở địa chỉ 300.1.1.1" in line


@pytest.mark.parametrize(
    "address", ["sqlite:////khong/co/thu/muc/site.db", "postgresql://trang:mat-khau@127.0.0.1:{}/x"]
)
def test_a_database_that_is_not_there_is_named_without_its_password(
    tmp_path: Path, address: str
) -> None:
    app = make_app(address.format(free_port()), tmp_path)
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL: không mở được") as stopped:
        prepare(app)
    assert "mat-khau" not in str(stopped.value)
