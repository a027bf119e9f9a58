"""Pages: kept and made anew, alone and under mixed load, and what they cost as a site grows."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

import processes
from bench import servers
from bench.corpus import Corpus, application
from bench.desk import cookie_of_a_chief
from bench.figures import Report, Round, alternate, at_least, at_most, row
from bench.load import BROWSER, Asked, run_round, together
from bench.servers import Server
from extensions import db
from models import Kind, Publication, Section, User

UNPINNED, PINNED, NGINX = "bare waitress", "bare waitress, one core", "nginx, a file"
READERS, MANY, BUSY = 16, 64, 4
# Connections that browsers keep open and say nothing on.
AT_REST = 2_000
# Without a page cache each page is made anew.
UNCACHED = {"PAGE_CACHE_MB": "0"}


@dataclass(frozen=True)
class Addresses:
    """Where a corpus's pages are; `posts` begins with those that readers see first."""

    posts: list[str]
    list: str
    cookie: str
    author: str


def addresses(corpus: Corpus, *, posts: int = 5_000) -> Addresses:
    app = application(corpus.folder, corpus.database_url)
    with app.app_context():
        rows = db.session.execute(
            select(Publication.slug, Publication.id)
            .where(
                Publication.kind == Kind.POST,
                Publication.live_revision_id.is_not(None),
                Publication.withdrawn_at.is_(None),
                Publication.expires_at.is_(None),
                Publication.translation_of_id.is_(None),
            )
            .order_by(Publication.published_at.desc(), Publication.id.desc())
            # What is scheduled comes first and is no reader's yet.
            .offset(20)
            .limit(posts)
        ).all()
        section = db.session.scalars(
            select(Section.slug)
            .join(Publication, Publication.section_id == Section.id)
            .where(Publication.id.in_([number for _, number in rows[:200]]))
            .order_by(Section.id)
        ).first()
        author = db.session.scalars(select(User.full_name).order_by(User.id)).first()
        found = Addresses(
            posts=[f"/bai-viet/{slug}-{number}" for slug, number in rows],
            list=f"/chuyen-muc/{section}",
            cookie=cookie_of_a_chief(app),
            author=author or "",
        )
        db.session.remove()
        db.engine.dispose()
    return found


@contextmanager
def at_rest(port: int, count: int) -> Iterator[None]:
    """So many connections, open and silent."""
    processes.raise_file_limit()
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield


def speed(small: Corpus, large: Corpus, *, rounds: int, seconds: float) -> Report:
    """Post, list and home beside their bases, and readers beside those who wait for new pages."""
    report = Report()
    at, far = addresses(small), addresses(large, posts=100_000)
    with ExitStack() as stack:
        bare, pinned = (stack.enter_context(servers.base(core=core)) for core in (None, 0))
        limit = stack.enter_context(servers.nginx())
        kept = stack.enter_context(servers.site(small))
        anew = stack.enter_context(servers.site(small, **UNCACHED))
        post, home, a_list = (Asked([path]) for path in (at.posts[0], "/", at.list))

        def of(server: Server, asked: Asked, connections: int = READERS) -> Callable[[], Round]:
            return partial(run_round, server.port, asked, connections=connections, seconds=seconds)

        for server in (kept, anew):
            for asked in (post, home, a_list):
                run_round(server.port, asked, connections=4, seconds=1)
        bases = {
            UNPINNED: of(bare, Asked(["/"])),
            PINNED: of(pinned, Asked(["/"])),
            **({NGINX: of(limit, Asked(["/"]))} if limit else {}),
        }
        found = alternate(
            {
                **bases,
                "post, kept": of(kept, post),
                "list, kept": of(kept, a_list),
                "home, kept": of(kept, home),
            },
            rounds=rounds,
        )
        report.rows.append(row(PINNED, UNPINNED, found))
        report.rows += [
            row(name, base, found) for name in found if name not in bases for base in bases
        ]
        found = alternate(
            {
                UNPINNED: bases[UNPINNED],
                "posts, made anew": of(anew, Asked(at.posts)),
                "post, made anew": of(anew, post),
                "list, made anew": of(anew, a_list),
                "home, made anew": of(anew, home),
            },
            rounds=rounds,
        )
        report.rows += [row(name, UNPINNED, found) for name in found if name != UNPINNED]
        many = alternate(
            {
                f"{PINNED}, c=64": of(pinned, Asked(["/"]), MANY),
                f"{UNPINNED}, c=64": of(bare, Asked(["/"]), MANY),
                "post, kept, c=64": of(kept, post, MANY),
            },
            rounds=rounds,
        )
        with at_rest(kept.port, AT_REST):
            crowded = alternate(
                {
                    UNPINNED: bases[UNPINNED],
                    f"post, kept, beside {AT_REST} at rest": of(kept, post),
                },
                rounds=rounds,
            )
        report.rows += [row(name, UNPINNED, crowded) for name in crowded if name != UNPINNED]
        report.rows += [
            row("post, kept, c=64", base, many) for base in (f"{PINNED}, c=64", f"{UNPINNED}, c=64")
        ]
        ratio = {(each.measure, each.base): each.ratio for each in report.rows}
        report.checks += [
            at_least("1", "kept post ÷ bare waitress, c=16", 4.0, ratio["post, kept", UNPINNED]),
            at_least("1", "kept post ÷ bare waitress on a core, c=16", 1.5,
                     ratio["post, kept", PINNED]),
            at_least("1", "kept post ÷ bare waitress on a core, c=64", 1.5,
                     ratio["post, kept, c=64", f"{PINNED}, c=64"]),
            at_least("2", "posts made anew ÷ bare waitress, c=16", 0.15,
                     ratio["posts, made anew", UNPINNED]),
        ]  # fmt: skip
    report.add(_mixed(large, far, rounds=rounds, seconds=seconds))
    return report


def _mixed(corpus: Corpus, at: Addresses, *, rounds: int, seconds: float) -> Report:
    """Sixteen read one page while four ask for pages that nobody has asked for yet."""
    report = Report()
    reading = "readers of a kept post, beside 4"
    with servers.base() as bare, servers.base(core=0) as pinned, servers.site(corpus) as site:
        post = Asked([at.posts[0]])
        run_round(site.port, post, connections=4, seconds=1)
        left = at.posts[1:]
        taken = max(200, len(left) // (rounds + 1))
        new_pages: list[Round] = []

        def readers() -> Round:
            others = [left.pop() for _ in range(min(taken, len(left)))]
            reads, makes = together(
                partial(run_round, site.port, post, connections=READERS, seconds=seconds),
                partial(run_round, site.port, Asked(others), connections=BUSY, seconds=seconds),
            )
            new_pages.append(makes)
            return reads

        found = alternate(
            {
                UNPINNED: partial(
                    run_round, bare.port, Asked(["/"]), connections=READERS, seconds=seconds
                ),
                PINNED: partial(
                    run_round, pinned.port, Asked(["/"]), connections=READERS, seconds=seconds
                ),
                reading: readers,
            },
            rounds=rounds,
        )
        found["4 clients on new posts, beside 16"] = new_pages
        rows = [row(reading, base, found) for base in (UNPINNED, PINNED)]
        report.rows += [*rows, row("4 clients on new posts, beside 16", UNPINNED, found)]
        bare_p50 = sorted(each.p50_ms for each in found[UNPINNED])[rounds // 2]
        report.checks += [
            at_least("1", "readers beside 4 on new pages ÷ bare waitress", 2.0, rows[0].ratio),
            at_least("1", "readers beside 4 on new pages ÷ bare on a core", 0.75, rows[1].ratio),
            at_most("1", "their p50 ÷ that of bare waitress alone", 0.5,
                    rows[0].p50_ms / bare_p50),
        ]  # fmt: skip
    return report


def growth(small: Corpus, large: Corpus, *, rounds: int) -> Report:
    """What a page costs the server, with few texts and with many: seconds of processor, and how
    long one waits who is alone. Pages are made anew; memory with a cache that was read through."""
    report = Report()
    pages = {"home": "/", "list": "", "post": "", "desk": "/ban-lam-viec?danh-sach=tren-trang"}
    desk = {
        "desk queue": "/ban-lam-viec/duyet",
        "desk filter": "/ban-lam-viec?danh-sach=tren-trang&q=khoa+hoc",
        "desk tidying": "/ban-lam-viec/don-dep",
    }
    of = {corpus: addresses(corpus) for corpus in (small, large)}

    def asked(corpus: Corpus, name: str) -> Asked:
        at = of[corpus]
        if name.startswith("desk"):
            return Asked([(pages | desk)[name]], headers={**BROWSER, "Cookie": at.cookie})
        paths = {"home": ["/"], "list": [at.list], "post": at.posts[:500]}
        return Asked(paths[name])

    with servers.site(small, **UNCACHED) as few, servers.site(large, **UNCACHED) as many:
        for name in (*pages, *desk):
            costs: dict[str, list[float]] = {"few": [], "many": []}

            # Some of the desk's pages take a large part of a second.
            seconds = 1 if name in pages else 3

            def turn(
                of_kind: list[float], server: Server, this: Asked, seconds: float = seconds
            ) -> Round:
                cpu = server.cpu_s()
                found = run_round(server.port, this, connections=1, seconds=seconds)
                answers = max(1.0, found.per_second * seconds)
                of_kind.append(1000 * (server.cpu_s() - cpu) / answers)
                return found

            base = f"the same, {small.posts} posts"
            label = f"{name}, {large.posts} posts"
            subjects = {
                base: partial(turn, costs["few"], few, asked(small, name)),
                label: partial(turn, costs["many"], many, asked(large, name)),
            }
            # Each process reads its part of the base for the first time.
            alternate(subjects, rounds=1)
            for values in costs.values():
                values.clear()
            found = alternate(subjects, rounds=rounds)
            report.rows.append(row(label, base, found))
            middle = {kind: sorted(values)[len(values) // 2] for kind, values in costs.items()}
            report.values[f"{name}: server CPU ms, {small.posts} posts"] = round(middle["few"], 3)
            report.values[f"{name}: server CPU ms, {large.posts} posts"] = round(middle["many"], 3)
            if name in pages and middle["few"]:
                report.checks.append(
                    at_most("6", f"{name}: server CPU at {large.posts} ÷ at {small.posts}", 1.5,
                            middle["many"] / middle["few"])
                )  # fmt: skip
    with servers.site(large) as read_through:
        at = of[large]
        report.values["seconds from start to the first answer"] = round(read_through.started_s, 2)
        for path in (["/"], [at.list], at.posts[:2_000], ["/tim-kiem?q=khoa+h%E1%BB%8Dc"]):
            run_round(read_through.port, Asked(path), connections=8, seconds=2)
        memory = read_through.memory_mb()
        if memory:
            report.values["processes"] = len(memory)
            report.values["largest process, RSS in MB"] = max(rss for rss, _ in memory)
            report.values["largest process, PSS in MB"] = max(pss for _, pss in memory)
            report.values["all processes, PSS in MB"] = round(sum(pss for _, pss in memory), 1)
            report.checks.append(
                at_most("6", f"memory of a process at {large.posts} posts (RSS, MB)", 200,
                        max(rss for rss, _ in memory))
            )  # fmt: skip
    return report
