"""A source is read block by block; a translation is accepted by stamping it."""

import re

import pytest

from tools.book import BookError
from tools.book.source import BILINGUAL, accept, pairs, read, short_hash, where


def test_blocks_in_order(book):
    chapter = book.chapter
    assert chapter.name == "small" and chapter.number == 3
    kinds = [(cell.kind, cell.language) for cell in chapter.cells]
    pair, code = [("markdown", "ko"), ("markdown", "en")], [("code", None)]
    assert kinds == pair + code + pair + code + pair + code + code
    picture = chapter.cells[5]
    assert picture.alt == "⟦검은 점|a black dot⟧" and picture.text.startswith("display")
    assert [cell.quiz for cell in chapter.cells] == [False] * 6 + [True] * 2 + [False] * 2
    assert [cell.tags for cell in chapter.cells[-2:]] == [("exercise",), ("solution", "hide-cell")]


def test_every_block_knows_its_line(book):
    lines = book.path.read_text().split("\n")
    for cell in book.chapter.cells:
        first = cell.text.split("\n")[0]
        # The line named is the text's first one, or a line of the marker right above it.
        assert first in lines[cell.line - 1 : cell.line + 3], (cell.line, first)
        path, line = where(book.chapter, cell).split(":")
        assert path == "book/src/small.md" and int(line) == cell.line


def test_pairs(book):
    found = pairs(book.chapter)
    assert [(ko.text.split()[0], en.text.split()[0]) for ko, en in found] == [
        ("#", "#"),
        ("그림입니다.", "A"),
        ("**물음.**", "**Question.**"),
    ]
    assert all(en.of == short_hash(ko.text) for ko, en in found)


def test_code_changes_the_code_hash_and_nothing_else_does(book):
    before = book.chapter.code_hash
    book.replace("A picture.", "One picture.")
    book.replace("검은 점", "점")
    assert book.chapter.code_hash == before
    book.replace("(3, 4)", "(3,  4)")
    assert book.chapter.code_hash != before


def test_accept_stamps_what_is_stale_and_nothing_else(book):
    assert accept(book.path) == 0
    before = book.path.read_text().split("\n")
    book.replace("그림입니다.", "그림 하나입니다.")
    [(_, stale)] = [(ko, en) for ko, en in pairs(book.chapter) if en.of != short_hash(ko.text)]
    assert stale.text == "A picture."
    assert accept(book.path) == 1 and accept(book.path) == 0
    assert all(en.of == short_hash(ko.text) for ko, en in pairs(book.chapter))
    after = book.path.read_text().split("\n")
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert [a for a, _ in changed] == ["그림입니다.", f'+++ {{"lang": "en", "of": "{stale.of}"}}']


@pytest.mark.parametrize(
    "marker",
    [
        '+++ {"lang": "en"}',
        '+++ {"lang":"en"}',
        '+++ {"of": "00000000", "lang": "en"}',
        '+++ {"quiz": false, "lang": "en", "of": ""}',
        '+++ {"lang": "en"}\n\n',
    ],
)
def test_accept_reads_every_way_to_write_a_marker(book, marker):
    text = book.path.read_text()
    book.path.write_text(re.sub(r"\+\+\+ \{[^}]*\}(?=\nA picture)", lambda _: marker, text))
    assert accept(book.path) == 1 and accept(book.path) == 0
    [(ko, en)] = [(ko, en) for ko, en in pairs(book.chapter) if en.text == "A picture."]
    assert en.of == short_hash(ko.text) and not en.quiz
    assert "{," not in book.path.read_text()


def test_accept_keeps_a_quiz_a_quiz(book):
    book.replace("무엇입니까?", "무엇인가요?")
    assert accept(book.path) == 1
    assert [en.quiz for _, en in pairs(book.chapter)] == [False, False, True]


def test_shared_text_needs_no_translation(book):
    book.path.write_text(book.path.read_text() + "\n+++\n\n$$\nx\n$$\n")
    last = book.chapter.cells[-1]
    assert (last.kind, last.language, last.text) == ("markdown", None, "$$\nx\n$$")
    assert len(pairs(book.chapter)) == 3


def test_errors_name_file_and_line(book):
    line = book.replace("A picture.", "")
    with pytest.raises(BookError, match=r"^book/src/small\.md:(\d+): this Korean block") as error:
        read(book.path)
    assert abs(book.line_of(str(error.value)) - line) <= 6


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("⟦소리|sound⟧", [("소리", "sound")]),
        ("⟦a|b⟧|⟦c|d⟧", [("a", "b"), ("c", "d")]),
        ("⟦|only English⟧", [("", "only English")]),
        ("⟦a⟧", []),
        ("⟦a|b|c⟧", []),
        ("⟦a|b", []),
        ("⟦a ⟦b|c⟧", [("b", "c")]),
    ],
)
def test_what_a_bilingual_text_is(text, found):
    assert BILINGUAL.findall(text) == found
