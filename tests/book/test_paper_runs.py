"""The appendix on runs at the size of a paper: every run that was counted, by commands that work."""

import re
import shlex

import pytest

from benchmarks import paper_runs as benchmark
from tinyaudio.cli import parser
from tinyaudio.data.corpora import CORPORA
from tools.book import LANGUAGES, SOURCES
from tools.book.paper_runs import hours, paper_runs_text, read_record, read_words

COUNTED, ASSUMED = read_record()["recipes"], read_record()["assumed"]
SAID = read_words()["runs"]


def test_every_system_of_a_paper_has_a_run_and_a_section():
    assert benchmark.SIZES.keys() == COUNTED.keys() == SAID.keys()
    for language in LANGUAGES:
        assert len(paper_runs_text(language)) == len(COUNTED) + 1


@pytest.mark.parametrize("name", COUNTED)
def test_hours_are_those_of_the_formula(name):
    expected = benchmark.hours(
        COUNTED[name]["flops"], ASSUMED["peak_tflops"], ASSUMED["utilisation"]
    )
    assert hours(COUNTED[name], ASSUMED) == pytest.approx(expected)


@pytest.mark.parametrize("name", SAID)
def test_it_names_a_corpus_and_a_chapter_that_are_there(name):
    said = SAID[name]
    assert not said["data"] or said["data"] in {corpus.name for corpus in CORPORA}
    assert (SOURCES / f"{said['chapter']}.md").exists()


def test_its_commands_are_understood():
    text = "\n".join(paper_runs_text("en")).replace("\\\n", " ")
    commands = re.findall(r"(?m)^tinyaudio (.*)$", text)
    assert len(commands) == len(COUNTED) + 3
    for command in commands:
        parser().parse_args(shlex.split(command))
