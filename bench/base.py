"""The base: waitress with an application that does nothing.

`python -m bench.base PORT THREADS [CORE]` serves 20 KB of HTML to a GET and three bytes to a POST.
With a core it stays on that one, as each process of the site does.
"""

import logging
import os
import sys
from collections.abc import Iterable
from typing import Any

import waitress

BODY = (b"<p>" + b"x" * 93 + b"</p>") * 205
COUNTED = b"ok\n"


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read()
        body, kind = COUNTED, "text/plain"
    else:
        body, kind = BODY, "text/html"
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    if len(sys.argv) > 3 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(sys.argv[3])})
    # A warning for every waiting request would be what is measured.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        application,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        threads=int(sys.argv[2]),
        ident=None,
        connection_limit=4000,
        asyncore_use_poll=True,
    )
