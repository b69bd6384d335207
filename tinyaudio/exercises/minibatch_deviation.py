"""Chapter 16, "GANSynth: a picture grows": the channel by which a discriminator sees a batch of copies.

The generator learns from this channel only if it has a gradient, which a witness looks at.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise, fixed

EPSILON = 1e-6


def _case(generator: Generator, *shape: int) -> Case:
    """Activations whose spread differs from place to place, so that a mean of roots is no root of a mean."""
    spread = 0.2 + 2 * torch.rand(1, *shape[1:], generator=generator)
    return (spread * torch.randn(shape, generator=generator),)


def _cases(generator: Generator) -> list[Case]:
    return [_case(generator, 4, 3, 2, 5), _case(generator, 3, 2, 4, 3)]


def _appended(x: Tensor, one: Tensor) -> Tensor:
    return torch.cat([x, one.expand(len(x), 1, *x.shape[2:])], dim=1)


def _deviations(x: Tensor, correction: int = 0) -> Tensor:
    """At every place and channel, (C, H, W)."""
    return (x.var(0, correction=correction) + EPSILON).sqrt()


def _with(deviation: Callable[[Tensor], Tensor]) -> Answer:
    """One more channel of another number, or of a map."""
    return lambda x: _appended(x, deviation(x))


_right = _with(lambda x: _deviations(x).mean())
# Of copies, the value shows; of other batches, it is right.
_no_epsilon = _with(lambda x: x.var(0, correction=0).sqrt().mean())

_DETACHED = Mistake(
    _with(lambda x: _deviations(x).mean().detach()),
    "값은 맞지만 새 채널에 기울기가 없습니다. item()이나 detach() 없이 계산해야 생성자가 이 채널에서 배웁니다.",
    "The values are right, but the new channel has no gradient: without item() and detach() the generator "
    "can learn from it.",
)
_OTHER = Mistake(
    lambda x: None,
    "값은 맞지만 새 채널의 기울기가 다릅니다. 표준편차를 x에서 바로 계산하십시오.",
    "The values are right, but the new channel has another gradient: compute the deviation from x itself.",
)


def _slope(answer: Answer) -> Tensor:
    """Of the new channel, in x."""
    (x,) = _case(torch.Generator().manual_seed(1), 4, 3, 2, 5)
    x.requires_grad_()
    channel = answer(x)[:, -1].sum()
    if not channel.requires_grad:
        return torch.zeros_like(x)
    (found,) = torch.autograd.grad(channel, x, allow_unused=True)
    return torch.zeros_like(x) if found is None else found


def _witness(answer: Answer) -> Mistake | None:
    found = _slope(answer)
    if torch.allclose(found, _slope(_right), rtol=1e-3, atol=1e-5):
        return None
    return _OTHER if found.any() else _DETACHED


DEVIATION = Exercise(
    right=_right,
    cases=fixed(*_cases(torch.Generator().manual_seed(0))),
    edges=[(torch.arange(6.0).reshape(1, 3, 1, 2).repeat(4, 1, 1, 1),)],  # four copies
    witness=_witness,
    mistakes=(
        _DETACHED,
        Mistake(
            _with(lambda x: _deviations(x, correction=1).mean()),
            "분산을 B - 1로 나누었습니다. B로 나누십시오(correction=0).",
            "The variance was divided by B - 1; divide by B (correction=0).",
        ),
        Mistake(
            _with(lambda x: x.var(0, correction=0).mean()),
            "분산입니다. 제곱근을 취하십시오.",
            "That is the variance: take its root.",
        ),
        Mistake(
            _with(lambda x: (x.var(0, correction=0).mean() + EPSILON).sqrt()),
            "분산을 먼저 평균했습니다. 자리마다 제곱근을 취한 다음에 평균하십시오.",
            "You averaged the variances first; take the root at each place, then the mean.",
        ),
        Mistake(
            _with(lambda x: x.flatten(2).std(2, correction=0).mean()),
            "그림 안의 픽셀에 대한 표준편차입니다. 배치에 대해 구하십시오. 같은 그림 여러 장도 이 값은 큽니다.",
            "That is the deviation over the pixels of a picture, which copies have as well; take it over the "
            "batch.",
        ),
        Mistake(
            _with(lambda x: x.std(1, correction=0).mean()),
            "채널에 대한 표준편차입니다. 배치의 축은 0번입니다.",
            "That is the deviation over channels; the axis of the batch is 0.",
        ),
        Mistake(
            _with(lambda x: x.std(correction=0)),
            "모든 숫자의 표준편차입니다. 자리와 채널마다 배치에 대해 구한 다음 평균하십시오.",
            "That is the deviation of all numbers; take it over the batch at each place and channel, then the "
            "mean.",
        ),
        Mistake(
            _with(lambda x: _deviations(x.mean((1, 2, 3))).mean()),
            "그림마다 먼저 평균했습니다. 평균이 같고 무늬가 다른 그림은 가려내지 못합니다.",
            "You averaged each picture first, which hides that pictures of one mean differ.",
        ),
        Mistake(
            _with(lambda x: _deviations(x).mean(0)),
            "픽셀마다 다른 값이 남았습니다. 픽셀에 대해서도 평균하여 숫자 하나로 만드십시오.",
            "Each pixel has a value of its own; average over pixels, too, down to a single number.",
        ),
        Mistake(
            lambda x: torch.cat([x, _deviations(x).expand_as(x)], dim=1),
            "채널마다 한 장씩 덧붙었습니다. 채널에 대해서도 평균하여 한 장만 덧붙이십시오.",
            "You appended a channel for each channel; average over channels, too, and append one.",
        ),
        Mistake(
            lambda x: _right(x).roll(1, 1),
            "새 채널이 맨 앞에 있습니다. 맨 뒤에 덧붙이십시오.",
            "The new channel stands first; append it at the end.",
        ),
        Mistake(
            lambda x: _deviations(x).mean(),
            "숫자 하나만 돌려주었습니다. 그것으로 채운 채널을 x에 덧붙이십시오.",
            "You returned the number alone; append a channel filled with it to x.",
        ),
        Mistake(
            _no_epsilon,
            "같은 그림뿐인 배치에서 값이 다릅니다. 0에서는 제곱근의 기울기가 무한대이므로 제곱근 안에 1e-6을 "
            "더하십시오.",
            "The value differs for a batch of copies. The slope of a root is infinite at 0: add 1e-6 under "
            "the root.",
        ),
    ),
    hint=(
        "x.var(0, correction=0)은 (C, H, W)이고, expand로 숫자 하나를 (B, 1, H, W)로 늘입니다.",
        "x.var(0, correction=0) is (C, H, W); expand makes a number into (B, 1, H, W).",
    ),
)


def check_deviation(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 16.2: activations with one more channel, the mean deviation over the batch.

    Args:
        answer: x (B, C, H, W) -> (B, C + 1, H, W).

    Example:
        >>> check_deviation(lambda x: torch.cat([x, x.std(correction=0).expand(len(x), 1, *x.shape[2:])], 1))
        ✘ That is the deviation of all numbers; ...
    """
    return DEVIATION.check(answer)
