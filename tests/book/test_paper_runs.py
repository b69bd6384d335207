"""The appendix on runs at the size of a paper: every run that was counted, by commands that work."""

import re
import shlex

import pytest

from benchmarks import paper_runs as benchmark
from tinyaudio.cli import parser
from tinyaudio.data.corpora import CORPORA
from tools.book import LANGUAGES, SOURCES
from tools.book.paper_runs import hours, paper_runs_text, read_record, read_words, section

COUNTED, ASSUMED = read_record()["recipes"], read_record()["assumed"]
SAID = read_words()["runs"]


def test_every_system_of_a_paper_has_a_run_and_a_section():
    assert benchmark.SIZES.keys() == COUNTED.keys() == SAID.keys()
    for language in LANGUAGES:
        assert len(paper_runs_text(language)) == len(COUNTED) + 1


def test_a_section_tells_the_hours_and_dollars_of_the_formula():
    """A run that takes what the card makes in ten hours."""
    run = COUNTED["wavegan"] | {
        "flops": 36_000 * ASSUMED["peak_tflops"] * 1e12 * ASSUMED["utilization"]
    }
    assert hours(run["flops"], ASSUMED["peak_tflops"], ASSUMED["utilization"]) == pytest.approx(10)
    words = read_words()["en"] | {"table": "{hours:.1f} h, {dollars:.1f} dollars"}
    text = section(words, "en", "wavegan", SAID["wavegan"], run, ASSUMED)
    assert f"10.0 h, {10 * ASSUMED['dollars_an_hour']:.1f} dollars" in text


def test_a_recipe_without_a_size_of_a_paper_is_said_in_a_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["paper_runs", "wavegan", "waveganne", "vae-wgan"])
    with pytest.raises(SystemExit, match="2"):
        benchmark.main()
    error = capsys.readouterr().err
    assert "error: no size of a paper for waveganne, vae-wgan; there are gansynth, " in error
    assert benchmark.CLIPS.keys() | benchmark.SHORTER.keys() <= benchmark.SIZES.keys()


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
