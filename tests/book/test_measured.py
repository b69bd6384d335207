"""What a chapter takes stands in its record, and its text says what the record says."""

import json

import pytest

from tools.book.check import problems
from tools.book.edition import edition
from tools.book.measured import PLACEHOLDER, headings, keep_if_close, sentences
from tools.book.run import make
from tools.book.source import accept

EXERCISES = """
+++ {"lang": "ko"}
### 연습 3.2 (둘) (★★★, 25분)

+++ {"lang": "en"}
### Exercise 3.2 (Two) (★★★, 25 minutes)

+++

```{code-cell} ipython3
:tags: [exercise]
print("✘")
```
"""


def with_exercises(book):
    """The book's chapter, which says what it takes, with a second exercise cell and headings."""
    book.replace("그림입니다.", f"그림입니다. {PLACEHOLDER}")
    book.replace("A picture.", f"A picture. {PLACEHOLDER}")
    book.path.write_text(book.path.read_text() + EXERCISES)
    accept(book.path)
    return book


def text(notebook):
    return "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def test_the_text_says_what_was_measured(book):
    with_exercises(book)
    assert make(book.chapter)
    record = book.notebook().metadata["tinyaudio"]["measured"]
    assert record == book.notebook("en").metadata["tinyaudio"]["measured"]
    assert 0 <= record["seconds"] < 60 and 0.01 < record["memory_gb"] < 0.5
    assert "약 5초" in text(book.notebook()) and "연습 문제는 둘이고, 모두 35분쯤" in text(
        book.notebook()
    )
    english = text(book.notebook("en"))
    assert (
        "about 5 seconds" in english
        and "two exercises, for which you should allow 35 minutes" in english
    )
    assert problems() == []


def test_memory_is_the_kernels_own(book):
    """Neither what this process has (hundreds of MB), nor less than the kernel asks for."""
    book.replace('print("✔ 12")', 'x = bytearray(b"x") * 300_000_000; del x; print("✔ 12")')
    make(book.chapter)
    assert 0.3 < book.notebook().metadata["tinyaudio"]["measured"]["memory_gb"] < 0.45


def test_seconds_are_those_of_the_work(book):
    """Neither of the cells that came before, nor of waiting: another program may have had the processor."""
    busy = "import time; t = time.process_time()\nwhile time.process_time() < t + 1: pass\ntime.sleep(1.5)"
    book.replace('print("✔ 12")', f'{busy}\nprint("✔ 12")')
    make(book.chapter)
    assert 1 <= book.notebook().metadata["tinyaudio"]["measured"]["seconds"] < 2.3


def test_text_that_is_not_the_record_is_found(book):
    with_exercises(book)
    make(book.chapter)
    stored = book.notebook_path("en")
    book.replace("about 5 seconds", "about 10 seconds", stored)
    assert ["is not what its source says" in one for one in problems()] == [True]
    book.replace("about 10 seconds", "about 5 seconds", stored)
    notebook = book.notebook()
    notebook.metadata["tinyaudio"]["measured"]["seconds"] = 61.0
    book.write(notebook)
    assert ["is not what its source says" in one for one in problems()] == [True]
    assert make(book.chapter) is False  # which needs no kernel: the text follows the record
    assert "약 60초" in text(book.notebook()) and problems() == []


def test_a_notebook_that_was_not_measured_is_stale(book):
    notebook = book.notebook()
    del notebook.metadata["tinyaudio"]["measured"]
    book.write(notebook)
    assert ["time and memory were not measured" in one for one in problems()] == [True]


def test_before_the_first_execution_nothing_is_claimed(book):
    assert sentences(book.chapter, "ko", None) == PLACEHOLDER
    assert sentences(book.chapter, "⟦ko|en⟧", {"seconds": 1, "memory_gb": 1}) == PLACEHOLDER


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ((0.2, 0.04), ("약 5초, 메모리 0.1 GB가", "about 5 seconds and 0.1 GB")),
        ((7.4, 0.26), ("약 5초, 메모리 0.3 GB가", "about 5 seconds and 0.3 GB")),
        ((22.6, 1.04), ("약 25초, 메모리 1.0 GB가", "about 25 seconds and 1.0 GB")),
    ],
)
def test_figures_are_rounded(book, measured, expected):
    record = dict(zip(("seconds", "memory_gb"), measured, strict=True))
    for language, words in zip(("ko", "en"), expected, strict=True):
        text = sentences(book.chapter, language, record)
        assert words in text
        one = (
            "연습 문제는 하나이고, 10분쯤"
            if language == "ko"
            else "is one exercise, which takes about 10"
        )
        assert one in text


@pytest.mark.parametrize(
    ("seconds", "memory", "kept"),
    [(24, 1.2, True), (16, 0.8, True), (26, 1.0, False), (20, 1.3, False), (14, 1.0, False)],
)
def test_a_busy_machine_does_not_rewrite_the_book(seconds, memory, kept):
    old, new = ({"seconds": s, "memory_gb": m} for s, m in ((20.0, 1.0), (seconds, memory)))
    assert keep_if_close(new, old) == (old if kept else new)
    assert keep_if_close(new, None) == new


def test_small_times_are_steady_too():
    old = {"seconds": 0.0, "memory_gb": 0.0}
    assert keep_if_close({"seconds": 3.0, "memory_gb": 0.2}, old)["seconds"] == 3.0


# ------------------------------------------------------------------------------ headings


def test_headings_are_read(book):
    with_exercises(book)
    for language in ("ko", "en"):
        found = headings(book.chapter, language)
        assert [(h.number, h.stars, h.minutes) for h in found] == [("3.1", 1, 10), ("3.2", 3, 25)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(★, 10분)", "(10분)", "cannot read the exercise's heading '### 연습 3.1 점 (10분)'"),
        ("(★, 10 minutes)", "(★, ten minutes)", "cannot read"),
        ("(★, 10 minutes)", "(★, 15 minutes)", "another number, difficulty or time"),
        ("(★, 10 minutes)", "(★★, 10 minutes)", "another number, difficulty or time"),
        ("(Two) (★★★, 25 minutes)", "(Two) (★★★, 25)", "cannot read"),
        (':tags: [exercise]\nprint("✘")', 'print("✘")', "2 headings of exercises and 1 cells"),
    ],
)
def test_headings_that_say_too_little_are_found(book, old, new, message):
    with_exercises(book)
    book.replace(old, new)
    accept(book.path)
    found = [one for one in problems() if message in one]
    assert len(found) == 1 and found[0].startswith("book/src/small.md:")


def test_exercises_are_numbered_in_order(book):
    with_exercises(book)
    for _ in range(2):
        book.replace(" 3.1 ", " 3.3 ")
    accept(book.path)
    assert [one for one in problems() if "numbered 3.3, 3.2; number them 3.1, 3.2" in one]


def test_the_placeholder_stands_in_both_languages_or_in_none(book):
    book.replace("그림입니다.", f"그림입니다. {PLACEHOLDER}")
    accept(book.path)
    assert [one for one in problems() if "1 {measured} in Korean, 0 in English" in one]


def test_an_edition_carries_its_figures(book):
    with_exercises(book)
    made = edition(book.chapter, "en", measured={"seconds": 30, "memory_gb": 2})
    assert "about 30 seconds and 2.0 GB" in json.dumps(made) and PLACEHOLDER not in json.dumps(made)
