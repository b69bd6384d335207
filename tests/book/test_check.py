"""Whatever does not fit is found without executing anything, with its place and its remedy."""

import json
import re

import pytest

from tools.book import BookError
from tools.book.check import problems, sources
from tools.book.run import outputs_hash

pytestmark = pytest.mark.usefixtures("no_kernel")


def found(part):
    """The problems that hold these words."""
    return [one for one in problems() if re.search(part, one)]


def test_the_book_as_it_is_made_has_no_problem(book):
    assert problems() == []


# ------------------------------------------------------------------------------ the source


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("숫자입니다.\n", "숫자의 줄입니다.\n", "translation is stale", "accept small"),
        ("A **sound** is", "# A\n\nA **sound** is", "2 headings in Korean, 3 in English", "equal"),
        ("See {eq}`same`.", "See $x$.", "0 \\$ in Korean, 2 in English", "equal"),
        ("See {eq}`same`.", "See {eq}`same` `x`.", "code words", "equal"),
        ("- [ ] Light", "- [ ] Wind\n  No.\n- [ ] Light", "2 choices in Korean, 3 in", "equal"),
        ("A picture.", "```{note}\nA picture.\n```", "a MyST directive", "plain Markdown"),
        ("A picture.", ":::{note}\nA picture.\n:::", "a MyST directive", "plain Markdown"),
        ("A picture.", "A {ref}`picture`.", "a MyST role", "plain link"),
        ("A picture.", "(here)=\nA picture.", "a MyST target", "<a id="),
        ("A picture.", "A ![picture](a.png).", "a picture file", "in a code cell"),
        ("**소리**(sound)는", "**소리(sound)**는", "bold", "out of the bold"),
        ("**소리**(sound)는", "**'소리'**는", "bold", "out of the bold"),
        ("**소리**(sound)는", "__소리__는", "bold", r"\*\*"),
        ("A picture.", "A ⟦그림|picture⟧.", "⟦", "plain text in text"),
    ],
)
def test_what_is_wrong_in_a_text_block(book, old, new, what, remedy):
    line = book.replace(old, new)
    matching = found(what)
    assert matching, problems()
    # The line named is the block's, at or above the change, at most a block away.
    assert all(line - 8 <= book.line_of(one) <= line + 20 for one in matching)
    assert any(re.search(remedy, one) for one in matching)


@pytest.mark.parametrize(
    "text",
    [
        "그는 (**소리**)라고 했습니다.",  # bold that opens after a bracket is bold
        "**소리**는 **빛**이 아닙니다.",
        "`a**b**c`와 $x**y**z$",
        "**소리(sound)** 는",
        "2 * 3 ** 4",
    ],
)
def test_bold_that_is_bold_is_no_problem(book, text):
    book.replace("그림입니다.", text)
    assert found("bold") == []


def test_a_code_example_may_show_what_text_may_not_hold(book):
    example = "```text\n⟦ (here)= {term}`x` ![](a.png)\n```"
    book.replace("그림입니다.", example)
    book.replace("A picture.", example)
    assert {one.split(";")[-1] for one in found(r"small\.md")} <= {
        " then run python -m tools.book accept small"
    } | {one.split(";")[-1] for one in found("stale")}
    assert not found("MyST") and not found("picture file")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('+++ {"lang": "en", "of": "OF"}\nA picture.\n\n', "", "no English one after it"),
        ('+++ {"lang": "ko"}\n그림입니다.\n\n', "", "follows no Korean one"),
        ('+++ {"lang": "ko"}\n그림', '+++ {"lang": "kr"}\n그림', "unknown language 'kr'"),
        ("식 {eq}`same`", "$$\nc\n$$ (same)", r"label \(same\) is taken"),
        ("See {eq}`same`", "See {eq}`other`", r"no equation is labelled \(other\)"),
        ("- [x] 소리", "- [ ] 소리", "not a quiz; .* a '- \\[x\\]'"),
        ("- [x] Sound\n  Numbers.\n", "", "not a quiz"),
        ("  No.\n", "", "not a quiz;.* an indented why"),
    ],
)
def test_what_makes_a_source_unreadable(book, old, new, what):
    of = re.search(r'"of": "(\w+)"}\nA picture', book.path.read_text())[1]
    line = book.replace(old.replace("OF", of), new)
    [problem] = found(what)
    assert abs(book.line_of(problem) - line) <= 15
    assert re.search("; |use 'ko'", problem)  # a remedy follows


@pytest.mark.parametrize("where", ['print("⟦음|notes⟧:"', ':alt: "⟦검은 점|a black dot⟧"'])
def test_an_unclosed_pair_in_code_or_in_a_description(book, where):
    line = book.replace(where, where.replace("⟧", ""))
    [problem] = found("unclosed")
    assert abs(book.line_of(problem) - line) <= 2 and "close it with ⟧" in problem


def test_a_line_of_code_that_would_scroll(book):
    """Korean letters are twice as wide; what the other language says does not count."""
    line = book.replace('print("⟦음|notes⟧:"', f'# {"가" * 42}\nprint("⟦음|notes⟧:"')
    [problem] = found("wider than 84 columns")
    assert abs(book.line_of(problem) - line) <= 2
    book.replace("가" * 42, "⟦" + "가" * 40 + "|" + "a" * 80 + "⟧")
    assert not found("wider")


def test_an_unreadable_marker(book):
    book.replace('+++ {"lang": "ko"}\n그림', '+++ {"lang: ko}\n그림')
    assert found("cannot read a cell's metadata.*must be JSON")


# ------------------------------------------------------------------------------ notebooks


def test_an_edited_sentence_leaves_the_outputs_fresh(book):
    book.replace("A picture.", "One picture.")
    assert len(problems()) == 1
    [problem] = found("is not what its source says")
    assert problem.startswith("book/en/small.ipynb: ") and "make small" in problem


def test_an_edited_code_cell(book):
    book.replace("(3, 4)", "(3, 5)")
    assert (
        len(found(r"book/(ko|en)/small.ipynb: its outputs are stale: its code changed.*make small"))
        == 2
    )


def change_number(cell):
    cell.outputs[0].text = cell.outputs[0].text.replace("4.5", "4.6")


def change_figure(cell):
    data = cell.outputs[0].data["image/png"]
    cell.outputs[0].data["image/png"] = data[:-20] + ("A" if data[-20] != "A" else "B") + data[-19:]


def change_sound(cell):
    html = cell.outputs[-1].data["text/html"]
    assert "UklGRg" in html
    cell.outputs[-1].data["text/html"] = html.replace("UklGRg", "UklGRh", 1)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    ("i", "change"), [(0, change_number), (1, change_figure), (1, change_sound)]
)
def test_a_stored_output_that_was_changed(book, language, i, change):
    notebook = book.notebook(language)
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", [])
    ]
    before = json.dumps(cells[i])
    change(cells[i])
    assert json.dumps(cells[i]) != before
    book.write(notebook, language)
    [problem] = found(f"book/{language}/small.ipynb: its outputs are stale.*by hand.*make small")
    # The same number in both editions, even where the record was changed as well.
    notebook.metadata["tinyaudio"]["outputs"] = outputs_hash(notebook)
    book.write(notebook, language)
    assert found("book/en/small.ipynb: its outputs are not those of book/ko.*make --again small")


@pytest.mark.parametrize(
    "name",
    ["tinyaudio/tune.py", "tinyaudio/language.py", "tinyaudio/assets/models/small/weights.txt"],
)
@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_what_the_outputs_were_made_from(book, name, how):
    path = book.root / name
    path.write_text(path.read_text() + "\n") if how == "edited" else path.unlink()
    assert (
        len(
            found(
                f"book/(ko|en)/small.ipynb: its outputs are stale: {name} changed; run .* make small"
            )
        )
        == 2
    )


def test_a_file_beside_a_model_belongs_to_it(book):
    (book.root / "tinyaudio/assets/models/small/card.txt").write_text("another card")
    assert len(found("small/card.txt changed")) == 2


def test_what_the_outputs_were_not_made_from(book):
    (book.root / "tinyaudio" / "unrelated.py").write_text("x = 2\n")
    (book.root / "tinyaudio" / "new.py").write_text("")
    assert problems() == []


@pytest.mark.parametrize("how", ["delete", "cut", "[]", "{}", "not UTF-8"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_notebook_that_is_missing_or_broken(book, language, how):
    path = book.notebook_path(language)
    if how == "delete":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes({"cut": whole[:500], "not UTF-8": b"\xff" + whole}.get(how, how.encode()))
    [problem] = problems()
    assert problem.startswith(f"book/{language}/small.ipynb: missing or unreadable; run python -m")


def test_a_notebook_that_was_edited_by_hand(book):
    for edit in (
        lambda cells: cells[0].update(source="mine"),
        lambda cells: cells.pop(0),
        lambda cells: cells.reverse(),
        lambda cells: cells[2].metadata.update(tags=["mine"]),
    ):
        notebook = book.notebook("en")
        edit(notebook.cells)
        good = book.notebook_path("en").read_bytes()
        book.write(notebook, "en")
        assert found("book/en/small.ipynb: is not what its source says; run .* make small")
        book.notebook_path("en").write_bytes(good)


def test_a_notebook_without_a_source(book):
    book.write(book.notebook(), "ko")
    (book.root / "book" / "en" / "old.ipynb").write_bytes(book.notebook_path("en").read_bytes())
    [problem] = problems()
    assert problem == "book/en/old.ipynb: has no source in book/src; delete it"


def test_a_figure_without_a_description(book):
    line = book.replace(':alt: "⟦검은 점|a black dot⟧"\n', "")
    [problem] = found("a figure has no description; add ':alt:")
    assert abs(book.line_of(problem) - line) <= 2


def test_both_languages_left_in_an_output(book):
    notebook = book.notebook()
    cell = next(cell for cell in notebook.cells if "note(n)" in cell.source)
    cell.outputs[0].text = "⟦음 4.5 6.0"
    notebook.metadata["tinyaudio"]["outputs"] = outputs_hash(notebook)
    book.write(notebook)
    assert found("book/ko/small.ipynb: an output holds ⟦")


# ------------------------------------------------------------------------------ several


def test_one_broken_chapter_does_not_hide_another(book):
    (book.path.parent / "another.md").write_text('+++ {"lang": "ko"}\n홀로\n')
    (book.path.parent / "bytes.md").write_bytes(b"\xff\xfe")
    book.replace("숫자입니다.\n", "숫자의 줄입니다.\n")
    assert found("book/src/another.md:.*no English one") and found("translation is stale")
    assert found("book/src/bytes.md.*UTF-8")


def test_sources_by_name(book):
    assert sources([]) == sources(["small"]) == [book.path]
    with pytest.raises(BookError, match="no chapter 'big' in book/src; there are small"):
        sources(["big"])
