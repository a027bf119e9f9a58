"""The application and its server: ``create_app()``, and ``python app.py`` to serve.

``python app.py`` does everything from a bare checkout: makes or upgrades the database, loads
demonstration content where there is none, prints the address and serves with waitress.
"""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import flask_migrate
import waitress
from flask import Flask
from sqlalchemy.exc import DBAPIError
from waitress.adjustments import Adjustments

import assets
import configuration
import processes
import serving
import turns
import worker
from blueprints import (
    access,
    caching,
    cli,
    counting,
    errors,
    http,
    languages,
    limits,
    security,
    templating,
    throttles,
)
from blueprints.admin import blueprint as admin
from blueprints.api import blueprint as api
from blueprints.auth import blueprint as auth
from blueprints.dashboard import blueprint as dashboard
from blueprints.media import blueprint as media
from blueprints.public import blueprint as public
from blueprints.voice import blueprint as voice
from extensions import csrf, db, limiter, login_manager, migrate
from services import agency

ROOT = Path(__file__).resolve().parent

# An article as typed may be 400 KB of HTML, which a form encodes to at most three times that.
MAX_FORM_BYTES = 2 * 1024 * 1024
# One picture (15 MB) with its fields.
MAX_BODY_BYTES = 16 * 1024 * 1024
SESSION_LIFETIME = timedelta(hours=12)
# Connections that wait to be let in, and those that are open at once in each process, as far as the
# system allows; the rest are files, the database, what a task asks of other machines.
BACKLOG = 1024
MIN_CONNECTIONS, MAX_CONNECTIONS = 100, 8000
FILES_BESIDE = 200
# A Redis that does not answer must not hold up the requests that ask it.
REDIS_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1}


def create_app(
    overrides: Mapping[str, Any] | None = None, *, environ: Mapping[str, str] | None = None
) -> Flask:
    """The application, bound to its configuration. Raises configuration.ConfigurationError."""
    settings = configuration.load(
        ROOT, environ=os.environ if environ is None else environ, overrides=overrides
    )
    settings["PROCESSES"] = process_count(settings["PROCESSES"])
    instance = Path(settings["INSTANCE_PATH"])
    app = languages.BilingualFlask(__name__, static_folder=None, instance_path=str(instance))
    app.config.update(settings)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings["DATABASE_URL"],
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": settings["THREADS"] + 1,
            "max_overflow": 8,
            # The one that was used last: its part of the database is in its memory, and what the
            # others once read is not kept as many times.
            "pool_use_lifo": True,
            "pool_pre_ping": not settings["DATABASE_URL"].startswith("sqlite"),
        },
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,  # more where a file is sent: blueprints/limits
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_COOKIE_NAME="phien",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings["SITE_URL"].startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,
        # The token lives as long as the session: an editor may write for hours.
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
        RATELIMIT_STORAGE_URI=throttles.storage_of(settings, instance),
        RATELIMIT_HEADERS_ENABLED=False,
        # Without what it shares a process counts for itself: search, readings and logging in go on.
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=throttles.is_shared(settings),
        RATELIMIT_STORAGE_OPTIONS=REDIS_OPTIONS if settings["REDIS_URL"] else {},
    )
    name, place = settings["SITE_NAME"], settings["SITE_PLACE"]
    agency.configure(names=(name, f"{name} {place}"))
    for extension in (db, csrf, limiter):
        extension.init_app(app)
    languages.init_app(app, instance=instance)
    # Its context processor would load the user for every page, and a page that has looked at
    # the session can no longer be shared.
    login_manager.init_app(app, add_context_processor=False)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)

    static = assets.collect(source=ROOT / "static", store=instance / "assets")
    app.extensions["assets"] = static
    app.config["HTMX_URL"] = htmx_address(settings["HTMX_URL"], static)
    security.init_app(app)
    limits.init_app(app)
    errors.init_app(app)
    templating.init_app(app)
    app.url_map.converters["int"] = http.RowNumber
    # Werkzeug would answer a doubled slash with a whole address made of the Host header.
    app.url_map.merge_slashes = False
    for blueprint in (public, auth, dashboard, admin, media, voice, api):
        app.register_blueprint(blueprint)
    languages.add_english(app)
    cli.init_app(app)
    worker.init_app(app)
    access.init_app(app)
    if settings["PAGE_CACHE_MB"]:
        max_bytes = settings["PAGE_CACHE_MB"] * 1024 * 1024
        pages = caching.CachedPages(app, app.wsgi_app, max_bytes=max_bytes)
        app.extensions["pages"] = pages
        app.wsgi_app = pages  # type: ignore[method-assign]
    app.wsgi_app = static.wrap(app.wsgi_app)  # type: ignore[method-assign]
    return app


def process_count(asked: int) -> int:
    """How many processes serve; raises configuration.ConfigurationError."""
    if asked > 1 and not hasattr(os, "fork"):
        raise configuration.ConfigurationError(
            f"PROCESSES: hệ điều hành này chỉ chạy được một tiến trình, không phải {asked}; "
            "hãy bỏ PROCESSES hoặc đặt là 1."
        )
    return asked or processes.default_count()


def htmx_address(address: str, static: assets.Assets) -> str:
    """Where pages load htmx from; one of the site's own files is known by its fingerprint."""
    own = address.removeprefix("/static/")
    try:
        return static.url(own) if own != address else address
    except assets.MissingAssetError as error:
        raise configuration.ConfigurationError(
            f"HTMX_URL: không có tệp “{address}” trong trang; tệp có sẵn là "
            "/static/vendor/htmx/htmx.min.js."
        ) from error


def prepare(app: Flask) -> list[str]:
    """Bring the database up to date, with demonstration content if it is empty; returns the
    lines to print for whoever starts the site. Raises configuration.ConfigurationError if there
    is no database at its address."""
    with app.app_context():
        try:
            db.engine.connect().close()
        except DBAPIError as error:
            raise configuration.ConfigurationError(
                f"DATABASE_URL: không mở được cơ sở dữ liệu ({str(error.orig).strip()})."
            ) from error
        flask_migrate.upgrade()
        return cli.demonstrate(app)


def listen(app: Flask) -> list[socket.socket]:
    """The sockets at which the site is asked, one for each address of HOST, open. Raises
    configuration.ConfigurationError if it cannot listen there."""
    host, port = app.config["HOST"], app.config["PORT"]
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, address in Adjustments(host=host, port=port).listen:
            one = socket.socket(family, kind, protocol)
            opened.append(one)
            if os.name == "posix":  # elsewhere it would take a port that is in use
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(BACKLOG)
    except (OSError, ValueError) as error:
        for one in opened:
            one.close()
        raise configuration.ConfigurationError(
            f"HOST, PORT: không mở được cổng {port} ở địa chỉ {host} "
            f"({getattr(error, 'strerror', None) or error}). Có thể một chương trình khác đang "
            "dùng cổng này; hãy chọn cổng khác."
        ) from error
    return opened


def make_server(app: Flask, sockets: list[socket.socket] | None = None) -> Any:
    """The server, listening (at these sockets, or at its own) and not yet running. Raises as
    ``listen``."""
    config = app.config
    trusted: dict[str, Any] = {}
    if config["TRUSTED_PROXY"]:
        trusted = {
            "trusted_proxy": config["TRUSTED_PROXY"],
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto x-forwarded-host",
            "clear_untrusted_proxy_headers": True,
        }
    # It writes a line for every request that waits for a thread, at the very time when the site
    # is busy.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    files = processes.raise_file_limit()
    # Another machine's database is waited for: somebody else may work meanwhile.
    dispatcher = turns.TurnTaking() if config["DATABASE_URL"].startswith("sqlite") else None
    if dispatcher is not None:
        dispatcher.set_thread_count(config["THREADS"])
    server = waitress.create_server(
        app,
        sockets=listen(app) if sockets is None else sockets,
        _dispatcher=dispatcher,
        threads=config["THREADS"],
        backlog=BACKLOG,
        # A browser keeps half a dozen connections open; with the default of 100, as many idle
        # ones freeze the site, and select() cannot watch more than 1024.
        connection_limit=max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, files - FILES_BESIDE)),
        asyncore_use_poll=True,
        channel_timeout=60,
        # Above the application's own limit: its refusal is a page in Vietnamese, waitress's
        # is not.
        max_request_body_size=2 * limits.MAX_FILE_BODY_BYTES,
        ident=None,
        **trusted,
    )
    serving.mend(server, app.extensions.get("pages"))
    return server


def serve(app: Flask) -> None:
    """Serve until told to end, by one process or several; raises as ``listen``."""
    sockets = listen(app)
    count = app.config["PROCESSES"]
    if count == 1:
        beside = worker.start_beside(app)
        try:
            serve_alone(app, sockets)
        finally:
            if beside is not None:
                beside.stop()
        return
    # The children open connections of their own; a thread would be missing in them.
    with app.app_context():
        db.engine.dispose()
    pinned: list[int | None] = list(processes.cores())
    counts = processes.shared_numbers(count)
    parts = [
        processes.Part(
            f"process {number + 1}",
            partial(serve_beside, app, sockets, counts, number),
            # More than there are cores are for the system to place.
            core=pinned[number] if count <= len(pinned) else None,
            # Nobody waits for who is not there.
            on_end=partial(counts.__setitem__, number, processes.MANY),
        )
        for number in range(count)
    ]
    if app.config["WORKER"] == "in":
        # In a process of its own: readers do not wait while it works.
        parts.append(processes.Part("worker", lambda: work_alone(app), serves=False))

    def close() -> None:
        for one in sockets:
            one.close()

    processes.run(parts, on_stop=close)


def serve_beside(app: Flask, sockets: list[socket.socket], counts: Any, number: int) -> None:
    """Serve in this process as one of several, until a signal."""
    serve_alone(app, sockets, lambda server: serving.take_turns(server, counts, number))


def serve_alone(
    app: Flask,
    sockets: list[socket.socket],
    adjust: Callable[[Any], None] = lambda _server: None,
) -> None:
    """Serve in this process, until a signal."""
    counted = counting.CountedViews(app, app.wsgi_app, counting.journals_of(app))
    app.wsgi_app = counted  # type: ignore[method-assign]
    counted.start()
    try:
        server = make_server(app, sockets)
        adjust(server)
        serving.run(server, told_by=processes.TOLD_BY)
    finally:
        counted.stop()


def work_alone(app: Flask) -> None:
    """Do the background work in this process, until a signal."""
    beside = worker.start_beside(app)
    try:
        while True:
            time.sleep(worker.LOOK_S)
    finally:
        if beside is not None:
            beside.stop()


def main() -> None:
    """Serve from a bare checkout. What it cannot do ends it with a sentence, not a traceback."""
    logging.basicConfig()
    try:
        app = create_app()
        for line in prepare(app):
            print(line, flush=True)
        signal.signal(signal.SIGTERM, processes.leave)
        serve(app)
    except configuration.ConfigurationError as error:
        sys.exit(f"Không khởi động được: {error}")
    except processes.CannotStartError:
        sys.exit(
            "Không khởi động được: tiến trình nào của trang cũng dừng ngay khi vừa chạy; lý do ở "
            "các dòng trên. PROCESSES=1 chạy trang trong một tiến trình."
        )


if __name__ == "__main__":
    main()
