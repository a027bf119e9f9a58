"""Makes a WordPress export as WordPress writes it, of any number of items."""

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

SITE = "http://cu.danang.gov.vn"
HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file -->
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/"
>
<channel>
\t<title>Trang cũ</title>
\t<link>{SITE}</link>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>{SITE}</wp:base_site_url>
\t<wp:base_blog_url>{SITE}</wp:base_blog_url>
\t<wp:author><wp:author_id>1</wp:author_id><wp:author_login><![CDATA[lan.nguyen]]></wp:author_login>
	<wp:author_email><![CDATA[lan@cu.vn]]></wp:author_email>
	<wp:author_display_name><![CDATA[Nguyễn Thị Lan]]></wp:author_display_name></wp:author>
\t<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[binh]]></wp:author_login>
	<wp:author_email><![CDATA[]]></wp:author_email>
	<wp:author_display_name><![CDATA[Trần Văn Bình]]></wp:author_display_name></wp:author>
\t<wp:category><wp:term_id>3</wp:term_id>
	<wp:category_nicename><![CDATA[tin-tuc]]></wp:category_nicename>
	<wp:category_parent><![CDATA[]]></wp:category_parent>
	<wp:cat_name><![CDATA[Tin tức]]></wp:cat_name></wp:category>
\t<wp:category><wp:term_id>4</wp:term_id>
	<wp:category_nicename><![CDATA[so-huu-tri-tue]]></wp:category_nicename>
	<wp:category_parent><![CDATA[tin-tuc]]></wp:category_parent>
	<wp:cat_name><![CDATA[Sở hữu trí tuệ]]></wp:cat_name></wp:category>
"""
TAIL = "</channel>\n</rss>\n"


def item(
    number: int,
    *,
    title: str = "Bài cũ",
    content: str = "Đoạn thứ nhất.\n\nĐoạn thứ hai.",
    status: str = "publish",
    kind: str = "post",
    date: str = "2017-05-03 09:00:00",
    date_gmt: str = "2017-05-03 02:00:00",
    excerpt: str = "",
    category: str = "tin-tuc",
    author: str = "lan.nguyen",
    link: str = "",
    meta: dict[str, str] | None = None,
    more: str = "",
) -> str:
    """One item; ``more`` are elements of its own."""
    link = link or f"{SITE}/2017/05/bai-{number}/"
    metas = "".join(
        f"<wp:postmeta><wp:meta_key><![CDATA[{key}]]></wp:meta_key>"
        f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for key, value in (meta or {}).items()
    )
    return f"""\t<item>
\t\t<title><![CDATA[{title}]]></title>
\t\t<link>{link}</link>
\t\t<pubDate>Wed, 03 May 2017 02:00:00 +0000</pubDate>
\t\t<dc:creator><![CDATA[{author}]]></dc:creator>
\t\t<guid isPermaLink="false">{SITE}/?p={number}</guid>
\t\t<description></description>
\t\t<content:encoded><![CDATA[{content}]]></content:encoded>
\t\t<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>
\t\t<wp:post_id>{number}</wp:post_id>
\t\t<wp:post_date><![CDATA[{date}]]></wp:post_date>
\t\t<wp:post_date_gmt><![CDATA[{date_gmt}]]></wp:post_date_gmt>
\t\t<wp:post_name><![CDATA[bai-{number}]]></wp:post_name>
\t\t<wp:status><![CDATA[{status}]]></wp:status>
\t\t<wp:post_parent>0</wp:post_parent>
\t\t<wp:post_type><![CDATA[{kind}]]></wp:post_type>
\t\t<wp:post_password><![CDATA[]]></wp:post_password>
\t\t<category domain="category" nicename="{category}"><![CDATA[{category}]]></category>
\t\t<category domain="post_tag" nicename="the"><![CDATA[thẻ]]></category>
{metas}{more}
\t</item>
"""


def attachment(number: int, path: str, *, parent: int = 0, title: str = "", alt: str = "") -> str:
    """A picture or file of the library."""
    return f"""\t<item>
\t\t<title><![CDATA[{title}]]></title>
\t\t<excerpt:encoded><![CDATA[]]></excerpt:encoded>
\t\t<wp:post_id>{number}</wp:post_id>
\t\t<wp:status><![CDATA[inherit]]></wp:status>
\t\t<wp:post_parent>{parent}</wp:post_parent>
\t\t<wp:post_type><![CDATA[attachment]]></wp:post_type>
\t\t<wp:attachment_url><![CDATA[{SITE}/wp-content/uploads/{path}]]></wp:attachment_url>
\t\t<wp:postmeta><wp:meta_key><![CDATA[_wp_attachment_image_alt]]></wp:meta_key><wp:meta_value><![CDATA[{alt}]]></wp:meta_value></wp:postmeta>
\t</item>
"""


def export(path: Path, *items: str, head: str = HEAD) -> Path:
    """Write a whole export."""
    path.write_text(head + "".join(items) + TAIL, "utf-8")
    return path


def many(count: int) -> Iterator[str]:
    """Items as a site of years has them: texts of both editors, pages, drafts, pictures."""
    for number in range(1, count + 1):
        extra = f'<img src="{SITE}/wp-content/uploads/anh-{number % 5}-300x200.jpg" alt="Ảnh">'
        yield item(
            number,
            title=f"Tin số {number} về đo lường, chất lượng",
            content=(
                f"<!-- wp:paragraph --><p>Sở Khoa học và Công nghệ làm việc thứ {number}.</p>"
                f'<!-- /wp:paragraph -->\n<p>Xem <a href="{SITE}/?p={max(1, number - 1)}">bài '
                f"trước</a>. {'Nội dung của bài viết. ' * 20}</p>{extra if number % 7 == 0 else ''}"
            ),
            status="draft" if number % 10 == 0 else "publish",
            kind="page" if number % 50 == 0 else "post",
            author="binh" if number % 3 == 0 else "lan.nguyen",
            category="so-huu-tri-tue" if number % 4 == 0 else "tin-tuc",
            date_gmt=f"20{10 + number % 15:02}-0{1 + number % 9}-{1 + number % 28:02} 02:00:00",
            meta={"post_views_count": str(number * 3)},
        )


def picture(seed: int = 0, *, form: str = "JPEG") -> bytes:
    """A small picture, another one for each seed."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (seed * 40 % 256, 90, 120)).save(out, form)
    return out.getvalue()
