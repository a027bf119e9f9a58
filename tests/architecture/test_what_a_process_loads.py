"""What a process that serves readers has in memory: nothing that only other work needs."""

import subprocess
import sys
from pathlib import Path

from tests.support.application import ROOT

# Each with what it takes: the queue with every store's client, spreadsheets, the calendars of all
# countries, pictures and texts of the demonstration.
NOT_FOR_READERS = ("huey", "redis", "psycopg", "openpyxl", "holidays", "demo", "services.demo")

PROGRAM = """
import sys
import app
app.create_app(environ={"PATH": "", "INSTANCE_PATH": sys.argv[1]})
print(*sorted(set(sys.argv[2:]) & set(sys.modules)))
"""


def test_a_process_that_serves_readers_loads_nothing_that_only_other_work_needs(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *NOT_FOR_READERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []
