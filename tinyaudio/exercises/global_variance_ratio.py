"""Chapter 13, "VAE against GAN, and both together": how much of a spectrum's movement a model keeps."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Measure = Callable[[Tensor], Tensor]


def _variance(frames: Tensor) -> Tensor:
    return frames.var(1, correction=0)


def _ratio(made: Tensor, reference: Tensor) -> Tensor:
    return (_variance(made).log() - _variance(reference).log()).mean().exp()


def _cases(generator: Generator) -> list[Case]:
    """Frames of a model and of a reference, of different lengths; each channel has its own mean and spread."""
    cases: list[Case] = []
    for D, N, M in ((3, 5, 4), (4, 6, 9)):
        spread = torch.arange(1, D + 1)[:, None]
        made, reference = (
            spread * torch.randn(D, n, generator=generator) + 2 * spread - 5 for n in (N, M)
        )
        cases.append((made / 2, reference))
    return cases


def _by(measure: Measure) -> Answer:
    """Another measure of movement than the variance over time."""
    return lambda made, reference: (measure(made).log() - measure(reference).log()).mean().exp()


GV = Exercise(
    right=_ratio,
    cases=_cases,
    edges=[(torch.tensor([[0.0, 2.0], [5.0, 9.0]]), torch.tensor([[0.0, 2.0], [5.0, 9.0]]))],
    mistakes=(
        Mistake(
            lambda made, reference: (
                made.var(0, correction=0).mean() / reference.var(0, correction=0).mean()
            ),
            "채널에 대한 분산입니다. 시간(둘째 축)에 대한 분산을 채널마다 구하십시오.",
            "Those are variances over channels; take each channel's variance over time, the second axis.",
        ),
        Mistake(
            _by(lambda frames: frames.var(1, correction=0).sqrt()),
            "표준편차의 비입니다. 분산을 쓰십시오.",
            "That is the ratio of standard deviations; take variances.",
        ),
        Mistake(
            _by(lambda frames: frames.square().mean(1)),
            "평균을 빼지 않았습니다. 제곱의 평균에는 고정된 음색까지 들어갑니다.",
            "The mean is not removed: a mean square holds the timbre that stays, too.",
        ),
        Mistake(
            _by(lambda frames: frames.var(1, correction=1)),
            "N - 1로 나누었습니다. 전역 분산은 N으로 나눕니다(correction=0).",
            "It is divided by N - 1; global variance divides by N (correction=0).",
        ),
        Mistake(
            _by(lambda frames: (frames - frames.mean(1, keepdim=True)).square().sum(1)),
            "프레임에 대해 더했습니다. 길이가 다른 소리를 견주려면 평균을 내십시오.",
            "You added up over frames; clips of different length need the mean.",
        ),
        Mistake(
            lambda made, reference: 1 / _ratio(made, reference),
            "비가 거꾸로입니다. 과평활된 소리에서 1보다 작아야 합니다.",
            "The ratio is upside down: it should be below 1 for an over-smoothed sound.",
        ),
        Mistake(
            lambda made, reference: (_variance(made) / _variance(reference)).mean(),
            "비의 산술 평균입니다. 로그를 평균하여 지수를 취하십시오(기하 평균).",
            "That is the arithmetic mean of ratios; take the mean of logarithms, then exp (geometric mean).",
        ),
        Mistake(
            lambda made, reference: _variance(made).mean() / _variance(reference).mean(),
            "분산의 합의 비여서 크게 움직이는 채널이 정합니다. 채널마다 비를 구하십시오.",
            "That is a ratio of summed variances, which the largest channel decides; take a ratio a channel.",
        ),
        Mistake(
            lambda made, reference: made.var(correction=0) / reference.var(correction=0),
            "채널과 시간을 한꺼번에 본 분산입니다. 채널 사이의 차이까지 들어갑니다.",
            "That is the variance over channels and time at once, which holds the differences of channels.",
        ),
        Mistake(
            lambda made, reference: (_variance(made).log() - _variance(reference).log()).mean(),
            "로그의 평균에서 멈추었습니다. exp를 취해야 비가 됩니다.",
            "You stopped at the mean of logarithms; exp makes it a ratio.",
        ),
        Mistake(
            lambda made, reference: _variance(made) / _variance(reference),
            "채널마다 하나씩 돌려주었습니다. 기하 평균 하나로 모으십시오.",
            "That is one ratio a channel; gather them in one geometric mean.",
        ),
    ),
    hint=(
        "채널마다 시간에 대한 분산을 구하고, 비의 로그를 평균합니다.",
        "Take each channel's variance over time, then the mean of the ratios' logarithms.",
    ),
)


def check_gv(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 13.3: the global variance of a model's frames over that of a reference.

    Args:
        answer: (made, reference), of shapes (D, N) and (D, M) -> ().

    Example:
        >>> check_gv(lambda made, reference: (made.var(1) / reference.var(1)).log().mean().exp())
        ✘ It is divided by N - 1; global variance divides by N (correction=0).
    """
    return GV.check(answer)
