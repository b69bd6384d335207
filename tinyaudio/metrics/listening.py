r"""Listening trials: which of two sounds is preferred, and whether they can be told apart at all.

    p_{preference} = \min(1, 2 \sum_{i \ge \max(k, n - k)} \binom{n}{i} 2^{-n})

    p_{ABX} = \sum_{i \ge k} \binom{n}{i} 2^{-n}

Both are exact: if nobody heard a difference, each of n answers would be a toss of a coin.  A preference may go
either way, so both tails count; in an ABX trial only the right answers can be surprisingly many.

The share that k of n answers stand for lies within [a, b], at whose ends k is in a tail of (1 - c) / 2:

    \sum_{i \ge k} \binom{n}{i} a^i (1 - a)^{n - i} = \frac{1 - c}{2}

    \sum_{i \le k} \binom{n}{i} b^i (1 - b)^{n - i} = \frac{1 - c}{2}

Paper:      Munson & Gardner, "Standardizing auditory tests", 1950, for ABX; Engel et al., "GANSynth", 2019
            (arXiv:1902.08710), section 5, for preferences as a measure of generated notes; Clopper & Pearson,
            "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934.
Implements: `preference_p`, `abx_p`, `confidence_interval`; `Answers` of a page of `tinyaudio.show.listening`,
            and `read_answers`.
See:        the chapters "How good is it?" and "Measuring and listening".
"""

import json
from collections import Counter
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Literal

from tinyaudio.errors import UserError

Kind = Literal["preference", "abx"]


def binomial_tail(k: int, n: int) -> float:
    """How probable k or more heads are in n tosses.

    Example:
        >>> binomial_tail(3, 3)
        0.125
    """
    if not 0 <= k <= n:
        raise UserError(f"{k} of {n} answers: give a count between 0 and the number of answers")
    return sum(comb(n, i) for i in range(k, n + 1)) / 2**n


def preference_p(k: int, n: int) -> float:
    """The probability that one of two equal sounds is preferred so often, whichever.

    Args:
        k: Answers for one of them.
        n: All answers.

    Raises:
        UserError: k is not between 0 and n.

    Example:
        >>> preference_p(9, 10) == preference_p(1, 10), round(preference_p(9, 10), 4)
        (True, 0.0215)
    """
    return min(1.0, 2 * binomial_tail(max(k, n - k), n))


def abx_p(correct: int, n: int) -> float:
    """The probability of so many right answers by someone who hears no difference.

    Args:
        correct: Trials in which X was recognised.
        n: All trials.

    Raises:
        UserError: The count is not between 0 and n.

    Example:
        >>> round(abx_p(9, 10), 4)
        0.0107
    """
    return binomial_tail(correct, n)


def confidence_interval(k: int, n: int, confidence: float | int = 0.95) -> tuple[float, float]:
    """The share that k of n answers stand for, by Clopper and Pearson: it covers at least so often as it says.

    Args:
        k: Answers of one kind.
        n: All answers, one or more.
        confidence: How often, at least, the interval holds the true share.

    Returns:
        The ends of the interval; 0 for k = 0 and 1 for k = n are among them.

    Raises:
        UserError: k is not between 0 and n, there is no answer, or the confidence is not between 0 and 1.

    Example:
        >>> [round(end, 3) for end in confidence_interval(9, 10)]
        [0.555, 0.997]
    """
    if not 0 <= k <= n or n < 1:
        raise UserError(f"{k} of {n} answers: give a count between 0 and the number of answers")
    if not 0 < confidence < 1:
        raise UserError(
            f"a confidence of {confidence}; give a number between 0 and 1, such as 0.95"
        )
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0
    return low, high


@dataclass(frozen=True)
class Answers:
    """What one or several listeners answered.

    Attributes:
        kind: "preference" or "abx".
        systems: Names of the two that were compared.
        chosen: Of each trial, in preference trials which system was preferred, 0 or 1, and in ABX trials
            whether X was recognised, 1 if so.
    """

    kind: Kind
    systems: tuple[str, str]
    chosen: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """Answers 0, and answers 1."""
        return self.chosen.count(0), self.chosen.count(1)

    @property
    def p(self) -> float:
        """Of the exact test of the kind.

        Example:
            >>> Answers("abx", ("a", "b"), (1,) * 9 + (0,)).p == abx_p(9, 10)
            True
        """
        right, n = self.counts[1], len(self.chosen)
        return preference_p(right, n) if self.kind == "preference" else abx_p(right, n)

    @property
    def interval(self) -> tuple[float, float]:
        """The share of answers 1, with a confidence of 95 %.

        Example:
            >>> Answers("abx", ("a", "b"), (1,) * 9 + (0,)).interval == confidence_interval(9, 10)
            True
        """
        return confidence_interval(self.counts[1], len(self.chosen))


def read_answers(*files: str | Path) -> Answers:
    """The answers of the files that listeners saved, together.

    Args:
        files: As `tinyaudio.show.listening` writes them, all of one test.

    Raises:
        UserError: There is no file, one is no such file, or they are of different tests.
    """
    if not files:
        raise UserError("no answers: give the files that listeners saved")
    found = [_read(Path(file)) for file in files]
    tests = Counter((one.kind, one.systems) for one in found)
    if len(tests) > 1:
        names = "; ".join(f"{kind} of {' and '.join(systems)}" for kind, systems in tests)
        raise UserError(f"files of different tests ({names}): read those of one test at a time")
    chosen = tuple(answer for one in found for answer in one.chosen)
    return Answers(found[0].kind, found[0].systems, chosen)


def _read(file: Path) -> Answers:
    """One listener's."""
    try:
        saved = json.loads(file.read_text(encoding="utf-8"))
        kind, systems = saved["kind"], tuple(str(name) for name in saved["systems"])
        chosen = tuple(trial["answer"] for trial in saved["trials"])
    except OSError as problem:
        raise UserError(f"{file}: cannot be read ({problem.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{file}: is no file that a listening test saved") from None
    if kind not in ("preference", "abx") or len(systems) != 2 or not {*chosen} <= {0, 1}:
        raise UserError(f"{file}: is no file that a listening test saved")
    return Answers(kind, (systems[0], systems[1]), chosen)
