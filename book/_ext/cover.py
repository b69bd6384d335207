"""The first screen of the book: a melody to be switched between an instrument and a model, and the parts.

It stands on the site only, after the title of the first page; its words are in ``book/cover.toml``, its
parts those of ``_toc.yml``, its sounds those that ``python -m tools.book cover`` made.
"""

import tomllib
from base64 import b64encode
from html import escape
from pathlib import Path

import yaml
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
APPENDIX = "부록"


def cover(language: str, to_static: str, to_page: dict[str, str]) -> str:
    """The first screen as HTML.

    Args:
        language: "ko" or "en".
        to_static: The address of the folder of static files.
        to_page: The addresses of chapters, by name; without one a part has no link.
    """
    words = tomllib.loads((ROOT / "book" / "cover.toml").read_text("utf-8"))
    own, sounds = words[language], words["sounds"]

    def player(file: str, label: str) -> str:
        # Inside the page like every sound of the book: it can be sought in whatever serves it.
        data = (ROOT / "book" / "_static" / "cover" / f"{file}.mp3").read_bytes()
        name, address = escape(label), f"data:audio/mpeg;base64,{b64encode(data).decode()}"
        return (
            f'<figure class="ta-player"><figcaption>{name}</figcaption>'
            f'<audio controls preload="metadata" aria-label="{name}" src="{address}"></audio></figure>'
        )

    pictures = "".join(
        f'<img src="{to_static}/cover/{file}.webp" width="826" height="257" '
        f'alt="{escape(own["picture"].format(label))}"{hidden}>'
        for file, label, hidden in (("flute", own["a"], ""), ("wavenet", own["b"], " hidden"))
    )
    cards = []
    for number, (caption, shown, chapter) in enumerate(parts(language), 1):
        name = f"{own['part'].format(number)}. {shown}"
        link = f'<a href="{to_page[chapter]}">{escape(name)}</a>' if chapter in to_page else name
        sound = sounds.get(caption)
        heard = player(sound["file"], sound[language]) if sound else ""
        cards.append(f'<li><p class="ta-part">{link}</p>{heard}</li>')
    return (
        f'<div class="ta-cover"><p class="ta-lead">{escape(own["lead"])}</p>'
        f'<div class="ta-compare ta-cover-ab"><div class="ta-cover-picture">{pictures}<span></span></div>'
        f"{player('flute', own['a'])}{player('wavenet', own['b'])}<p>{escape(own['about'])}</p></div>"
        f'<p class="ta-parts-title">{escape(own["parts"])}</p><ol class="ta-parts">{"".join(cards)}</ol></div>'
    )


def parts(language: str) -> list[tuple[str, str, str]]:
    """Of each part: Korean caption, caption in the language, name of the first chapter."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    english = yaml.safe_load((ROOT / "book" / "english.yml").read_text("utf-8"))["captions"]
    return [
        (
            part["caption"],
            part["caption"] if language == "ko" else english[part["caption"]],
            part["chapters"][0]["file"].rsplit("/", 1)[-1],
        )
        for part in toc["parts"]
        if part["caption"] != APPENDIX
    ]


def add_cover(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Put the first screen after the title of the first page."""
    if page != app.config.root_doc or "body" not in context:
        return
    folder = page.rsplit("/", 1)[0]
    names = [name for name in app.env.found_docs if name.startswith(f"{folder}/")]
    to_page = {name.rsplit("/", 1)[-1]: context["pathto"](name) for name in names}
    static = context["pathto"]("_static", 1)
    html = cover(app.config.language or "en", static, to_page)
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{html}", 1)


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.connect("html-page-context", add_cover)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
