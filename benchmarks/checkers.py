"""How the exercises' checkers judge planted mistakes, solutions and blind answers, for `benchmarks.book`."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyaudio.exercises import CheckResult
from tools.book.exercises import Cells, caught_shares, checkers, exercise_of, solution, styles

SEEDS = 100
JUDGED = Path(__file__).with_name("answers") / "judged.tsv"


def planted_figures(found: list[Cells]) -> dict[str, Any]:
    """How the checkers judge the mistakes that they know, and the hidden solutions."""
    planted = caught = named = refused = 0
    worst = 1.0
    for cells in found:
        check = checkers(cells.chapter)[cells.checker]
        mistakes = exercise_of(check).mistakes
        results = [check(mistake.answer) for mistake in mistakes]
        planted += len(mistakes)
        caught += sum(not result for result in results)
        named += sum(r.mistake is m for r, m in zip(results, mistakes, strict=True))
        shares = caught_shares(exercise_of(check), range(SEEDS))
        worst = min([worst, *shares.values()])
        refused += sum(not check(answer) for answer in styles(solution(cells)).values())
    return {
        "wrong_answers_planted": planted,
        "wrong_answers_caught": caught,
        "wrong_answers_named": named,
        "caught_share_worst": worst,
        "right_answers_refused": refused,
    }


@dataclass(frozen=True)
class Blind:
    """What a checker said to an answer of somebody who had not seen it; intended is None if it is right."""

    chapter: str
    checker: str
    intended: str | None
    result: CheckResult

    def row(self) -> str:
        """A line of the report."""
        verdict = "passed" if self.result else "recognised" if self.result.mistake else "caught"
        fields = (
            self.chapter,
            self.checker,
            self.intended or "(right)",
            verdict,
            self.result.message,
        )
        return "\t".join(" ".join(field.split()) for field in fields)


def blind(chapters: list[str]) -> list[Blind]:
    """All answers of ``benchmarks/answers``, judged; none of a chapter that has no such module."""
    judged = []
    for chapter in chapters:
        try:
            answers = importlib.import_module(f"benchmarks.answers.{chapter}")
        except ModuleNotFoundError:
            continue
        known = checkers(chapter)
        for name, wrong in answers.WRONG.items():
            judged += [Blind(chapter, name, what, known[name](answer)) for what, answer in wrong]
        for name, right in answers.RIGHT.items():
            judged += [Blind(chapter, name, None, known[name](answer)) for answer in right]
    return judged


def blind_figures(judged: list[Blind]) -> dict[str, Any]:
    """How many of the blind answers are caught, recognised, refused."""
    wrong = [one.result for one in judged if one.intended is not None]
    right = [one.result for one in judged if one.intended is None]
    caught, recognised = (
        sum(not one for one in wrong),
        sum(one.mistake is not None for one in wrong),
    )
    return {
        "blind_answers": len(wrong),
        "blind_caught_share": round(caught / len(wrong), 4) if wrong else None,
        "blind_recognised_share": round(recognised / len(wrong), 4) if wrong else None,
        "blind_named_share": named_share(JUDGED),
        "blind_refused": sum(not one for one in right),
    }


def named_share(judged: Path) -> float | None:
    """Of the wrong answers, those whose message names the intended mistake by a reader's judgement."""
    if not judged.exists():
        return None
    verdicts = [line.split("\t")[-1] for line in judged.read_text(encoding="utf-8").splitlines()]
    n_wrong = len(verdicts) - verdicts.count("-")
    return round(verdicts.count("yes") / n_wrong, 4)
