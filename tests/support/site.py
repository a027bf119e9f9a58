"""The site as `python app.py` serves it, in a process and an instance folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.application import ROOT, share_assets
from tests.support.servers import free_port

START_TIMEOUT_S = 300
# Long and alike for all: only the tests' own accounts have it.
PASSWORD = "mật khẩu chỉ để thử 2026"


class Site:
    """One running copy. It can be killed and started again on the same data."""

    def __init__(self, instance: Path, **settings: str) -> None:
        share_assets(instance)
        self.instance = instance
        self.port = free_port()
        self.log = instance.parent / f"{instance.name}.log"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            # What the developer has set for a site of their own is not for this one.
            if name in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT"}
        } | {
            "INSTANCE_PATH": str(instance),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            # What runs by itself would change what a test looks at, and ask other machines for
            # links: a test that wants it says WORKER="in".
            "WORKER": "off",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Site":
        """Serve, and return once the site says that it is healthy."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the site did not start:\n{self.log.read_text('utf-8')}")
            time.sleep(0.1)
        return self

    def kill(self) -> None:
        """End it and its children with SIGKILL: none has a chance to put anything in order."""
        assert self.process is not None
        if hasattr(os, "killpg"):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def flask(self, *arguments: str, typed: str = "") -> str:
        """Run `flask --app app …` on this copy's data and answer what it printed."""
        result = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=typed.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        printed = result.stdout.decode()
        if result.returncode:
            raise RuntimeError(f"flask {' '.join(arguments)}:\n{printed}")
        return printed

    def copy_to(self, instance: Path) -> "Site":
        """Make another copy of a stopped site's data, not started."""
        assert self.process is None
        shutil.copytree(self.instance, instance, symlinks=True)
        return Site(instance)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return int(response.status) == 200
        except (urllib.error.URLError, OSError):
            return False
