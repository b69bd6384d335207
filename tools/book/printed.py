"""The whole book as one page to print, from the built site: what moves or sounds on a screen stays behind.

Of a player there is its title, of a slider the first picture.  Hints and answers of the quiz are unfolded; the
solutions stand at the end.  Links within the book lead to its own pages; those to the API do not.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

from tools.book import ROOT, BookError
from tools.book.address import known
from tools.book.site import BUILD

FOLDERS = {"ko": "book/ko", "en": "en/book/en"}  # of the editions in the site
WORDS = {
    "ko": {
        "contents": "차례",
        "solutions": "풀이",
        "solution": "풀이",
        "heard": "웹 페이지에서 듣기",
        "live": "이 그림은 책의 웹 페이지에서 움직이고, 소리도 납니다.",
        "listening": "이 자리의 듣기 시험은 책의 웹 페이지에 있습니다.",
    },
    "en": {
        "contents": "Contents",
        "solutions": "Solutions",
        "solution": "Solution",
        "heard": "hear it on the web page",
        "live": "On the book's web page this figure moves, and sounds.",
        "listening": "The listening test that stands here is on the book's web page.",
    },
}
# What has no place on paper; a setup cell is for Colab alone.
LEFT_OUT = (
    "script, style, audio, button:not(.ta-map button), input, .headerlink, .ta-switch, .ta-cover, "
    ".toctree-wrapper, .ta-frame[hidden], .tag_setup, .tag_exercise > .cell_output"
)


def book(language: str) -> str:
    """One page of HTML with every chapter and appendix of an edition, in the order of its contents.

    Raises:
        BookError: The site is not built.
    """
    words, chapters, solutions = WORDS[language], [], []
    contents = [f"<h1>{words['contents']}</h1>"]
    parts = list(parts_of(language))
    names = {name for _, pages in parts for name in pages}
    for caption, pages in parts:
        items = []
        for name in pages:
            chapter = article(name, language)
            adapt(chapter, name, language, names)
            title = html.escape(title_of(chapter))
            if found := solutions_of(chapter, words):
                solutions.append(f"<h2>{title}</h2>{found}")
            chapters.append(str(chapter))
            items.append(f'<li><a href="#{name}">{title}</a></li>')
        heading = f"<h2>{html.escape(caption)}</h2>" if caption else ""
        contents.append(f"{heading}<ul>{''.join(items)}</ul>")
    contents.append(f'<ul><li><a href="#solutions">{words["solutions"]}</a></li></ul>')
    end = f'<article id="solutions"><h1>{words["solutions"]}</h1>{"".join(solutions)}</article>'
    first = article("index", language)
    about = first.select_one(".ta-lead")
    frame = (Path(__file__).parent / "paper" / "paper.html").read_text(encoding="utf-8")
    values = {
        "language": language,
        "title": html.escape(title_of(first)),
        "site": (BUILD / "html").as_uri(),
        "paper": (Path(__file__).parent / "paper").as_uri(),
        "about": html.escape(about.get_text()) if about else "",
        "contents": "".join(contents),
        "chapters": "\n".join(chapters),
        "solutions": end,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], frame)


def parts_of(language: str) -> Iterator[tuple[str, list[str]]]:
    """The parts of the table of contents, each with its pages; the API's are left out."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    captions = yaml.safe_load((ROOT / "book" / "english.yml").read_text(encoding="utf-8"))[
        "captions"
    ]
    yield "", ["index"]
    for part in toc["parts"]:
        caption = part["caption"] if language == "ko" else captions[part["caption"]]
        pages = [one["file"] for one in part["chapters"]]
        yield caption, [page.removeprefix("book/ko/") for page in pages if "/api/" not in page]


def article(name: str, language: str) -> Tag:
    """The text of a page of the site.

    Raises:
        BookError: There is no such page.
    """
    path = BUILD / "html" / FOLDERS[language] / f"{name}.html"
    if not path.is_file():
        raise BookError(f"{path}: is missing; run make book (or python -m tools.book site)")
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    found = page.select_one("article.bd-article")
    assert found is not None
    return found


def adapt(chapter: Tag, name: str, language: str, names: set[str]) -> None:
    """Make a page's text one of many on paper: its anchors, links, pictures, and what moves or sounds."""
    words = WORDS[language]
    web = web_page(name, language)
    for figure in chapter.select(".ta-player"):
        if caption := figure.figcaption:
            caption.insert(0, "♪ ")
            if web:
                caption.append(note(chapter, f" ({words['heard']})", "a", href=web))
    for box in chapter.select(".ta-listening"):
        box.replace_with(note(chapter, words["listening"]))
    for box in chapter.select(".ta-map, .ta-live"):
        box.insert_after(note(chapter, words["live"]))
        if "ta-live" in box["class"]:
            box.decompose()
    for one in chapter.select(LEFT_OUT):
        one.decompose()
    for button in chapter.select("[data-sound]"):
        del button["data-sound"]
    for details in chapter.select("details"):
        details["open"] = ""
    for image in chapter.select("img[src]"):
        if not str(image["src"]).startswith("data:"):
            place = BUILD / "html" / FOLDERS[language] / str(image["src"])
            image["src"] = place.resolve().as_uri()
    for one in chapter.select("[id]"):
        one["id"] = f"{name}--{one['id']}"
    chapter["id"] = name
    for link in chapter.select("a[href]"):
        target = inside(str(link["href"]), name, names)
        if target:
            link["href"] = target
        elif "://" not in link["href"]:
            link.unwrap()


def title_of(chapter: Tag) -> str:
    """A chapter's title."""
    assert chapter.h1 is not None
    return chapter.h1.get_text().removesuffix("#")


def inside(href: str, name: str, names: set[str]) -> str:
    """The anchor in the whole book that a page's link leads to; empty if it leads out of it.

    Example:
        >>> inside("wavenet.html#eq-gate", "nuwave", {"wavenet"}), inside("#top", "nuwave", set())
        ('#wavenet--eq-gate', '#nuwave--top')
    """
    match = re.fullmatch(r"(?:(\w+)\.html)?(?:#(.*))?", href)
    page = match and (match[1] or name)
    if not match or (match[1] and page not in names):
        return ""
    return f"#{page}--{match[2]}" if match[2] else f"#{page}"


def web_page(name: str, language: str) -> str:
    """A page's address on the web; empty as long as the repository has none."""
    owner, _, repository = known().removeprefix("https://github.com/").partition("/")
    return (
        f"https://{owner}.github.io/{repository}/{FOLDERS[language]}/{name}.html" if owner else ""
    )


def note(page: Tag, text: str, kind: str = "p", **attributes: str) -> Tag:
    """A small element of text."""
    made = BeautifulSoup("", "html.parser").new_tag(kind, attrs={"class": "note"} | attributes)
    made.string = text
    return made


def solutions_of(chapter: Tag, words: dict[str, str]) -> str:
    """A chapter's solutions, taken out of it; in their place stands a link to them."""
    found = []
    for i, cell in enumerate(chapter.select(".tag_solution"), 1):
        place, here = f"{chapter['id']}--solution-{i}", f"{chapter['id']}--exercise-{i}"
        title = cell.find_previous("h3")
        heading = html.escape(title.get_text()) if title else ""
        code = cell.select_one(".cell_input")
        found.append(f'<h3 id="{place}"><a href="#{here}">{heading}</a></h3>{code}')
        link = note(chapter, f"→ {words['solution']}", "a", href=f"#{place}", id=here)
        cell.replace_with(link)
    return "".join(found)
