"""Repairs of the pages that Sphinx 7.4 and its theme make.

Sphinx adds scripts without a file twice, which makes the browser complain that a name is declared
again (sphinx-doc/sphinx#13402; Jupyter Book 1 stays on the version before the repair).  The themes
lack Korean for some words: ``book/_locale`` has it, as gettext catalogues.  Some buttons have another
name than the one that stands on them, which voice control cannot press (WCAG 2.5.3).  Figures get a
number, their description as caption, and a button that enlarges them (``_static/enlarge.js``).  Formulas in a
quiz's choices, which stand in HTML, are marked for MathJax.  As long
as the repository has no address, what would lead there is no link.
"""

import re
from itertools import count
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.i18n import CatalogInfo

LOCALE = Path(__file__).parents[1] / "_locale"
# What the theme's templates hold in English, outside gettext.
KOREAN = {
    "Main": "차례",
    "Page": "이 쪽의 차례",
    "Toggle primary sidebar": "차례 펴고 접기",
    "Toggle secondary sidebar": "이 쪽의 차례 펴고 접기",
}
# Folded cells, by their tag: what to press to unfold them.
FOLDED = {
    "ko": {"solution": ("풀이 보기", "풀이 접기"), "setup": ("준비 코드 보기", "준비 코드 접기")},
    "en": {
        "solution": ("Show the solution", "Hide the solution"),
        "setup": ("Show the setup", "Hide the setup"),
    },
}
# The triangle beside a part of the table of contents has no words.
PART = {"ko": "이 부 펴고 접기", "en": "Unfold this part"}
PROMPTS = re.compile(
    r'(<div class="cell[^"]* tag_(setup|solution)\b[^"]*">\s*<details[^>]*>\s*<summary[^>]*>\s*'
    r'<p class="collapsed admonition-title">)[^<]*(</p>\s*<p class="expanded admonition-title">)[^<]*(?=</p>)'
)
# A figure's number and the button beside its caption.
FIGURE = {"ko": ("그림 {}.{}.", "크게 보기"), "en": ("Figure {}.{}.", "Enlarge")}
# Links to the repository while its address is the placeholder (tools/book/address.py).
NOWHERE = re.compile(r'(?s)<a [^>]*href="https://github\.com/ORG/REPO[^>]*>(.*?)</a>')
# A choice of a quiz, and a formula in it.
CHOICE = re.compile(r"(?<=<summary>)[^<]*\$[^<]*(?=</summary>)")
FORMULA = re.compile(r"\$([^$]+)\$")
IMAGE = re.compile(r'<img alt="([^"]+)"[^>]* src="[^"]*_images/[^"]+"[^>]*>')


def deduplicate_scripts(
    app: Sphinx, page: str, template: str, context: dict, doctree: object
) -> None:
    """Keep the first of equal scripts."""
    seen, kept = set(), []
    for script in context.get("script_files", []):
        key = (
            str(getattr(script, "filename", script) or ""),
            getattr(script, "attributes", {}).get("body"),
        )
        if key not in seen:
            seen.add(key)
            kept.append(script)
    context["script_files"] = kept


def fix_html(html: str, language: str) -> str:
    """A page whose controls have their visible label as accessible name, in the page's language."""
    # The visible text of a control is its name; a picture alone keeps its label.
    html = html.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    html = re.sub(r'(<button class="btn search-button-field[^>]*) aria-label="[^"]*"', r"\1", html)
    html = re.sub("<kbd(?! aria)", '<kbd aria-hidden="true"', html)
    # The colour button has three pictures with a title each, of which one is visible.
    html = re.sub(r'(<i class="theme-switch[^>]*) title="[^"]*"', r'\1 aria-hidden="true"', html)
    html = html.replace(
        '<summary><span class="toctree',
        f'<summary aria-label="{PART[language]}"><span class="toctree',
    )
    # A signature of several lines is no list of definitions.
    html = re.sub(r'(?s)<dt class="sig .*?</dt>', flatten_signature, html)
    html = PROMPTS.sub(
        lambda m: m[1] + FOLDED[language][m[2]][0] + m[3] + FOLDED[language][m[2]][1], html
    )
    html = number_figures(html, language)
    html = CHOICE.sub(lambda m: FORMULA.sub(mark_formula, m[0]), html)
    html = NOWHERE.sub(r"\1", html)
    if language == "ko":
        html = re.sub(
            r'((?:title|aria-label)=")([^"]+)(?=")',
            lambda m: m[1] + KOREAN.get(m[2], m[2]),
            html,
        )
        # No line ends between a short formula and its particle.
        html = re.sub(
            r'(<span class="math[^>]*>[^<]{,60}</span>[가-힣]{1,3}[.,]?)(?![가-힣])',
            r'<span class="ta-glue">\1</span>',
            html,
        )
    return html


def mark_formula(formula: re.Match[str]) -> str:
    """A formula as Sphinx marks those of the text."""
    return rf'<span class="math notranslate nohighlight">\({formula[1]}\)</span>'


def number_figures(html: str, language: str) -> str:
    """A chapter's figures with number, caption and button; the caption is the description, read once."""
    if not (chapter := re.search(r"<h2>(\d+)\.\d+ ", html)):
        return html
    (label, enlarge), numbers = FIGURE[language], count(1)

    def figure(image: re.Match[str]) -> str:
        number = label.format(chapter[1], next(numbers))
        name = f"{enlarge}: {number.rstrip('.')}"
        return (
            f'<figure class="ta-figure">{image[0]}<figcaption><span class="ta-number">{number}</span> '
            f'<span aria-hidden="true">{image[1]}</span> '
            f'<button type="button" class="ta-enlarge" aria-label="{name}">{enlarge}</button>'
            f"</figcaption></figure>"
        )

    return IMAGE.sub(figure, html)


def flatten_signature(signature: re.Match[str]) -> str:
    """A function's name and its parameters, one a line, without a list inside a list's term."""
    html = signature[0].replace("<dl>", '<span class="ta-lines">').replace("</dl>", "</span>")
    return html.replace("<dd>", "<span>").replace("</dd>", "</span>")


def fix_pages(app: Sphinx, error: Exception | None) -> None:
    """Repair every page that was written."""
    if error is None and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            if "_static" not in path.parts:
                path.write_text(
                    fix_html(path.read_text("utf-8"), app.config.language or "en"), "utf-8"
                )


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx, which compiles and loads ``sphinx.po`` itself (``locale_dirs``)."""
    catalogue = CatalogInfo(LOCALE / "ko" / "LC_MESSAGES", "booktheme", "utf-8")
    if app.config.language == "ko":
        catalogue.write_mo("ko")
        app.add_message_catalog("booktheme", LOCALE)
    app.connect("html-page-context", deduplicate_scripts, priority=900)
    app.connect("build-finished", fix_pages)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
