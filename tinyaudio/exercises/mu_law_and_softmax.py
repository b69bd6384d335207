"""Chapter 3, "mu-law and the softmax": encoding, regression, a logistic component, bits at 16 bits."""

from collections.abc import Callable

import torch
from torch import Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.exercises.levels_and_mixtures import check_levels as check_levels
from tinyaudio.exercises.levels_and_mixtures import check_mixture_bits as check_mixture_bits
from tinyaudio.language import tr
from tinyaudio.represent import mulaw

MU = 255


def check_encode(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 3.1: mu-law codes, rounded to the nearest.

    Args:
        answer: (x,), amplitudes in [-1, 1] -> codes 0 ... 255 of the same shape.

    Example:
        >>> check_encode(lambda x: ((mulaw.compress(x) + 1) / 2 * 255).long())
        ✘ You dropped the fraction: many codes slip by one. Round to the nearest.
    """

    def on_grid(f: Tensor, scale: int, half: float) -> Tensor:
        return torch.floor((f + 1) / 2 * scale + half).clamp(0, MU)

    mistakes = (
        Mistake(
            lambda x: on_grid(mulaw.compress(x), MU, 0.0),
            tr(
                "버림을 했습니다. 많은 부호가 한 칸씩 밀립니다. 가장 가까운 눈금으로 반올림합니다.",
                "You dropped the fraction: many codes slip by one. Round to the nearest.",
            ),
        ),
        Mistake(
            lambda x: on_grid(mulaw.compress(x), MU + 1, 0.0),
            tr(
                "256을 곱하고 버렸습니다. 다른 곳에 놓인 눈금입니다. -1부터 1까지 256개면 간격은 255개입니다.",
                "Times 256, fraction dropped: levels in other places. From -1 to 1 there are 255 steps.",
            ),
        ),
        Mistake(
            lambda x: on_grid(mulaw.compress(x.abs()), MU, 0.5),
            tr(
                "sign(x)가 빠졌습니다. 음수도 모두 위쪽 절반의 부호가 됩니다.",
                "sign(x) is missing: negative amplitudes end up in the upper half too.",
            ),
        ),
        Mistake(
            lambda x: on_grid(mulaw.compress(x, MU + 2), MU, 0.5),
            tr(
                "μ를 256으로 두었습니다. 눈금은 256개이지만 μ는 255입니다.",
                "Your mu is 256. There are 256 levels, but mu is 255.",
            ),
        ),
        Mistake(
            lambda x: on_grid(x, MU, 0.5),
            tr(
                "구부리지 않았습니다. 그것은 고른 눈금입니다. 먼저 f(x)를 구합니다.",
                "Nothing is bent here: those are even levels. First take f(x).",
            ),
        ),
    )
    # Inside every level, near one of its borders, where mu = 256 differs; but not so near to a border
    # of any answer that rounding errors of the logarithm would decide.
    code = torch.arange(256)
    cases = [
        (torch.tensor([-0.5, -0.01, 0.01, 0.5]),),
        (mulaw.expand((code + 0.47 * (-1.0) ** code) / 127.5 - 1),),
    ]
    hint = tr("먼저 f(x)를 구하고, 다음에 눈금을 셉니다.", "First f(x); then count levels.")
    return check_answer(answer, mulaw.encode, cases, mistakes, hint)


def check_mean(answer: Callable[[Tensor], float | Tensor]) -> CheckResult:
    """Exercise 3.2: the amplitude that minimizes the expected squared error.

    Args:
        answer: (logits,), of 256 codes -> an amplitude.

    Example:
        >>> check_mean(lambda logits: mulaw.decode(logits.argmax()))
        ✘ That is the likeliest value. The squared error is smallest at the mean.
    """
    code = torch.arange(256)
    amplitude = mulaw.decode(code)

    def right(logits: Tensor) -> Tensor:
        return logits.softmax(0) @ amplitude

    mistakes = (
        Mistake(
            lambda logits: amplitude[logits.argmax()],
            tr(
                "가장 그럴듯한 값입니다. 제곱 오차를 가장 작게 하는 것은 평균입니다.",
                "That is the likeliest value. The squared error is smallest at the mean.",
            ),
        ),
        Mistake(
            lambda logits: amplitude[(logits.softmax(0) @ code.float()).round().long()],
            tr(
                "부호의 평균을 풀었습니다. 곡선이 구부러져 있으므로, 먼저 진폭으로 풀고 나서 평균을 냅니다.",
                "You decoded the mean of codes. The curve is bent: decode first, then take the mean.",
            ),
        ),
        Mistake(
            lambda logits: logits.softmax(0) @ code.float(),
            tr(
                "부호의 평균입니다. 물은 것은 진폭입니다.",
                "That is the mean of codes; an amplitude is wanted.",
            ),
        ),
        Mistake(
            lambda logits: logits @ amplitude,
            tr(
                "로짓으로 가중했습니다. 로짓은 확률이 아닙니다. 먼저 소프트맥스를 취합니다.",
                "Weighted by logits, which are no probabilities. Take the softmax first.",
            ),
        ),
    )
    g = torch.Generator().manual_seed(0)
    two_modes = torch.logaddexp(
        -0.5 * ((code - 30) / 8.0) ** 2, -0.5 * ((code - 225) / 12.0) ** 2 - 0.4
    )
    cases = [(two_modes,), (2 * torch.randn(256, generator=g),)]
    hint = tr("확률로 진폭의 평균을 냅니다.", "The mean of amplitudes, weighted by probability.")
    return check_answer(answer, right, cases, mistakes, hint)


def check_bell(answer: Callable[[float, float, int], Tensor]) -> CheckResult:
    """Exercise 3.3: the probabilities of a discretized logistic component.

    Args:
        answer: (mean, scale, K), both in levels -> the K probabilities.

    Example:
        >>> def slope(c, mean, scale):
        ...     s = torch.sigmoid((c - mean) / scale)
        ...     return s * (1 - s) / scale
        >>> check_bell(lambda mean, scale, K: slope(torch.arange(K), mean, scale))
        ✘ That is the height of the bell. A level has the area above it, a difference of two F.
    """

    def F(c: Tensor, mean: float, scale: float) -> Tensor:
        return torch.sigmoid((c - mean) / scale)

    def inner(mean: float, scale: float, K: int, half: float = 0.5) -> Tensor:
        c = torch.arange(K)
        return F(c + half, mean, scale) - F(c - half, mean, scale)

    def right(mean: float, scale: float, K: int) -> Tensor:
        between = F(torch.arange(K - 1) + 0.5, mean, scale)
        return torch.cat([torch.zeros(1), between, torch.ones(1)]).diff()

    def height(mean: float, scale: float, K: int) -> Tensor:
        s = F(torch.arange(K), mean, scale)
        return s * (1 - s) / scale

    def from_below(mean: float, scale: float, K: int) -> Tensor:
        at = F(torch.arange(1, K), mean, scale)
        return torch.cat([torch.zeros(1), at, torch.ones(1)]).diff()

    mistakes = (
        Mistake(
            inner,
            tr(
                "양 끝이 꼬리를 갖지 않아서 합이 1보다 작습니다. 맨 아래는 F 대신 0, 맨 위는 1입니다.",
                "The ends do not own their tails: the sum is below 1. The lowest F is 0, the highest 1.",
            ),
        ),
        Mistake(
            lambda mean, scale, K: inner(mean, scale, K) / inner(mean, scale, K).sum(),
            tr(
                "합으로 나누어 1로 맞추었습니다. 그러면 꼬리가 모든 눈금에 흩어집니다. 꼬리는 끝의 것입니다.",
                "Divided by the sum: that spreads the tails over all levels. They belong to the ends.",
            ),
        ),
        Mistake(
            height,
            tr(
                "종의 높이입니다. 눈금이 갖는 것은 그 위의 넓이, 곧 두 F의 차이입니다.",
                "That is the height of the bell. A level has the area above it, a difference of two F.",
            ),
        ),
        Mistake(
            lambda mean, scale, K: inner(mean, scale, K, half=1.0),
            tr(
                "너비가 2입니다. 눈금의 경계는 양쪽으로 1/2씩입니다.",
                "Your stretches are 2 wide; a level reaches 1/2 to either side.",
            ),
        ),
        Mistake(
            from_below,
            tr(
                "i부터 i+1까지를 눈금 i에 주었습니다. 분포가 반 칸 밀립니다. 경계는 i ± 1/2입니다.",
                "Level i got what lies from i to i + 1, half a level off. Its borders are i - 1/2 and i + 1/2.",
            ),
        ),
    )
    cases = [(7.3, 2.0, 16), (0.4, 1.5, 16), (20.0, 3.0, 8), (-1.0, 0.7, 5)]
    hint = tr("경계마다 F를 구하고 이웃끼리 뺍니다.", "F at every border; then differences.")
    return check_answer(answer, right, cases, mistakes, hint)


def check_fair_bits(answer: Callable[[float, Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 3.4: bits per mu-law code, converted to bits per 16-bit sample.

    Args:
        answer: (bits, q, w), bits a code, codes, and 16-bit values a code -> bits at 16 bits.

    Example:
        >>> check_fair_bits(lambda bits, q, w: bits + 8)
        ✘ 8 bits more is right for even levels; in mu-law it depends on the code.
    """

    def right(bits: float, q: Tensor, w: Tensor) -> Tensor:
        return bits + w[q].log2().mean()

    mistakes = (
        Mistake(
            lambda bits, q, w: bits + 8,
            tr(
                "8비트를 더하는 것은 고른 눈금일 때입니다. μ-law에서는 부호마다 다릅니다.",
                "8 bits more is right for even levels; in mu-law it depends on the code.",
            ),
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].float().mean().log2(),
            tr(
                "평균을 먼저 냈습니다. 비트는 샘플마다 더해지므로 로그가 먼저입니다.",
                "You took the mean first. Bits add up sample by sample, so the logarithm comes first.",
            ),
        ),
        Mistake(
            lambda bits, q, w: bits + w.log2().mean(),
            tr(
                "부호 256개를 똑같이 쳤습니다. 소리에 나온 대로, w[q]로 평균을 냅니다.",
                "All 256 codes count the same here; the mean is over what occurred, w[q].",
            ),
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].log().mean(),
            tr("자연로그를 썼습니다. 비트는 밑이 2입니다.", "Natural logarithms: bits need base 2."),
        ),
        Mistake(
            lambda bits, q, w: bits - w[q].log2().mean(),
            tr(
                "뺐습니다. 더 촘촘한 눈금을 맞히는 데는 비트가 더 듭니다.",
                "You subtracted; to hit a finer level takes more bits, not fewer.",
            ),
        ),
    )  # fmt: skip
    every = torch.arange(-(2**15), 2**15) / 2**15
    w = mulaw.encode(every).bincount(minlength=256)
    g = torch.Generator().manual_seed(0)
    cases = [
        (4.2, torch.randint(100, 156, (50,), generator=g), w),
        (5.5, torch.randint(256, (80,), generator=g), w),
    ]
    hint = tr("샘플마다 log2(w)를 더합니다.", "Every sample costs log2(w) more.")
    return check_answer(answer, right, cases, mistakes, hint)
