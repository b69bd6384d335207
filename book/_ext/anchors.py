"""Anchors that are plain HTML are found by links from other pages.

MyST follows ``[mel scale](glossary.ipynb#mel-scale)`` to headings and to its own targets only, and Colab
shows those targets raw; so the pages say ``<a id="mel-scale"></a>``, or ``<div id="correction-1">`` for
a box, which both understand.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx


def register_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Add a page's anchors to those that MyST resolves."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for raw in doctree.findall(nodes.raw):
        for name in re.findall(r'<(?:a|div)\b[^>]* id="([\w-]+)">', raw.astext()):
            slugs[name] = (raw.line or 0, name, name)


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.connect("doctree-read", register_anchors)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
