"""Chapter 7, "Making it fast": the roofline."""

from collections.abc import Callable

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _step(operations: float = 2.0, size: float = 4.0) -> Answer:
    """Seconds of a step: so many operations a multiplication, and bytes a weight."""
    return lambda M, B, P, W: max(operations * M * B / P, size * M / W)


_seconds = _step()


def _machines(generator: Generator) -> list[Case]:
    """Machines that wait for weights and machines that wait for operations, by factors not near 1, 2 or B."""
    cases = []
    for B, ratio in ((1.0, 7.0), (100.0, 0.02), (8.0, 11.0), (6.0, 0.03), (5.0, 1.45), (5.0, 0.7)):
        r = (1 + 0.2 * torch.rand(3, generator=generator)).tolist()
        M, P = 1e6 * r[0], 1e11 * r[1]
        # The time for weights is `ratio` times that for operations, which is 2 M B / P.
        cases.append((M, B, P, 4 * P / (2 * B * ratio * r[2])))
    return cases


CEILING = Exercise(
    right=lambda M, B, P, W: B / _seconds(M, B, P, W),
    cases=_machines,
    edges=[(1e6, 1.0, 1e11, 2e10), (1e6, 100.0, 1e11, 2e10)],
    mistakes=(
        Mistake(
            lambda M, B, P, W: 1 / _seconds(M, B, P, W),
            "클립 하나의 속도입니다. 한 스텝에 샘플이 B개 나옵니다.",
            "That is the speed of one clip; a step makes B samples.",
        ),
        Mistake(
            lambda M, B, P, W: _seconds(M, B, P, W),
            "한 스텝의 시간입니다. 1초에 샘플이 몇 개인지 물었습니다.",
            "That is the time of a step; samples a second were asked for.",
        ),
        Mistake(
            lambda M, B, P, W: _seconds(M, B, P, W) / B,
            "샘플 하나의 시간입니다. 1초에 샘플이 몇 개인지 물었습니다.",
            "That is the time of a sample; samples a second were asked for.",
        ),
        Mistake(
            lambda M, B, P, W: min(P / (2 * M), W / (4 * M)),
            "가중치는 클립마다가 아니라 모두를 위해 한 번 읽습니다.",
            "The weights are read once for all clips, not once for each.",
        ),
        Mistake(
            lambda M, B, P, W: B * min(P / (2 * M), W / (4 * M)),
            "곱셈은 클립마다 해야 합니다. 첫째 항에는 B가 있습니다.",
            "Multiplications are made for every clip: there is a B in the first term.",
        ),
        Mistake(
            lambda M, B, P, W: B / max(2 * M / P, 4 * M * B / W),
            "B가 다른 항에 있습니다. 연산은 클립마다 하고, 가중치는 한 번 읽습니다.",
            "B is in the other term: operations are made for every clip, weights are read once.",
        ),
        Mistake(
            lambda M, B, P, W: B / min(2 * M * B / P, 4 * M / W),
            "빠른 쪽을 골랐습니다. 한 스텝은 둘 가운데 느린 쪽을 기다립니다.",
            "You took the faster of the two; a step waits for the slower one.",
        ),
        Mistake(
            lambda M, B, P, W: B / (2 * M * B / P + 4 * M / W),
            "두 시간을 더했습니다. 읽기와 연산은 동시에 일어나므로 큰 쪽입니다.",
            "You added both times; reading and multiplying overlap, so it is the larger one.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(operations=1.0)(M, B, P, W),
            "곱셈만 세었습니다. 곱셈마다 덧셈이 하나 따르므로 연산은 2M번입니다.",
            "Only multiplications were counted; with the additions there are 2M operations.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(size=1.0)(M, B, P, W),
            "가중치 하나를 1바이트로 세었습니다. 32비트는 4바이트입니다.",
            "You counted 1 byte a weight; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(size=2.0)(M, B, P, W),
            "가중치 하나를 2바이트로 세었습니다. 32비트는 4바이트입니다.",
            "You counted 2 bytes a weight; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(size=8.0)(M, B, P, W),
            "가중치 하나를 8바이트로 세었습니다. 32비트는 4바이트입니다.",
            "You counted 8 bytes a weight; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(size=32.0)(M, B, P, W),
            "비트를 세었습니다. 32비트는 4바이트입니다.",
            "You counted bits; 32 bits are 4 bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B / _step(operations=1.0, size=1.0)(M, B, P, W),
            "2와 4가 빠졌습니다. 곱셈마다 덧셈이 따르고, 가중치 하나는 4바이트입니다.",
            "The 2 and the 4 are missing: an addition follows each multiplication, a weight has 4 bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B / (2 * M * B / P),
            "연산만 세었습니다. 가중치를 읽는 시간도 있습니다.",
            "Only operations were counted; reading the weights takes time, too.",
        ),
        Mistake(
            lambda M, B, P, W: B / (4 * M / W),
            "읽기만 세었습니다. 연산에도 시간이 듭니다.",
            "Only reading was counted; operations take time, too.",
        ),
        Mistake(
            lambda M, B, P, W: B / _seconds(M, B, W, P),
            "P와 W가 바뀌었습니다. P는 연산, W는 바이트입니다.",
            "P and W changed places: P is operations, W bytes.",
        ),
        Mistake(
            lambda M, B, P, W: B * B / _seconds(M, B, P, W),
            "B를 두 번 곱했습니다.",
            "You multiplied by B twice.",
        ),
    ),
    hint=("한 스텝의 시간부터 구하십시오.", "Begin with the time of a step."),
)


def check_ceiling(answer: Callable[[float, float, float, float], float]) -> CheckResult:
    """Exercise 7.4: the roofline, in samples a second of all clips together.

    Args:
        answer: (M, B, P, W), multiplications, clips, operations and bytes a second -> samples a second.

    Example:
        >>> check_ceiling(lambda M, B, P, W: min(P / (2 * M), W / (4 * M)))
        ✘ The weights are read once for all clips, not once for each.
    """
    return CEILING.check(answer)
