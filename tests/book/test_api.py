"""The API pages: every public name once, signatures as in the source, valid links."""

import ast
import importlib
import re
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools.book.address import known
from tools.book.edition import select
from tools.book.site import write_api_pages

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
BUILT = [SITE / prefix / "book/api" for prefix in ("", "en")]
built = pytest.mark.skipif(not all(place.exists() for place in BUILT), reason="no site: make book")


def modules():
    """Every module of the package by its dotted name."""
    for path in sorted(ROOT.glob("tinyaudio/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def public(module):
    """The functions and classes that a module defines, and their public methods with a docstring."""
    tree = ast.parse(Path(importlib.import_module(module).__file__).read_text())
    for one in tree.body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_"):
            yield f"{module}.{one.name}", one
            for inner in one.body if isinstance(one, ast.ClassDef) else ():
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    yield f"{module}.{one.name}.{inner.name}", inner


@pytest.fixture(scope="module")
def api():
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        yield importlib.import_module("api_pages")
    finally:
        sys.path.remove(str(ROOT / "book" / "_ext"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The generated pages, by name."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "tinyaudio.gone.rst").write_text("of a package that is gone")
    write_api_pages(folder)
    return {page.stem: page.read_text() for page in folder.iterdir()}


def test_each_formula_of_a_module_is_a_paragraph_of_one_line(api):
    """A paragraph with LaTeX becomes one equation: it cannot hold two, or words."""
    for module in modules():
        lines = (importlib.import_module(module).__doc__ or "").split("\n")
        prose = next((i for i, line in enumerate(lines) if api.FIELDS.match(line)), len(lines))
        paragraphs = "\n".join(lines[:prose]).split("\n\n")
        broken = [one for one in paragraphs if api.LATEX.search(one) and "\n" in one.strip()]
        assert broken == [], module


def test_every_module_stands_on_exactly_one_page(pages):
    named = re.compile(r"^\.\. automodule:: (\S+)$", re.M)
    assert Counter(name for page in pages.values() for name in named.findall(page)) == Counter(
        modules()
    )


def test_every_page_has_a_title_and_a_place_in_the_contents(pages):
    [pattern] = re.findall(r"- glob: book/api/(\S+)", (ROOT / "_toc.yml").read_text())
    for name, page in pages.items():
        assert fnmatch(name, pattern)
        title, line = page.removeprefix(":tocdepth: 3\n\n").split("\n")[:2]
        assert title.startswith(name.removeprefix("tinyaudio.")) and set(line) == {"="}
        untitled = ("tinyaudio.samplers.native", "tinyaudio.exercises.own")
        assert select(title, "ko") != select(title, "en") or name in untitled


@built
@pytest.mark.parametrize("place", BUILT, ids=["ko", "en"])
def test_every_public_name_stands_on_exactly_one_page(place):
    shown = Counter()
    for page in place.glob("*.html"):
        shown.update(re.findall(r'<dt class="sig [^>]*\bid="([^"]+)"', page.read_text()))
    wanted = dict(item for module in modules() for item in public(module))
    assert len(wanted) > 150
    assert {name for name in wanted if shown[name] != 1} == set()
    # Nothing that others defined, no default taken for a method.
    assert shown.keys() <= wanted.keys()


@built
def test_a_signature_is_what_the_source_says():
    soup = BeautifulSoup((BUILT[1] / "tinyaudio.represent.html").read_text(), "html.parser")

    def signature(name):
        text = soup.find(id=f"tinyaudio.represent.{name}").get_text().split("[source]")[0]
        return re.sub(r"\s+", " ", text).strip()

    assert signature("linear.encode") == (
        "encode( audio: Float[Tensor, '*shape'], bits: int, ) → Int64[Tensor, '*shape']"
    )
    assert "jaxtyping" not in soup.get_text() and "torch.Tensor" not in soup.get_text()


def test_an_option_in_a_signature_is_shown_by_its_type(api):
    tree = ast.parse(
        "def f(n: Annotated[int | None, 'help']=3, *, x: list[Annotated[str, f'{n}']]): ..."
    )
    assert ast.unparse(api.WithoutOptions().visit(tree.body[0].args)) == (
        "n: int | None=3, *, x: list[str]"
    )


@built
def test_names_link_to_their_source_once_the_repository_has_an_address():
    soup = BeautifulSoup((BUILT[0] / "tinyaudio.represent.html").read_text(), "html.parser")
    entry = soup.find(id="tinyaudio.represent.linear.decode")
    assert bool(entry.find("a", class_="external")) == bool(known())


def test_the_source_of_a_name_is_the_lines_that_define_it(api):
    info = {"module": "tinyaudio.represent.linear", "fullname": "decode"}
    address = api.source_address("py", info)
    path, first, last = re.fullmatch(r"https://\S+/blob/main/(\S+)#L(\d+)-L(\d+)", address).groups()
    lines = (ROOT / path).read_text().splitlines()[int(first) - 1 : int(last)]
    assert lines[0].startswith("def decode(") and lines[-1].startswith("    return")


@built
@pytest.mark.parametrize(("place", "language"), [(BUILT[0], "ko"), (BUILT[1], "en")])
def test_a_page_speaks_its_language_and_leads_to_the_chapter(place, language):
    soup = BeautifulSoup((place / "tinyaudio.represent.html").read_text(), "html.parser")
    assert "⟦" not in soup.get_text()
    title = {"ko": "소리를 보는 방법", "en": "Views of a waveform"}[language]
    assert title in soup.find("h1").get_text()
    (other,) = soup.select(".ta-language a[hreflang]")
    assert (place / other["href"]).resolve() == (
        BUILT[language == "ko"] / "tinyaudio.represent.html"
    ).resolve()
    see = [dt.find_next("dd") for dt in soup.find_all("dt") if dt.get_text().startswith("See")]
    (chapter,) = {a["href"] for dd in see for a in dd.find_all("a") if "sound_into" in a["href"]}
    assert chapter == f"../{language}/sound_into_numbers.html"
    assert soup.select("div.math")  # equations are set


def test_a_chapter_that_is_not_yet_written_is_no_link(api):
    assert api.see_chapter('chapter 1, "Sound into numbers"; chapter 99, "Later".', "en") == (
        ':doc:`/book/en/sound_into_numbers`; chapter 99, "Later".'
    )


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        ("2 * x, |x|, x_, a_b", r"2 \* x, \|x\|, x\_, a_b"),
        ("code `x*y`, ``|x|`` and *stress*", "code `x*y`, ``|x|`` and *stress*"),
        (":param x_: of *shape", r":param x_: of \*shape"),
        ("* an item", "* an item"),
        (">>> 2 * 3", ">>> 2 * 3"),
        ("with --data or a - b", "with ``--data`` or a - b"),
    ],
)
def test_plain_text_stays_what_it_says(api, plain, markup):
    assert api.escaped(plain) == markup


def test_an_equation_is_set_and_an_example_is_not(api):
    assert api.paragraph(r"m = \sum_k x_k,   k > 0    [Paper, eq. 2]") == (
        r".. math:: m = \sum_k x_k,\quad k > 0\quad \text{[Paper, eq. 2]}"
    )
    assert api.paragraph("    x = sinc(1)") == "::\n\n    x = sinc(1)"
