"""A small repair of the pages that Sphinx 7.4 makes.

Sphinx adds scripts without a file twice, which makes the browser complain that a name is declared
again (sphinx-doc/sphinx#13402; Jupyter Book 1 stays on the version before the repair).
"""

from sphinx.application import Sphinx


def once(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Keep the first of equal scripts."""
    seen, kept = set(), []
    for script in context.get("script_files", []):
        key = (str(getattr(script, "filename", script) or ""), getattr(script, "attributes", {}).get("body"))
        if key not in seen:
            seen.add(key)
            kept.append(script)
    context["script_files"] = kept


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.connect("html-page-context", once, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
