"""The appendix on runs at the size of a paper: what each takes, from ``book/paper_runs.toml`` and its record.

The record ``book/records/paper-runs.json`` is counted by ``python -m benchmarks.paper_runs``.
"""

import json
import re
import tomllib
from typing import Any

from tools.book import ROOT
from tools.book.citations import address, cited_as, works

# Corpora whose recordings are read as they unpack; others are arranged by speaker first.
AS_UNPACKED = ("nsynth", "ljspeech", "speech-commands")
ARRANGING = """\
tinyaudio data list
tinyaudio data download vctk corpora/vctk
tinyaudio data arrange vctk corpora/vctk/VCTK-Corpus-0.92 corpora/vctk-speakers
"""


def read_words() -> dict[str, Any]:
    """The page's words in ``ko`` and ``en``, and ``runs``: what is said of each, by recipe."""
    return tomllib.loads((ROOT / "book" / "paper_runs.toml").read_text(encoding="utf-8"))


def read_record() -> dict[str, Any]:
    """What was counted: ``recipes``, and what is ``assumed`` of a card."""
    text = (ROOT / "book" / "records" / "paper-runs.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record


def paper_runs_text(language: str) -> list[str]:
    """The page's blocks: what holds for all, and a section for each run, the cheapest first."""
    said, record = read_words(), read_record()
    words, counted, assumed = said[language], record["recipes"], record["assumed"]
    head = f"# {words['title']}\n\n{words['about'].format(**assumed)}\n\n{words['data']}\n\n{code(ARRANGING)}"
    return [head] + [
        section(words, language, name, said["runs"][name], counted[name], assumed)
        for name in sorted(counted, key=lambda name: counted[name]["flops"])
    ]


def section(
    words: dict[str, str],
    language: str,
    name: str,
    said: dict[str, str],
    run: dict[str, Any],
    assumed: dict[str, Any],
) -> str:
    """One run: the command, a table of what it takes, and what the paper reached."""
    title = said.get("title-ko", said["title"]) if language == "ko" else said["title"]
    options = [f"--size {run['size']}", said.get("options", ""), f"--data {folder(said['data'])}"]
    command = (
        f"tinyaudio train {name} {' '.join(filter(None, options))} \\\n"
        f"    --out runs/{name}-paper --device cuda --precision bf16"
    )
    n_hours = hours(run["flops"], assumed["peak_tflops"], assumed["utilization"])
    table = words["table"].format(
        **run,
        millions=run["parameters"] / 1e6,
        tflops_a_step=run["flops_a_step"] / 1e12,
        hours=two_digits(n_hours),
        dollars=two_digits(n_hours * assumed["dollars_an_hour"]),
    )
    where = {"": words["own"], "nus-48e": words["by-hand"]}.get(said["data"], "")
    chapter = words["chapter"].format(said["chapter"])
    reached = " ".join(filter(None, [words["paper"], cited(said[language]), where, chapter]))
    return f"## {title}\n\n{code(command)}\n\n{table}\n\n{reached}"


def two_digits(value: float) -> float:
    """An estimate, rounded to what it is good for.

    Example:
        >>> two_digits(128.4), two_digits(0.7712)
        (130.0, 0.77)
    """
    return float(f"{value:.2g}")


def folder(corpus: str) -> str:
    """What ``--data`` names.

    Example:
        >>> folder("nsynth"), folder("vctk"), folder("")
        ('corpora/nsynth', 'corpora/vctk-speakers', 'my_recordings')
    """
    if not corpus:
        return "my_recordings"
    return f"corpora/{corpus}" if corpus in AS_UNPACKED else f"corpora/{corpus}-speakers"


def hours(flops: float, peak_tflops: float, utilization: float) -> float:
    """Hours that so many floating-point operations take on one card, as in chapter 26.

    Example:
        >>> hours(3.6e15, peak_tflops=2.0, utilization=0.5)
        1.0
    """
    return flops / (peak_tflops * 1e12 * utilization) / 3600


def cited(text: str) -> str:
    """The text with its citations as links, as in a chapter."""
    entries = works()
    shown_as = cited_as()
    return re.sub(
        r"\{cite\}`(\w+)`", lambda m: f"[{shown_as[m[1]]}]({address(entries[m[1]])})", text
    )


def code(text: str) -> str:
    """A block of commands."""
    return f"```bash\n{text.rstrip()}\n```"
