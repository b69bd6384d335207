"""Executed once, when the code changed and only then; what fails leaves what was there."""

import argparse
import base64
import io
import re

import nbformat
import pytest
from PIL import Image

from tools.book import BookError
from tools.book import __main__ as commands
from tools.book.check import problems
from tools.book.run import code_cells, fill, make, quantize_figure, staleness

CHAPTERS = argparse.Namespace(chapters=[], again=False)


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def printed(notebook):
    return "".join(o.get("text", "") for cell in code_cells(notebook) for o in cell.outputs)


# ------------------------------------------------------------------------------ what was made


def test_both_editions_show_the_same_run_in_their_language(book):
    ko, en = book.notebook("ko"), book.notebook("en")
    assert printed(ko).startswith("음: [4.5, 6.0]") and printed(en).startswith("notes: [4.5, 6.0]")
    assert "level -12.5" in printed(ko) and "level -12.5" in printed(en)

    def code_and_outputs(notebook, *words):
        cells = code_cells(notebook)[1:]  # the setup cell says which language it is
        text = str([(cell.source, cell.outputs) for cell in cells])
        for korean, english in words:
            assert korean in text
            text = text.replace(korean, english)
        return text

    in_english = code_and_outputs(ko, ("낮은 음", "a low note"), ("음", "notes"))
    assert in_english == code_and_outputs(en)
    assert not re.search("[가-힣⟦⟧]", str([cell.outputs for cell in code_cells(en)]))


def test_outputs_were_made_from_what_was_loaded_and_opened(book):
    record = book.notebook().metadata["tinyaudio"]
    assert record["source"] == "book/src/small.md"
    assert sorted(record["made_from"]) == [
        "tinyaudio/__init__.py",
        "tinyaudio/assets/models/small/card.txt",  # beside the weights that were opened
        "tinyaudio/assets/models/small/weights.txt",
        "tinyaudio/language.py",
        "tinyaudio/tune.py",
    ]
    assert record == book.notebook("en").metadata["tinyaudio"] | {"outputs": record["outputs"]}


# ------------------------------------------------------------------------------ when to execute


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A picture.", "One picture."),
        ("그림입니다.", "그림."),
        ("검은 점", "점"),
        ("a = b", "b = a"),
    ],
)
def test_an_edit_of_the_text_executes_nothing(book, old, new):
    outputs = [cell.outputs for cell in code_cells(book.notebook())]
    book.replace(old, new)
    assert make(book.chapter) is False
    assert [cell.outputs for cell in code_cells(book.notebook())] == outputs
    assert all("stale" in one and "translation" in one for one in problems())


@pytest.mark.usefixtures("no_kernel")
def test_an_edit_elsewhere_executes_and_writes_nothing(book):
    (book.root / "tinyaudio" / "unrelated.py").write_text("x = 2\n")
    (book.root / "README.md").write_text("new")
    before = book.files()
    assert make(book.chapter) is False and book.files() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.replace("(3, 4)", "(3, 5)"),
        lambda book: book.replace("n *", "2 * n *", book.root / "tinyaudio" / "tune.py"),
        lambda book: book.notebook_path("en").unlink(),
        lambda book: book.replace("4.5", "4.6", book.notebook_path("ko")),
    ],
    ids=["code", "function", "deleted", "number"],
)
def test_what_must_be_executed_again(book, no_kernel, change):
    change(book)
    with pytest.raises(AssertionError, match="a kernel was started"):
        make(book.chapter)


def test_executed_again_everything_fits(book):
    """A real kernel: a changed function and a changed cell reach both notebooks."""
    book.replace("n *", "2 * n *", book.root / "tinyaudio" / "tune.py")
    book.replace('print("✔ 12")', 'print("✔ ⟦참|true⟧")')
    assert make(book.chapter) is True and problems() == []
    assert "[9.0, 12.0]" in printed(book.notebook("ko")) and "✔ 참" in printed(book.notebook("ko"))
    assert "[9.0, 12.0]" in printed(book.notebook("en")) and "✔ true" in printed(
        book.notebook("en")
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(3)", "[Kk]ernel died")],
    ids=["raises", "dies"],
)
def test_a_cell_that_fails_leaves_the_last_good_notebooks(book, code, message):
    before = book.files()
    line = book.replace('print("✔ 12")', code)
    with pytest.raises(
        BookError, match=rf"(?s)small\.md:\d+: this cell failed; .*{message}"
    ) as error:
        make(book.chapter)
    assert abs(book.line_of(str(error.value)) - line) <= 3
    assert book.files() == before
    assert not list(book.root.glob("book/*/*.new"))


def test_verify_executes_again_and_compares(book, capsys):
    before = book.files()
    assert commands.verify_command(CHAPTERS) == 0
    (book.root / "level.txt").write_text("-12.6")  # nothing that a check could have noticed
    assert problems() == []
    assert commands.verify_command(CHAPTERS) == 1
    assert capsys.readouterr().out == "small: every output as stored\nsmall: OUTPUTS CHANGED\n"
    assert book.files() == before


# ------------------------------------------------------------------------------ commands


def test_the_check_command_prints_problems_and_fails(book, capsys):
    assert commands.check_command(CHAPTERS) == 0
    book.replace("그림입니다.", "그림.")
    assert commands.check_command(CHAPTERS) == 1
    assert "the translation is stale" in capsys.readouterr().out


@pytest.mark.usefixtures("no_kernel")
def test_accept_then_make_clears_staleness(book, capsys):
    book.replace("그림입니다.", "그림.")
    commands.accept_command(CHAPTERS)
    commands.make_command(CHAPTERS)
    out = capsys.readouterr().out
    assert "small: 1 translations accepted" in out and "small: outputs still fit" in out
    assert problems() == []


def test_a_failure_is_one_message_and_status_1(book, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["book", "make", "big"])
    assert commands.main() == 1
    assert capsys.readouterr().err == "no chapter 'big' in book/src; there are small\n"


# ------------------------------------------------------------------------------ outputs


def filled(*outputs, language="en"):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    fill(notebook, [list(outputs)], language)
    return notebook.cells[0].outputs


def test_however_the_kernel_cuts_a_message_it_is_one(book):
    for cut in range(1, 9):
        text = "a ⟦소|b⟧ c"
        [one] = filled(stream(text[:cut]), stream(text[cut:]))
        assert one.text == "a b c"
    assert [o.name for o in filled(stream("a"), stream("b", "stderr"), stream("c"))] == [
        "stdout",
        "stderr",
        "stdout",
    ]


def test_a_label_may_hold_any_character(book):
    html = '<b title="⟦따옴표 &quot; \\ 줄\n|quote &quot; \\ line\n⟧">'
    [one] = filled(nbformat.v4.new_output("display_data", {"text/html": html}))
    assert one.data["text/html"] == '<b title="quote &quot; \\ line\n">'


def test_filling_changes_nothing_that_it_was_given(book):
    given = [stream("⟦가|a⟧"), stream("⟦나|b⟧")]
    assert filled(*given)[0].text == "ab" and filled(*given, language="ko")[0].text == "가나"
    assert [one.text for one in given] == ["⟦가|a⟧", "⟦나|b⟧"]


def test_figures_are_made_small_once():
    picture = Image.effect_noise((64, 64), 50).convert("RGB")
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    big = nbformat.v4.new_output("display_data", data)
    once = quantize_figure(big)
    image = Image.open(io.BytesIO(base64.b64decode(once.data["image/png"])))
    assert image.mode == "P" and image.size == (64, 64) and once.data["text/plain"] == "<Figure>"
    assert len(once.data["image/png"]) < len(data["image/png"])
    assert (
        quantize_figure(once) == once
    )  # what is stored stays as it is when the text alone changes
    assert quantize_figure(stream("a")) == stream("a")


def test_staleness_of_a_notebook_without_a_record(book):
    notebook = book.notebook()
    del notebook.metadata["tinyaudio"]
    assert staleness(book.chapter, notebook) == "its code changed"
