"""Anchors that are plain HTML are found by links from other pages.

MyST follows ``[mel scale](glossary.ipynb#mel-scale)`` to headings and to its own targets only, and Colab
shows those targets raw; so the pages say ``<a id="mel-scale"></a>``, or ``<div id="correction-1">`` for
a box, which both understand.

A numbered section has the address of its number, ``section-1-2``, in both languages, so that it says
where it leads, and so that the link to the other language can lead to the same section.
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


def number_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Give a section whose title begins with a number the address of that number, before those it has."""
    for section in doctree.findall(nodes.section):
        if match := re.match(r"(\d+)\.(\d+)\s", section.next_node(nodes.title).astext()):
            name = f"section-{match[1]}-{match[2]}"
            section["ids"].insert(0, name)
            doctree.ids[name] = section


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.connect("doctree-read", number_sections, priority=400)  # before the contents are collected
    app.connect("doctree-read", register_anchors)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
