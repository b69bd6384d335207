"""What other sites show of a page that is linked to: title, first sentence, language (Open Graph).

A picture needs the site's whole address (``html_baseurl``); as long as there is none, there is no picture.
"""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

LOCALES = {"ko": "ko_KR", "en": "en_US"}


def add_tags(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the page's tags to its head."""
    if doctree is None:
        return
    first = next((p for p in doctree.findall(nodes.paragraph) if len(p.astext()) > 40), None)
    about = " ".join(first.astext().split())[:200] if first else app.config.html_title
    tags = {
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:title": nodes.Text(context["title"]).astext(),
        "og:description": about,
        "og:locale": LOCALES[app.config.language or "en"],
    }
    if base := app.config.html_baseurl.rstrip("/"):
        tags |= {"og:url": f"{base}/{page}.html", "og:image": f"{base}/_static/cover/cover.png"}
    context["metatags"] += f'\n<meta name="description" content="{escape(about)}" />' + "".join(
        f'\n<meta property="{name}" content="{escape(text)}" />' for name, text in tags.items()
    )


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.connect("html-page-context", add_tags)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
