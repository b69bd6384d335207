"""Chapter 3, "mu-law and the softmax": the mean of a distribution; the checkers of the chapter."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.bits import check_fair_bits as check_fair_bits
from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.companding import check_encode as check_encode
from tinyaudio.exercises.discretized_logistic import check_bell as check_bell
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.levels import check_levels as check_levels
from tinyaudio.exercises.mixture import check_mixture_bits as check_mixture_bits
from tinyaudio.represent import mulaw

_CODE = torch.arange(256)
_AMPLITUDE = mulaw.decode(_CODE)


def _mean_code(logits: Tensor) -> Tensor:
    return logits.softmax(0) @ _CODE.float()


def _two_modes(generator: Generator) -> list[Case]:
    """Two modes, the lower one likelier, and noise about a slope; mean codes that round up."""
    cases: list[Case] = []
    while len(cases) < 3:
        r = torch.rand(4, generator=generator).tolist()
        low = -0.5 * ((_CODE - 20 - 20 * r[0]) / (6 + 4 * r[1])) ** 2
        high = -0.5 * ((_CODE - 215 - 20 * r[2]) / (8 + 6 * r[3])) ** 2 - 1.2
        noise = 2 * torch.randn(256, generator=generator) + _CODE / 64
        logits = torch.logaddexp(low, high) if len(cases) < 2 else noise
        if 0.6 < _mean_code(logits) % 1 < 0.9:
            cases.append((logits,))
    return cases


MEAN = Exercise(
    right=lambda logits: logits.softmax(0) @ _AMPLITUDE,
    cases=_two_modes,
    edges=[(torch.zeros(256),), (20 * torch.eye(256)[200],), (100 * torch.eye(256)[200],)],
    mistakes=(
        Mistake(
            lambda logits: _AMPLITUDE[logits.argmax()],
            "가장 그럴듯한 값입니다. 제곱 오차를 가장 작게 하는 것은 평균입니다.",
            "That is the likeliest value. The squared error is smallest at the mean.",
        ),
        Mistake(
            lambda logits: _AMPLITUDE[(logits.softmax(0).cumsum(0) < 0.5).sum()],
            "중앙값입니다. 중앙값은 절대 오차를 가장 작게 합니다. 제곱 오차에는 평균입니다.",
            "That is the median, which makes the absolute error smallest; for the squared one take the mean.",
        ),
        Mistake(
            lambda logits: _AMPLITUDE[_mean_code(logits).round().long()],
            "코드값의 평균을 풀었습니다. 곡선이 구부러져 있으므로, 먼저 진폭으로 풀고 나서 평균을 냅니다.",
            "You decoded the mean of codes. The curve is bent: decode first, then take the mean.",
        ),
        Mistake(
            lambda logits: _AMPLITUDE[_mean_code(logits).long()],
            "코드값의 평균을 버림하여 풀었습니다. 먼저 진폭으로 풀고 나서 평균을 냅니다.",
            "You decoded the mean of codes, its fraction dropped; decode first, then take the mean.",
        ),
        Mistake(
            lambda logits: mulaw.expand(_mean_code(logits) / 127.5 - 1),
            "압축된 값을 평균하고 풀었습니다. 먼저 진폭으로 풀고 나서 평균을 냅니다.",
            "You expanded the mean of compressed values; decode first, then take the mean.",
        ),
        Mistake(
            lambda logits: _mean_code(logits) / 127.5 - 1,
            "코드값이 균등한 레벨인 것처럼 풀었습니다. mulaw.decode로 풉니다.",
            "The codes are decoded as if they were uniform levels; use mulaw.decode.",
        ),
        Mistake(
            lambda logits: _mean_code(logits),
            "코드값의 평균입니다. 물은 것은 진폭입니다.",
            "That is the mean of codes; an amplitude is wanted.",
        ),
        Mistake(
            lambda logits: logits.argmax(),
            "가장 그럴듯한 코드값입니다. 물은 것은 평균 진폭입니다.",
            "That is the likeliest code; the mean amplitude is wanted.",
        ),
        Mistake(
            lambda logits: logits @ _AMPLITUDE,
            "로짓이나 로그 확률로 가중했습니다. 확률이 아닙니다. 먼저 소프트맥스를 취합니다.",
            "Weighted by logits, or logarithms, which are no probabilities. Take the softmax first.",
        ),
        Mistake(
            lambda logits: logits @ _AMPLITUDE / logits.sum(),
            "로짓을 합으로 나누었습니다. 확률로 바꾸려면 소프트맥스를 취합니다.",
            "The logits are divided by their sum; it takes a softmax to turn them into probabilities.",
        ),
        Mistake(
            lambda logits: logits.exp() @ _AMPLITUDE,
            "exp만 취하고 합으로 나누지 않았습니다. 소프트맥스를 쓰십시오.",
            "You took exp, but did not divide by the sum: use the softmax.",
        ),
        Mistake(
            lambda logits: logits.sigmoid() @ _AMPLITUDE,
            "시그모이드를 취했습니다. 합이 1인 확률을 주는 것은 소프트맥스입니다.",
            "You took sigmoids; it is the softmax whose probabilities add up to 1.",
        ),
        Mistake(
            lambda logits: (logits.softmax(0) * _AMPLITUDE).mean(),
            "맞는 값의 약 1/256입니다. 가중한 다음 다시 256으로 나누었거나 소프트맥스를 두 번 취한 것과 "
            "같습니다. 소프트맥스는 한 번 취하고, 가중한 진폭은 더하기만 하십시오.",
            "About 1/256 of the right value, as if you divided by 256 after weighting, or took the softmax "
            "twice: take it once, and only add up the weighted amplitudes.",
        ),
        Mistake(
            lambda logits: (logits.exp() / logits.exp().sum()) @ _AMPLITUDE,
            "로짓이 크면 exp가 무한대가 되어 NaN이 나옵니다. torch.softmax를 쓰거나 먼저 최댓값을 빼십시오.",
            "At large logits exp overflows, which gives NaN: use torch.softmax, or subtract the largest first.",
        ),
        Mistake(
            lambda logits: (logits.softmax(0) @ _AMPLITUDE.square()).sqrt(),
            "제곱평균제곱근입니다. 제곱 오차를 가장 작게 하는 것은 평균입니다.",
            "That is the root mean square; the squared error is smallest at the mean.",
        ),
    ),
    hint=("확률로 진폭의 평균을 냅니다.", "The mean of amplitudes, weighted by probability."),
)


def check_mean(answer: Callable[[Tensor], float | Tensor]) -> CheckResult:
    """Exercise 3.2: the amplitude that minimizes the expected squared error.

    Args:
        answer: (logits,), of 256 codes -> an amplitude.

    Example:
        >>> check_mean(lambda logits: mulaw.decode(logits.argmax()))
        ✘ That is the likeliest value. The squared error is smallest at the mean.
    """
    return MEAN.check(answer)
