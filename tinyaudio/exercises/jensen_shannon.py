"""Chapter 13, "VAE against GAN, and both together": the divergence that the best discriminator measures."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _kl(p: Tensor, q: Tensor) -> Tensor:
    """KL(p || q) in nats, over the bins in which p is above 0."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def _js(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)) / 2


def _cases(generator: Generator) -> list[Case]:
    """Two histograms without empty bins; of the first pair both halves differ much."""
    random = (0.1 + torch.rand(2, n, generator=generator) for n in (3, 5))
    return [
        (torch.tensor([0.9, 0.1]), torch.tensor([0.4, 0.6])),
        *((p / p.sum(), q / q.sum()) for p, q in random),
    ]


_P, _Q = torch.tensor([0.5, 0.5, 0.0, 0.0]), torch.tensor([0.0, 0.5, 0.5, 0.0])
_FAR = torch.tensor([0.0, 0.0, 0.0, 1.0])


def _by_logarithm(p: Tensor, q: Tensor) -> Tensor:
    """Right but for empty bins, where it takes 0 times the logarithm of 0."""
    D = p / (p + q)
    return (p * D.log()).sum() / 2 + (q * (1 - D).log()).sum() / 2 + math.log(2)


def _moved(change: Callable[[Tensor], Tensor]) -> Answer:
    """A function of the right divergence."""
    return lambda p, q: change(_js(p, q))


JS = Exercise(
    right=_js,
    cases=_cases,
    edges=[(_P, _P), (_P, _Q), (_P, _FAR), (_Q, _P)],
    mistakes=(
        Mistake(
            _by_logarithm,
            "빈 칸이 없을 때는 맞습니다. 빈 칸에서는 0 · ln 0이 나오므로 torch.xlogy를 쓰십시오.",
            "Right without empty bins; in those it meets 0 * ln 0. Use torch.xlogy.",
        ),
        Mistake(
            lambda p, q: _kl(p, q),
            "한쪽의 KL(p ‖ q)입니다. p와 q를 모두 가운데 m = (p + q) / 2와 견줍니다.",
            "That is KL(p || q), one-sided; both p and q are compared with the middle m = (p + q) / 2.",
        ),
        Mistake(
            lambda p, q: _kl(q, p),
            "한쪽의 KL(q ‖ p)입니다. p와 q를 모두 가운데 m = (p + q) / 2와 견줍니다.",
            "That is KL(q || p), one-sided; both p and q are compared with the middle m = (p + q) / 2.",
        ),
        Mistake(
            lambda p, q: (_kl(p, q) + _kl(q, p)) / 2,
            "두 KL의 평균(제프리스 발산)입니다. 서로가 아니라 가운데와 견줍니다.",
            "That is the mean of both KLs (Jeffreys divergence); compare with the middle, not with each other.",
        ),
        Mistake(
            lambda p, q: _kl(p, (p + q) / 2),
            "p의 절반뿐입니다. q도 가운데와 견주어 평균을 냅니다.",
            "That is p's half alone; compare q with the middle, too, and take the mean.",
        ),
        Mistake(
            _moved(lambda js: js / math.log(2)),
            "단위가 비트입니다. 자연로그를 쓰십시오.",
            "Those are bits; take natural logarithms.",
        ),
        Mistake(
            _moved(lambda js: 2 * js - 2 * math.log(2)),
            "그것은 게임의 값 V = 2 JS - 2 ln 2입니다. 2 ln 2를 더하고 2로 나누십시오.",
            "That is the value of the game, V = 2 JS - 2 ln 2: add 2 ln 2, and divide by 2.",
        ),
        Mistake(
            _moved(lambda js: js - math.log(2)),
            "ln 2가 빠졌습니다. p = q이면 0이어야 합니다.",
            "The ln 2 is missing: for p = q it should be 0.",
        ),
        Mistake(
            _moved(lambda js: 2 * js),
            "2로 나누지 않았습니다. V + 2 ln 2 = 2 JS입니다.",
            "It is not divided by 2: V + 2 ln 2 = 2 JS.",
        ),
        Mistake(
            _moved(lambda js: js.clamp(min=0).sqrt()),
            "제곱근(옌센–섀넌 거리)입니다. 발산 자체를 돌려주십시오.",
            "That is the square root, the Jensen–Shannon distance; return the divergence itself.",
        ),
        Mistake(
            lambda p, q: _js(p, q) / len(p),
            "칸에 대해 평균을 냈습니다. 더합니다.",
            "You took the mean over bins; add them up.",
        ),
        Mistake(
            lambda p, q: (p - q).abs().sum() / 2,
            "로그가 없는 총변동 거리입니다.",
            "That is total variation, which has no logarithm.",
        ),
    ),
    hint=(
        "D = p / (p + q)를 값 V에 넣으면 V = 2 JS - 2 ln 2입니다.",
        "Put D = p / (p + q) into the value V; then V = 2 JS - 2 ln 2.",
    ),
)


def check_js(answer: Callable[[Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 13.2: the Jensen-Shannon divergence of two histograms, in nats.

    Args:
        answer: (p, q), both (K,), each of sum 1 -> (); 0 or more, at most ln 2.

    Example:
        >>> check_js(lambda p, q: (p * (p / q).log()).sum())
        ✘ That is KL(p || q), one-sided; both p and q are compared with the middle m = (p + q) / 2.
    """
    return JS.check(answer)
