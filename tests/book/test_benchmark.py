"""The book's figures count what is there, and what is not as it should be."""

import json
import sys
import types

import pytest

from benchmarks import book as benchmark
from tools.book import exercises

CHECKER = """
def check_half(answer):
    from tinyaudio.exercises.check_result import Mistake, check_answer
    doubled = Mistake(lambda x: 2 * x, "You doubled it.")
    return check_answer(answer, lambda x: x / 2, [(1.0,)], [doubled], "divide")
"""
WRONG = 'WRONG = {"check_half": [(lambda x: 2 * x, "doubled"), (lambda x: x, "as it is"), (lambda x: x / 2, "")]}'


@pytest.fixture
def small(book, monkeypatch):
    """The small book: one exercise with a checker that knows one mistake; its site is two pages."""
    monkeypatch.setattr(exercises, "ROOT", book.root)
    monkeypatch.setattr(benchmark, "BUILD", book.root / "_build")
    book.replace('print("✘ 12")', "check_half(half)")
    book.replace('print("✔ 12")', "check_half(half)")
    planted = book.root / "tests" / "exercises" / "test_small.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(WRONG)
    module = types.ModuleType("tinyaudio.exercises.small")
    exec(CHECKER, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return book


def site(book, **pages):
    folder = book.root / "_build" / "html"
    for name, text in pages.items():
        path = folder / f"{name.replace('__', '/')}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_what_is_there_is_counted(small):
    site(small, book__ko__small="1234", en__book__en__small="12345678")
    found = benchmark.measure()
    row = found["by_chapter"]["small"]
    assert row["number"] == 3 and row["cells"] == len(small.notebook().cells)
    assert row["players"] == found["players"] == 1 and row["exercises"] == 1 == found["exercises"]
    record = small.notebook().metadata["tinyaudio"]["measured"]
    assert (row["seconds"], row["memory_gb"]) == (record["seconds"], record["memory_gb"])
    sizes = [small.notebook_path(language).stat().st_size for language in ("ko", "en")]
    assert row["notebook_bytes"] == max(sizes) and row["page_bytes"] == 8
    assert (found["chapters"], found["untranslated_blocks"], found["broken_links"]) == (1, 0, 0)
    assert found["stale_outputs"] == 2  # the exercise was changed after it was made


def test_wrong_answers_are_really_put_to_the_checkers(small):
    found = benchmark.measure()
    assert found["wrong_answers_planted"] == 3
    assert found["wrong_answers_caught"] == 1  # one is not named, and one is not even wrong


def test_untranslated_blocks(small):
    small.replace("그림입니다.", "그림.")
    assert benchmark.measure()["untranslated_blocks"] == 1
    small.replace("A picture.", "")
    found = benchmark.measure()
    assert found["untranslated_blocks"] == 1 and found["chapters"] == 1


def test_before_anything_is_built(small):
    for language in ("ko", "en"):
        small.notebook_path(language).unlink()
    found = benchmark.measure()
    row = found["by_chapter"]["small"]
    assert found["broken_links"] is None and found["stale_outputs"] == 2
    assert (
        row["page_bytes"] is row["notebook_bytes"] is row["seconds"] is None and row["cells"] == 0
    )


def test_printed_for_people_and_for_programs(small, monkeypatch, capsys):
    site(small, index='<a href="gone.html">')
    monkeypatch.setattr("sys.argv", ["book", "--json"])
    benchmark.main()
    assert json.loads(capsys.readouterr().out)["broken_links"] == 1
    monkeypatch.setattr("sys.argv", ["book"])
    benchmark.main()
    printed = capsys.readouterr().out
    assert printed.startswith("chapter  number") and "index.html: gone.html" in printed
    assert "wrong_answers_planted  3\n" in printed


def test_a_chapter_that_cannot_be_counted_is_named(small, monkeypatch):
    (small.root / "tests" / "exercises" / "test_small.py").unlink()
    monkeypatch.setattr("sys.argv", ["book"])
    with pytest.raises(SystemExit, match=r"tests/exercises/test_small\.py: missing"):
        benchmark.main()


@pytest.mark.parametrize(
    "link",
    [
        "b.html",
        "./b.html#here",
        "b.html#%ED%95%9C",
        "#",
        "#own",
        "b.html?x=1",
        "folder/",
        "/b.html",
        "a%20b.txt",
    ],
)
def test_links_that_lead_somewhere(small, link):
    folder = site(
        small, a=f'<p id="own"><a href="{link}">', b='<h1 id="here"><a name="한">', folder__index=""
    )
    (folder / "a b.txt").write_text("")
    assert benchmark.broken_links(folder) == []


@pytest.mark.parametrize(
    "link",
    [
        "c.html",
        "b.html#there",
        "#there",
        "folder/",
        "../../pyproject.toml",
        "/book/b.html",
        "b.html#HERE",
    ],
)
def test_links_that_lead_nowhere(small, link):
    folder = site(small, a=f'<a href="{link}">', b='<h1 id="here">')
    assert benchmark.broken_links(folder) == [f"a.html: {link}"]


@pytest.mark.parametrize(
    "link", ["https://example.org/x", "//example.org", "mailto:a@b.c", "data:audio/mp3;base64,xx"]
)
def test_addresses_elsewhere_are_not_followed(small, link):
    assert benchmark.broken_links(site(small, a=f'<img src="{link}">')) == []


def test_every_kind_of_link_is_looked_at(small):
    page = '<img src="1.png"><script src="2.js"></script><link href="3.css"><audio src="4.mp3"></audio>'
    assert len(benchmark.broken_links(site(small, a=page))) == 4
