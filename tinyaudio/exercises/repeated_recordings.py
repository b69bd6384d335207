"""Chapter 25, "Your own sound": recordings that are there twice, at whatever level."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

ALIKE = 0.999


def _cases(generator: Generator) -> list[Case]:
    """Copies that are exact, softer, with their sign reversed, of a copy, and a sound of another length."""

    def noise(n: int) -> Tensor:
        return torch.randn(1, n, generator=generator)

    a, b, c = noise(60), noise(60), noise(80)
    return [
        ([a, b, a.clone()],),
        ([a, 0.4 * a, b, c, 0.7 * c, 0.2 * a],),
        ([c, b, -0.5 * b, a, c[:, :60], 0.9 * b, a + 0.3 * b],),
    ]


def _cosine(x: Tensor, y: Tensor) -> float:
    if x.shape != y.shape:
        return 0.0
    return float((x * y).sum() / (x.norm() * y.norm()))


def _with(same: Callable[[Tensor, Tensor], bool], latest: bool = False) -> Answer:
    """The earliest recording that is the same, or the one just before."""

    def originals(clips: list[Tensor]) -> list[int]:
        found = []
        for i, clip in enumerate(clips):
            before = [j for j in range(i) if same(clips[j], clip)]
            found.append((before[-1] if latest else before[0]) if before else i)
        return found

    return originals


def _same_sound(x: Tensor, y: Tensor) -> bool:
    return abs(_cosine(x, y)) > ALIKE


def _cut(x: Tensor, y: Tensor) -> bool:
    n = min(x.shape[1], y.shape[1])
    return abs(_cosine(x[:, :n], y[:, :n])) > ALIKE


_right = _with(_same_sound)

ORIGINALS = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            _with(torch.equal),
            "샘플이 똑같은 것만 찾았습니다. 음량을 바꾼 사본도 같은 녹음입니다.",
            "That finds equal samples only; a copy at another level is the same recording.",
        ),
        Mistake(
            _with(lambda x, y: _cosine(x, y) > ALIKE),
            "부호가 뒤집힌 사본을 놓쳤습니다. 코사인의 절댓값을 보십시오.",
            "A copy with its sign reversed was missed; look at the absolute value of the cosine.",
        ),
        Mistake(
            _with(_same_sound, latest=True),
            "바로 앞의 사본을 가리킵니다. 가장 이른 것을 가리키십시오.",
            "That names the last copy before it; name the earliest.",
        ),
        Mistake(
            _with(_cut),
            "길이를 맞추어 자르고 견주었습니다. 길이가 다르면 이 문제에서는 다른 녹음입니다.",
            "You cut both to one length; here recordings of different lengths are different.",
        ),
        Mistake(
            _with(lambda x, y: abs(_cosine(x, y)) > 0.2),
            "기준이 너무 낮아, 섞인 소리를 같은 소리로 봅니다. 0.999보다 커야 합니다.",
            "The threshold is too low and takes a mixture for a copy; the cosine has to exceed 0.999.",
        ),
        Mistake(
            lambda clips: [*range(len(clips))],
            "사본을 하나도 찾지 못했습니다. 음량이 다른 사본도 같은 녹음입니다.",
            "You found no copy, though there are some; a copy at another level is one, too.",
        ),
        Mistake(
            lambda clips: [int(i != j) for i, j in enumerate(_right(clips))],
            "사본이면 1입니다. 무엇의 사본인지, 곧 가장 이른 녹음의 번호를 돌려주십시오.",
            "That is 1 for a copy; return of what it is a copy, the number of the earliest.",
        ),
    ),
    hint=(
        "두 파형의 내적을 두 노름으로 나누면 음량이 사라집니다. 길이가 같은 것끼리만 견주십시오.",
        "The inner product of two waveforms over their norms forgets the level; compare equal lengths only.",
    ),
)


def check_originals(answer: Callable[[list[Tensor]], list[int]]) -> CheckResult:
    """Exercise 25.4: for each recording, the earliest that is the same up to a gain.

    Args:
        answer: clips, each (1, T) and none silent -> their originals, as numbers from 0.

    Example:
        >>> check_originals(lambda clips: [*range(len(clips))])
        ✘ You found no copy, ...
    """
    return ORIGINALS.check(answer)
