"""The appendix on runs at the size of a paper: what each takes, from ``book/paper_runs.toml`` and its record.

The record ``book/records/paper-runs.json`` is counted by ``python -m benchmarks.paper_runs``.
"""

import json
import re
import tomllib
from typing import Any

from tools.book import ROOT
from tools.book.citations import address, labels, works

# Corpora whose recordings are read as they unpack; others are arranged by speaker first.
AS_UNPACKED = ("nsynth", "ljspeech", "speech-commands")
WORDS = {
    "ko": {
        "title": "논문 크기의 학습",
        "about": "이 책에 구현된 시스템을 논문의 크기로 학습할 때의 명령, 데이터, 어림한 시간과 비용, 논문이 얻은 값입니다. "
        "**여기에 적은 학습은 하나도 이 책에서 실행하지 않았습니다.** 한 스텝의 연산 수는 PyTorch로 세고 스텝 수를 곱했습니다. "
        "시간은 {card}의 최고 속도 {peak:.0f} TFLOP/s 가운데 {share:.0%}를 쓴다고 가정하여 나눈 값이고, "
        "요금은 시간당 {price:.0f}달러로 가정했습니다. 실제로는 몇 배 다를 수 있습니다. 어림하는 식은 26장에 있습니다.",
        "data": "공개 코퍼스는 한 번만 내려받아 정리하면 됩니다. 라이선스를 읽고 동의하면 `--accept-licence`를 붙입니다.",
        "table": "| | |\n| --- | --- |\n| 매개변수 | {parameters:.1f}백만 |\n| 클립 | {seconds:.2f}초 × {batch}개 |\n"
        "| 스텝 | {steps:,} |\n| 연산 | 스텝마다 {tflops:.2g} TFLOP, 모두 {total:.1e} FLOP |\n"
        "| 시간 | A100 한 장으로 약 {hours:.2g}시간 |\n| 비용 | 약 {dollars:.2g}달러 |",
        "paper": "**논문의 값.** ",
        "chapter": "[이 시스템의 장]({}.ipynb)",
        "own": "직접 모은 녹음의 폴더를 씁니다.",
        "by hand": "이 코퍼스는 소유자에게서 직접 받습니다(`tinyaudio data list`).",
    },
    "en": {
        "title": "Runs at the size of a paper",
        "about": "For each system of this book at its paper's size: the command, the data, an estimate of hours and "
        "cost, and what the paper reached. **None of these runs was made for this book.** PyTorch counted the "
        "operations of a step, which are multiplied by the number of steps. Hours assume that {share:.0%} of the peak "
        "of an {card} ({peak:.0f} TFLOP/s) are used, and the cost assumes {price:.0f} dollars an hour. Real figures "
        "may differ several times over. Chapter 26 has the formula.",
        "data": "A public corpus is downloaded and arranged once. Read its licence, and add `--accept-licence` if you "
        "accept it.",
        "table": "| | |\n| --- | --- |\n| parameters | {parameters:.1f} million |\n| clips | {seconds:.2f} s × {batch} |\n"
        "| steps | {steps:,} |\n| operations | {tflops:.2g} TFLOP a step, {total:.1e} FLOP in all |\n"
        "| time | about {hours:.2g} hours on one A100 |\n| cost | about {dollars:.2g} dollars |",
        "paper": "**The paper's figures.** ",
        "chapter": "[The system's chapter]({}.ipynb)",
        "own": "It takes a folder of your own recordings.",
        "by hand": "This corpus comes from its owner (`tinyaudio data list`).",
    },
}


def runs() -> dict[str, dict[str, Any]]:
    """What is said of each run, by recipe."""
    return tomllib.loads((ROOT / "book" / "paper_runs.toml").read_text(encoding="utf-8"))


def record() -> dict[str, Any]:
    """What was counted."""
    text = (ROOT / "book" / "records" / "paper-runs.json").read_text(encoding="utf-8")
    counted: dict[str, Any] = json.loads(text)
    return counted


def cited(text: str) -> str:
    """The text with its citations as links, as in a chapter."""
    entries = works()
    shown_as = labels(entries)
    return re.sub(
        r"\{cite\}`(\w+)`", lambda m: f"[{shown_as[m[1]]}]({address(entries[m[1]])})", text
    )


def hours(run: dict[str, Any], assumed: dict[str, Any]) -> float:
    """On one card: operations over those that it makes an hour, as in chapter 26."""
    speed = assumed["peak_tflops"] * 1e12 * assumed["utilisation"]
    return float(run["flops"] / speed / 3600)


def paper_runs_text(language: str) -> list[str]:
    """The page's blocks: what holds for all, and a section for each run, the cheapest first."""
    words, counted = WORDS[language], record()
    assumed = counted["assumed"]
    about = words["about"].format(
        card=assumed["card"].split(",")[0],
        peak=assumed["peak_tflops"],
        share=assumed["utilisation"],
        price=assumed["dollars_an_hour"],
    )
    commands = (
        "tinyaudio data list\n"
        "tinyaudio data download vctk corpora/vctk\n"
        "tinyaudio data arrange vctk corpora/vctk/VCTK-Corpus-0.92 corpora/vctk-speakers"
    )
    head = f"# {words['title']}\n\n{about}\n\n{words['data']}\n\n```bash\n{commands}\n```"
    said = runs()
    order = sorted(counted["recipes"], key=lambda name: counted["recipes"][name]["flops"])
    return [head] + [
        section(language, name, said[name], counted["recipes"][name], assumed) for name in order
    ]


def section(
    language: str, name: str, said: dict[str, Any], run: dict[str, Any], assumed: dict[str, Any]
) -> str:
    """One run."""
    words = WORDS[language]
    titles = [one.strip() for one in said["title"].split("|")]
    folder = f"corpora/{said['data']}" if said["data"] else "my_recordings"
    if said["data"] and said["data"] not in AS_UNPACKED:
        folder += "-speakers"
    command = " ".join(
        part
        for part in (
            f"tinyaudio train {name} --size {run['size']}",
            said.get("options", ""),
            f"--data {folder} \\\n    --out runs/{name}-paper --device cuda --precision bf16",
        )
        if part
    )
    n_hours = hours(run, assumed)
    table = words["table"].format(
        parameters=run["parameters"] / 1e6,
        seconds=run["seconds_a_clip"],
        batch=run["batch"],
        steps=run["steps"],
        tflops=run["flops_a_step"] / 1e12,
        total=run["flops"],
        hours=n_hours,
        dollars=n_hours * assumed["dollars_an_hour"],
    )
    where = {"": f" {words['own']}", "nus-48e": f" {words['by hand']}"}.get(said["data"], "")
    text = f"{words['paper']}{cited(said[language])}{where} {words['chapter'].format(said['chapter'])}"
    return f"## {titles[0 if language == 'ko' else -1]}\n\n```bash\n{command}\n```\n\n{table}\n\n{text}"
