"""What the page "Your own systems" says the command prints, compared with what it prints."""

import re

import pytest

from tests.exercises.own.conftest import RIGHT, shipped
from tests.exercises.own.test_system import WRONG
from tinyaudio.cli import parser
from tinyaudio.exercises.own import NAMES, load_system
from tinyaudio.exercises.own.file import read_file
from tinyaudio.exercises.own.system import results
from tinyaudio.language import set_language
from tools.book import ROOT

TEXT = (ROOT / "book" / "appendices" / "your_own.md").read_text(encoding="utf-8")
BLOCKS = re.split(r'(?m)^\+\+\+ \{"lang": "(ko|en)".*\n', TEXT)
IN = {
    one: "".join(BLOCKS[i + 1] for i in range(1, len(BLOCKS), 2) if BLOCKS[i] == one)
    for one in ("ko", "en")
}
ROW = re.compile(r"(?m)^\| `(own-\w+)` \| (\d+) \| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|")


BOTH = re.compile(r"⟦([^|]*)\|([^⟧]*)⟧")


@pytest.fixture
def printed(tmp_path):
    """The last lines, or all, for a right file in which words were replaced, in both languages."""

    def printed(name, replaced):
        file = f"my_{name.removeprefix('own-')}.py"
        text = (RIGHT / file).read_text(encoding="utf-8")
        for old, new in replaced:
            text = text.replace(old, new)
        (tmp_path / file).write_text(text, encoding="utf-8")
        system = load_system(name)
        own = read_file(tmp_path / file, system.functions)
        lines = [repr(one) for one in results(system, own, shipped(name))]
        return {
            "ko": [BOTH.sub(r"\1", one) for one in lines],
            "en": [BOTH.sub(r"\2", one) for one in lines],
        }

    set_language("⟦ko|en⟧")
    yield printed
    set_language("en")


def test_a_right_file_prints_what_the_page_says(printed):
    for language, lines in printed("own-wavenet", []).items():
        assert "\n".join(lines) in IN[language]


@pytest.mark.parametrize("name", NAMES)
def test_three_mistakes_are_named_as_the_page_says(printed, name):
    # The others' last lines hold words, as tests/exercises/own says, that the page does not.
    shown = [words in IN["en"] for _, _, words in WRONG]
    planted = [
        printed(name, replaced)
        for (other, replaced, _), there in zip(WRONG, shown, strict=True)
        if other == name and there
    ]
    for language, text in IN.items():
        last = [one[language][-1] for one in planted]
        assert len([line for line in text.splitlines() if line in last]) == 3, last


def test_the_page_names_every_system_and_only_options_that_there_are():
    for name in NAMES:
        assert all(f"`{name}`" in text for text in IN.values())
    used = set(re.findall(r"--[a-z]+", TEXT))
    commands = next(one for one in parser()._actions if one.choices and "exercise" in one.choices)
    known = {flag for one in commands.choices["exercise"]._actions for flag in one.option_strings}
    assert {"--start", "--train", "--minutes", "--steps"} <= used <= known


def test_the_table_is_one_and_says_what_is_compared():
    rows = {one: ROW.findall(text) for one, text in IN.items()}
    assert rows["ko"] == rows["en"] and [row[0] for row in rows["ko"]] == [*NAMES]
    for name, steps, score, yours, book in rows["ko"]:
        assert load_system(name).score == score
        assert float(yours) > float(book) > 0 and int(steps) > 100
