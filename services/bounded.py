"""Programs that read what strangers send: each in a process of its own, where it can harm nothing.

The parent asks (``ask``) and ends what takes too long or says too much; the child limits itself
(``limit``) before it looks at a byte. Whatever a file does to its reader, the site goes on.
"""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

_ROOT = Path(__file__).resolve().parent.parent


class NoAnswer(Exception):
    """The child was ended: it took too long, or said more than anybody may."""


def ask(
    module: str, *arguments: str, file: BinaryIO, timeout_s: float, max_answer_bytes: int
) -> bytes:
    """What ``python -m <module> <arguments>`` says of a file, which it gets as its standard input.

    Raises NoAnswer. A child that dies by itself has answered as far as it came, perhaps nothing.
    Hold no transaction meanwhile.
    """
    file.seek(0)
    child = subprocess.Popen(  # noqa: S603 - our own module, with arguments of ours
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    was_late = threading.Event()

    def end() -> None:
        was_late.set()
        child.kill()

    clock = threading.Timer(timeout_s, end)
    clock.daemon = True
    clock.start()
    try:
        with child:
            assert child.stdout is not None
            answer = child.stdout.read(max_answer_bytes + 1)
            if len(answer) > max_answer_bytes:
                raise NoAnswer("it said too much")
            child.wait()
    finally:
        clock.cancel()
        child.kill()
    if was_late.is_set():
        raise NoAnswer("it took too long")
    return answer


def limit(*, memory_bytes: int, processor_s: int) -> None:
    """Ceilings that the system enforces; Windows has none of these, see docs/adr/0013."""
    with contextlib.suppress(AttributeError, OSError):
        # Readers of the site come first.
        os.nice(5)
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, processor_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue  # a system that has the name and not the limit, as macOS has for memory
