"""How to cite a publication, as a file for whoever keeps references."""

from flask import Response, abort

from blueprints import http, templating
from blueprints.access import access
from blueprints.public import blueprint
from blueprints.templating import publication_url, site_of
from services import articles
from services.articles import Article
from services.citing import Citation
from services.dates import local_date

BIB = "application/x-bibtex; charset=utf-8"


def citation_of(article: Article) -> Citation:
    """What a citation of this publication says."""
    return Citation(
        id=article.id,
        title=article.title,
        author=article.byline or article.unit_name,
        publisher=site_of(article.language).name,
        url=publication_url(article, external=True),
        published_at=article.published_at,
        language=article.language.value,
        number=str(article.details.get("document_number", "") or ""),
    )


@blueprint.get("/trich-dan/<int:publication_id>.bib")
@access("public")
@http.cached()
def citation(publication_id: int) -> Response:
    now = templating.now()
    article = articles.article(publication_id=publication_id, now=now)
    if article is None:
        abort(404)
    if not isinstance(article, Article):
        abort(410)
    body = citation_of(article).bibtex(read_on=local_date(now))
    response: Response = http.public(body, content_type=BIB)
    name = f"{article.slug}-{article.id}.bib"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
