"""Two editions of one source: each whole in its language, plain Markdown, the same code."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from tools.book import BookError
from tools.book.edition import (
    COLAB_PACKAGES,
    RECORDER_PACKAGES,
    edition,
    equation_numbers,
    repository,
    select,
)
from tools.book.source import read

ROOT = Path(__file__).parents[2]


def texts(book, language, kind="markdown"):
    return [c.source for c in edition(book.chapter, language).cells if c.cell_type == kind]


def test_each_edition_speaks_its_language(book):
    ko, en = "\n".join(texts(book, "ko")), "\n".join(texts(book, "en"))
    assert "3장 작은 책" in ko and "small book" not in ko
    assert "Chapter 3. A small book" in en and not re.search("[가-힣]", en)
    code = "\n".join(texts(book, "en", "code"))
    assert (
        not re.search("[가-힣⟦⟧]", code)
        and 'print("notes:"' in code
        and 'sound("a low note")' in code
    )
    assert 'print("음:"' in "\n".join(texts(book, "ko", "code"))


def test_descriptions_speak_the_language_too(book):
    alts = {
        language: [
            cell.metadata["mystnb"]["image"]["alt"]
            for cell in edition(book.chapter, language).cells
            if "mystnb" in cell.metadata
        ]
        for language in ("ko", "en", "⟦ko|en⟧")
    }
    assert alts == {"ko": ["검은 점"], "en": ["a black dot"], "⟦ko|en⟧": ["⟦검은 점|a black dot⟧"]}


def test_what_is_executed_holds_both_languages(book):
    code = "\n".join(texts(book, "⟦ko|en⟧", "code"))
    assert "⟦음|notes⟧" in code and 'set_language("⟦ko|en⟧")' in code
    assert texts(book, "⟦ko|en⟧") == []  # no text is needed to execute


def test_editions_are_valid_notebooks_with_steady_identifiers(book):
    for language in ("ko", "en"):
        notebook = edition(book.chapter, language)
        nbformat.validate(notebook)
        identifiers = [cell.id for cell in notebook.cells]
        assert len(set(identifiers)) == len(identifiers)
    before = {cell.id for cell in edition(book.chapter, "ko").cells}
    book.replace("그림입니다.", "그림 하나입니다.")
    after = {cell.id for cell in edition(book.chapter, "ko").cells}
    assert len(before - after) == len(after - before) == 1  # the edited block alone


def test_equal_cells_have_different_identifiers(book):
    book.path.write_text(
        book.path.read_text() + "\n```{code-cell} ipython3\nprint('✔ 12')\n```\n" * 2
    )
    identifiers = [cell.id for cell in edition(book.chapter, "ko").cells]
    assert len(set(identifiers)) == len(identifiers)


# ------------------------------------------------------------------------------ Colab's setup


def test_setup_stands_before_the_first_code_once(book):
    cells = edition(book.chapter, "ko").cells
    tagged = [i for i, cell in enumerate(cells) if "setup" in cell.metadata.get("tags", [])]
    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    assert tagged == [first]


def test_setup_installs_from_the_address_in_pyproject(book):
    assert repository() == "https://example.org/our/book"
    setup = texts(book, "ko", "code")[0]
    assert "https://example.org/our/book/archive/" in setup and 'set_language("ko")' in setup
    assert 'set_language("en")' in texts(book, "en", "code")[0]


def test_setup_never_touches_torch(book):
    setup = texts(book, "en", "code")[0]
    [install] = [line for line in setup.split("\n") if "pip" in line]
    assert (
        install.startswith("    ") and "--no-deps" in install
    )  # on Colab only, nothing else moves
    words = install.split("-q --no-deps ")[1].split()
    assert words[0].endswith(".zip") and words[1:] == list(COLAB_PACKAGES)
    assert not any("torch" in word for word in words)


def test_the_recorder_s_packages_are_installed_where_a_chapter_records(book):
    cell = (
        "```{code-cell} ipython3\nfrom tinyaudio.show.recorder import Recorder\n\nRecorder(5)\n```"
    )
    book.path.write_text(f"{book.path.read_text()}\n+++\n\n{cell}\n")
    setup = texts(book, "en", "code")[0]
    assert f".zip {' '.join(COLAB_PACKAGES + RECORDER_PACKAGES)}\n" in setup


def test_setup_installs_only_pure_python():
    from importlib.metadata import distribution

    for name in COLAB_PACKAGES:
        wheel = distribution(name).read_text("WHEEL")
        assert "Root-Is-Purelib: true" in wheel and "Tag: py3-none-any" in wheel, name


def test_a_chapter_without_code_has_no_setup(book):
    book.path.write_text('+++ {"lang": "ko"}\n가\n\n+++ {"lang": "en"}\na\n')
    assert [cell.cell_type for cell in edition(book.chapter, "ko").cells] == ["markdown"]


# ------------------------------------------------------------------------------ equations


@pytest.fixture
def page(tmp_path):
    """A chapter with one Korean and one English block of these texts."""

    def make(ko, en=None, quiz=False):
        path = tmp_path / "page.md"
        extra = ', "quiz": true' if quiz else ""
        blocks = [(ko, "ko"), (ko if en is None else en, "en")]
        body = "\n\n".join(f'+++ {{"lang": "{lang}"{extra}}}\n{text}' for text, lang in blocks)
        path.write_text(f"---\nnumber: 3\n---\n{body}\n")
        return read(path)

    return make


def shown(chapter, language="ko"):
    return edition(chapter, language).cells[0].source


def test_equations_are_numbered_linked_and_plain(page):
    chapter = page("$$\na\n$$ (x)\n\n$$b$$ (y-2)\n\n{eq}`y-2`, {eq}`x`")
    assert equation_numbers(chapter) == {"x": "3.1", "y-2": "3.2"}
    text = shown(chapter)
    assert r"a \tag{3.1}" in text and r"b \tag{3.2}" in text and "{eq}" not in text
    links = re.findall(r'<a href="#(.+?)">\((.+?)\)</a>', text)
    assert links == [("eq-y-2", "3.2"), ("eq-x", "3.1")]
    assert all(f'<a id="{target}"></a>' in text for target, _ in links)
    assert shown(chapter, "en") == text


def test_an_equation_without_a_label_stays_as_it_is(page):
    text = shown(page("$$\na\n$$\n\nthen\n\n$$\nb\n$$ (x)\n\n$$\nc\n$$\n"))
    assert text.startswith("$$\na\n$$\n\nthen\n\n") and text.endswith("$$\nc\n$$")
    assert text.count(r"\tag") == 1 and r"b \tag{3.1}" in text


def test_a_label_stands_once_in_a_language(page):
    with pytest.raises(
        BookError, match=r"page\.md:\d+: the equation label \(x\) is taken; choose another"
    ):
        equation_numbers(page("$$\na\n$$ (x)\n\n$$\nb\n$$ (x)"))


def test_a_reference_needs_a_label(page):
    with pytest.raises(BookError, match=r"page\.md:\d+: no equation is labelled \(z\); label one"):
        shown(page("{eq}`z`"))


# ------------------------------------------------------------------------------ quizzes

QUIZ = "What?\n\n- [ ] Light\n  No,\n  never.\n- [x] Sound\n  Yes.\n"


def test_a_quiz_unfolds(page):
    text = shown(page(QUIZ, quiz=True))
    assert re.findall(r"<summary>(.+?)</summary>\n\n(.) ", text) == [("Light", "✘"), ("Sound", "✔")]
    assert text.count("<details") == text.count("</details>") == 2 and "- [" not in text
    assert "No,\nnever." in text and text.startswith("What?")


@pytest.mark.parametrize(
    "text",
    [
        "What?",
        "- [x] Sound\n  Yes.\n",
        QUIZ.replace("[x]", "[ ]"),
        QUIZ.replace("  Yes.\n", ""),
        QUIZ.replace("[x]", "[X]"),
        QUIZ.replace("[ ]", "[]"),
    ],
)
def test_what_is_no_quiz(page, text):
    with pytest.raises(BookError, match=r"page\.md:\d+: not a quiz; write"):
        shown(page(text, quiz=True))


def test_a_list_of_tasks_is_no_quiz(page):
    assert shown(page("- [ ] read\n- [x] listen")) == "- [ ] read\n- [x] listen"


# ------------------------------------------------------------------------------ languages


@pytest.mark.parametrize(
    ("text", "ko", "en"),
    [
        ("no marks | at all", "no marks | at all", "no marks | at all"),
        ("⟦소리|sound⟧ 1 ⟦빛|light⟧", "소리 1 빛", "sound 1 light"),
        ("⟦두\n줄|two\nlines⟧", "두\n줄", "two\nlines"),
        ("⟦|en⟧⟦ko|⟧", "ko", "en"),
        (r"⟦\alpha|\beta⟧\1", r"\alpha\1", r"\beta\1"),
    ],
)
def test_select(text, ko, en):
    assert (select(text, "ko"), select(text, "en"), select(text, "⟦ko|en⟧")) == (ko, en, text)


def test_the_real_address_is_the_one_in_pyproject():
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    assert repository() == address


def test_a_file_of_the_repository_is_a_link(book):
    target = book.root / "tinyaudio" / "tune.py"
    assert target.is_file()
    book.replace("소리**(sound)는", "소리**(sound)는 `tinyaudio/tune.py`에서 온")
    ko = "\n".join(texts(book, "ko"))
    assert (
        "[`tinyaudio/tune.py`](https://example.org/our/book/blob/main/tinyaudio/tune.py)에서" in ko
    )
    book.replace("`tinyaudio/tune.py`", "`tinyaudio/tunes.py`")
    with pytest.raises(BookError, match=r"small\.md:\d+: there is no tinyaudio/tunes\.py; mend"):
        edition(book.chapter, "ko")
