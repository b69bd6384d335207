"""The book's figures count what is there, and what is not as it should be."""

import json
import sys
import types

import nbformat
import pytest

from benchmarks import book as benchmark
from benchmarks import checkers
from tools.book import exercises

CHECKER = """
import torch
from tinyaudio.exercises import Exercise, Mistake

HALF = Exercise(
    lambda x: x / 2,
    lambda generator: [(torch.rand(2, generator=generator) + 1,)],
    [
        Mistake(lambda x: 2 * x, "두 배입니다.", "You doubled it."),
        Mistake(lambda x: x + x, "더했습니다.", "Like the one before."),
        Mistake(lambda x: x / 2, "맞습니다.", "Not even wrong."),
    ],
    ("나눗셈", "divide"),
)


def check_half(answer):
    return HALF.check(answer)
"""
ANSWERS = {
    "WRONG": {"check_half": [("doubled", lambda x: 2 * x), ("cubed", lambda x: x**3), ("halved", lambda x: x / 2)]},
    "RIGHT": {"check_half": [lambda x: 0.5 * x, lambda x: x]},
}  # fmt: skip


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    return made


@pytest.fixture
def small(book, monkeypatch):
    """The small book: one exercise with a checker of three mistakes; its site is two pages."""
    monkeypatch.setattr(benchmark, "BUILD", book.root / "_build")
    monkeypatch.setattr(checkers, "SEEDS", 3)
    book.replace('print("✘ 12")', "check_half(half)")
    book.replace('print("✔ 12")', "half = lambda x: x / 2\ncheck_half(half)")
    checks = module("tinyaudio.exercises.small")
    monkeypatch.setitem(sys.modules, checks.__name__, checks)
    exec(CHECKER, checks.__dict__)
    monkeypatch.setattr(
        exercises, "imports_of", lambda text: ["from tinyaudio.exercises.small import check_half"]
    )
    answers = module("benchmarks.answers.small", **ANSWERS)
    monkeypatch.setitem(sys.modules, answers.__name__, answers)
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
    assert found["wrong_answers_caught"] == 2  # one is not even wrong
    assert found["wrong_answers_named"] == 1  # one is like another
    assert found["caught_share_worst"] == 0


def test_the_hidden_solution_is_put_to_its_checker_in_five_styles(small):
    assert benchmark.measure()["right_answers_refused"] == 0
    small.replace("half = lambda x: x / 2", "half = lambda x: x.mul_(0.5)")
    assert benchmark.measure()["right_answers_refused"] == 0
    small.replace("half = lambda x: x.mul_(0.5)", "half = lambda x: x / 3")
    assert benchmark.measure()["right_answers_refused"] == 5


def test_blind_answers_are_judged(small, monkeypatch):
    found = benchmark.measure()
    assert found["blind_answers"] == 3 and found["blind_refused"] == 1
    assert found["blind_caught_share"] == 0.6667  # one of the three is right
    assert found["blind_recognised_share"] == 0.3333
    monkeypatch.delitem(sys.modules, "benchmarks.answers.small")
    none = benchmark.measure()
    assert none["blind_answers"] == 0 and none["blind_caught_share"] is None


def test_the_blind_report_lets_a_person_judge(small, monkeypatch, tmp_path):
    report = tmp_path / "blind.tsv"
    monkeypatch.setattr("sys.argv", ["book", "--blind-report", str(report)])
    benchmark.main()
    rows = [line.split("\t") for line in report.read_text().splitlines()]
    assert rows[0] == ["small", "check_half", "doubled", "recognised", "You doubled it."]
    assert [row[2:4] for row in rows[1:]] == [
        ["cubed", "caught"],
        ["halved", "passed"],
        ["(right)", "passed"],
        ["(right)", "recognised"],
    ]


def test_words_are_those_that_a_reader_reads():
    cells = [
        nbformat.v4.new_markdown_cell("# One two\n\n<b>Three</b> $a + b$ – four, `five`."),
        nbformat.v4.new_markdown_cell("```python\nno words\n```\n\n$$\nx = y\n$$\n\n- five"),
        nbformat.v4.new_code_cell("no words"),
    ]
    assert benchmark.count_words(nbformat.v4.new_notebook(cells=cells)) == 5
    assert benchmark.count_words(None) is None


@pytest.mark.parametrize(
    ("source", "lossless"),
    [("data:audio/flac;base64,AA", 1), ("data:audio/wav;base64,AA", 1), ("data:audio/mpeg;base64,AA", 0)],
)  # fmt: skip
def test_lossless_players_are_told_by_their_data(source, lossless):
    output = {"data": {"text/html": f'<audio controls aria-label="x" src="{source}"></audio>'}}
    assert benchmark.count_players(output) == 1
    assert benchmark.count_players(output, benchmark.LOSSLESS) == lossless


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
    monkeypatch.setitem(sys.modules, "tinyaudio.exercises.small", None)
    monkeypatch.setattr("sys.argv", ["book"])
    with pytest.raises(SystemExit, match=r"tinyaudio/exercises/small\.py: missing"):
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


def test_addresses_elsewhere_are_listed_once(small, monkeypatch, capsys):
    site(
        small,
        b='<a href="https://b.example/"><img src="x.png">',
        a='<a href="https://b.example/"><a href="http://a.example/">',
    )
    monkeypatch.setattr("sys.argv", ["book", "--external"])
    benchmark.main()
    assert capsys.readouterr().out == "http://a.example/\ta.html\nhttps://b.example/\ta.html\n"


def test_what_is_over_its_budget_is_named():
    within = {
        "seconds": 45,
        "notebook_bytes": 10**6,
        "page_bytes": 1_500_000,
        "lossless_players": 0,
    }
    assert benchmark.over_budget({"a": within}) == []
    lossless = {"page_bytes": 2_000_000, "lossless_players": 1}
    assert benchmark.over_budget({"a": within | lossless}) == []
    assert benchmark.over_budget({"a": dict.fromkeys(within) | {"lossless_players": 0}}) == []
    over = {"seconds": 91, "page_bytes": 1_500_001}
    assert benchmark.over_budget({"a": within | over, "b": within}) == [
        "a: seconds 91, more than 90",
        "a: page_bytes 1,500,001, more than 1,500,000",
        "all: 68 seconds a chapter",
    ]


def test_every_kind_of_link_is_looked_at(small):
    page = '<img src="1.png"><script src="2.js"></script><link href="3.css"><audio src="4.mp3"></audio>'
    assert len(benchmark.broken_links(site(small, a=page))) == 4
