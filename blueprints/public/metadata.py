"""What engines and re-users read in a page: description, Dublin Core, Open Graph, JSON-LD.

The six mandatory Dublin Core elements of TT 24/2011 are never empty.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from blueprints import languages, templating
from blueprints.public.paging import Page
from blueprints.templating import (
    iso,
    publication_url,
    section_name,
    site_here,
    site_url,
    translated,
)
from services import dates, schema_org
from services.articles import Article
from services.kinds import KINDS
from services.listing import Card
from services.remembered import remembered
from services.sanitising import plain_text
from services.schema_org import Related
from services.sections import Node

MAX_DESCRIPTION_CHARACTERS = 300
# Types that have a section and corrections.
ARTICLES = {"NewsArticle", "Article", "Report"}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the head of a page says about it."""

    title: str
    description: str
    url: str
    type: str
    subject: str
    creator: str = ""
    date: datetime | None = None
    image: str | None = None
    json_ld: str = ""


def of_home() -> Metadata:
    """For the home page: the agency itself."""
    url = site_url(url_for("public.home"))
    name = site_here().name
    description = _(
        "Trang thông tin điện tử %(name)s, %(place)s: tin hoạt động, thông báo, chỉ đạo điều hành.",
        name=name,
        place=site_here().place,
    )
    search = site_url(url_for("public.search")) + "?q={q}"
    return Metadata(
        title=name,
        description=description,
        url=url,
        type="website",
        subject=name,
        json_ld=json_ld(
            {
                "@context": "https://schema.org",
                "@graph": [
                    organisation(),
                    {
                        "@type": "WebSite",
                        "name": name,
                        "url": url,
                        "inLanguage": languages.language().value,
                        "potentialAction": {
                            "@type": "SearchAction",
                            "target": {"@type": "EntryPoint", "urlTemplate": search},
                            "query-input": "required name=q",
                        },
                    },
                ],
            }
        ),
    )


def of_list(node: Node, page: Page, path: str) -> Metadata:
    """For one page of a list."""
    url = site_url(path) + (f"?trang={page.number}" if page.number > 1 else "")
    name = site_here().name
    label = translated(section_name(node))
    return Metadata(
        title=label,
        # A section is described in Vietnamese alone.
        description=("" if node.id and languages.is_english() else translated(node.description))
        or _("%(section)s: tin, bài của %(name)s.", section=label, name=name),
        url=url,
        type="website",
        subject=label,
        json_ld=_collection(label, url),
    )


def _collection(name: str, url: str) -> str:
    """A page that holds others, and whose it is, in schema.org's words."""
    page = {
        "@type": "CollectionPage",
        "name": name,
        "url": url,
        "inLanguage": languages.language().value,
    }
    return json_ld({"@context": "https://schema.org", "@graph": [organisation(), page]})


def of_kind(title: str, description: str, path: str, page: Page | None = None) -> Metadata:
    """For a list that is more than the newest first, or a plain page of links."""
    number = page.number if page else 1
    title, description, name = translated(title), translated(description), site_here().name
    url = site_url(path) + (f"?trang={number}" if number > 1 else "")
    return Metadata(
        title=title,
        description=description or f"{title} – {name}.",
        url=url,
        type="website",
        subject=title,
        json_ld=_collection(title, url),
    )


def of_search(q: str) -> Metadata:
    """For the search page."""
    return Metadata(
        title=_("Tìm kiếm: %(words)s", words=q) if q else _("Tìm kiếm"),
        description=_("Tìm tin, bài, thông báo trên trang %(name)s.", name=site_here().name),
        url=site_url(url_for("public.search")),
        type="website",
        subject=_("Tìm kiếm"),
    )


def of_display() -> Metadata:
    """For the page on reading the site."""
    return Metadata(
        title=_("Cách hiển thị và đọc trang"),
        description=_(
            "Phóng to chữ, đổi tương phản và nền, nghe đọc, in và lưu bài, cả khi không dùng "
            "JavaScript."
        ),
        url=site_url(url_for("public.display")),
        type="website",
        subject=_("Trợ giúp"),
    )


def of_article(
    article: Article, path: Sequence[Node], more: Mapping[str, Any] | None = None
) -> Metadata:
    """For one publication; ``more`` is what only the pages of its kind show (kind_pages)."""
    url = publication_url(article, external=True)
    description = article.summary or plain_text(article.body)
    if len(description) > MAX_DESCRIPTION_CHARACTERS:
        description = description[:MAX_DESCRIPTION_CHARACTERS].rsplit(" ", 1)[0] + "…"
    image = site_url(article.picture.og_src) if article.picture else None
    creator = article.byline or article.posted_by or article.unit_name
    subject = section_name(path[-1]) if path else translated(KINDS[article.kind].label)
    more = more or {}
    source = schema_org.Source(
        article,
        url,
        dates.local_date(templating.now()),
        status=more.get("state", ("",))[0],
        related=[
            Related(one.relation, publication_url(one, external=True), one.title, one.number)
            for _, group in more.get("relations", ())
            for one in group
            # Being related goes both ways; the rest is what this one does to the other.
            if not one.is_incoming or one.relation == "relates"
        ],
    )
    node, is_work = schema_org.described(source)
    node["description"] = description
    if is_work:
        node |= {
            "mainEntityOfPage": url,
            "inLanguage": article.language.value,
            "datePublished": iso(article.published_at),
            "dateModified": iso(article.updated_at),
            "author": _author(article),
            "publisher": organisation(),
            "isAccessibleForFree": True,
            "copyrightNotice": site_here().licence,
            "creditText": attribution(article),
        }
    if node["@type"] in ARTICLES:
        node["articleSection"] = subject
        if article.corrections:
            node["correction"] = [text for _, text in article.corrections]
    if image:
        node["image"] = [image]
    if is_work and article.files:
        node["encoding"] = [
            {"@type": "MediaObject", "name": file.title, "contentUrl": site_url(file.address)}
            for file in article.files
        ]
    steps = way_to(article, path).items
    last = {"@type": "ListItem", "position": len(steps) + 1, "name": article.title}
    crumbs = {"@type": "BreadcrumbList", "itemListElement": [*steps, last]}
    return Metadata(
        title=article.title,
        description=description,
        url=url,
        type="article",
        subject=subject,
        creator=creator,
        date=article.published_at,
        image=image,
        json_ld=json_ld({"@context": "https://schema.org", "@graph": [node, crumbs]}),
    )


def _author(article: Article) -> dict[str, str]:
    if article.byline:
        return {"@type": "Person", "name": article.byline}
    return {"@type": "Organization", "name": article.unit_name}


def attribution(article: Article | Card) -> str:
    """The line that whoever reuses a publication must show."""
    who = article.byline or article.unit_name
    name = current_app.config["SITE_NAME"]
    return f"{who} – {name}, {publication_url(article, external=True)}"


def of_page(title: str, description: str, path: str) -> Metadata:
    """For a page that is neither a list nor a publication."""
    language = languages.language().value
    return Metadata(
        title=title,
        description=description,
        url=site_url(path),
        type="website",
        subject=title,
        json_ld=json_ld(
            {
                "@context": "https://schema.org",
                "@graph": [
                    organisation(),
                    {
                        "@type": "WebPage",
                        "name": title,
                        "url": site_url(path),
                        "inLanguage": language,
                    },
                ],
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """The steps from home to what holds a publication, and the same in schema.org's words."""

    steps: list[tuple[str, str | None]]
    items: list[dict[str, Any]]


def way_to(article: Article, path: Sequence[Node]) -> Way:
    """The way to a publication in this section; all that stand there have the same."""

    def read() -> Way:
        steps: list[tuple[str, str | None]] = [("Trang chủ", url_for("public.home"))]
        if path:
            steps += [
                (section_name(node), url_for("public.section", slug=node.slug)) for node in path
            ]
        else:
            info = KINDS[article.kind]
            steps.append((translated(info.plural), f"/{info.path}"))
        items = [
            {
                "@type": "ListItem",
                "position": position,
                "name": translated(label),
                **({"item": site_url(languages.here(target))} if target else {}),
            }
            for position, (label, target) in enumerate(steps, start=1)
        ]
        return Way(steps, items)

    place = path[-1].id if path else article.kind
    return remembered(("way", languages.language(), place), read)


def organisation() -> dict[str, Any]:
    """The agency as schema.org knows it."""
    config = current_app.config
    return {
        "@type": "GovernmentOrganization",
        "name": site_here().name,
        "url": site_url(languages.here("/")),
        "telephone": config["SITE_PHONE"],
        "email": config["SITE_EMAIL"],
        "address": {
            "@type": "PostalAddress",
            "streetAddress": site_here().address,
            "addressCountry": "VN",
        },
        "parentOrganization": {
            "@type": "GovernmentOrganization",
            "name": site_here().parent_name,
        },
    }


def json_ld(data: dict[str, Any]) -> str:
    """JSON that is safe inside a script element: nothing in it can close the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
