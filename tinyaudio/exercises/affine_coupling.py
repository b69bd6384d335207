"""Chapter 23, "Every vocoder on one bench": an affine coupling that goes both ways."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Network = Callable[[Tensor], tuple[Tensor, Tensor]]
Coupled = Callable[[Tensor, Network, bool], Tensor]
Moved = Callable[[Tensor, Tensor, Tensor], Tensor]  # one half, s and t


def network(half: Tensor) -> tuple[Tensor, Tensor]:
    """Logarithms of scales and shifts; no inverse can be found for it."""
    return 0.3 + torch.tanh(half.flip(0)), half.square() - 0.5


def _cases(generator: Generator) -> list[Case]:
    sounds = [torch.randn(shape, generator=generator) for shape in ((2, 3), (4, 2))]
    return [(x, network, inverse) for x in sounds for inverse in (False, True)]


def _forward(moved: Tensor, s: Tensor, t: Tensor) -> Tensor:
    return s.exp() * moved + t


def _back(moved: Tensor, s: Tensor, t: Tensor) -> Tensor:
    return (moved - t) * (-s).exp()


def _coupled(forward: Moved = _forward, back: Moved = _back) -> Coupled:
    """A coupling that moves its half in these ways."""

    def answer(x: Tensor, network: Network, inverse: bool) -> Tensor:
        seen, moved = x.chunk(2)
        return torch.cat([seen, (back if inverse else forward)(moved, *network(seen))])

    return answer


_right = _coupled()


def _other_half(x: Tensor, network: Network, inverse: bool) -> Tensor:
    half = x.shape[0] // 2
    return _right(x.roll(half, 0), network, inverse).roll(half, 0)


def _of_the_moved(x: Tensor, network: Network, inverse: bool) -> Tensor:
    seen, moved = x.chunk(2)
    found = network(moved if inverse else seen)
    return _right(x, lambda half: found, inverse)


COUPLED = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            _coupled(back=lambda m, s, t: m * (-s).exp() - t),
            "거꾸로 갈 때의 순서가 틀렸습니다. 나중에 더한 t를 먼저 빼고, 그다음 나눕니다.",
            "The order of the way back is wrong: t was added last, so take it away first, and then divide.",
        ),
        Mistake(
            _coupled(back=lambda m, s, t: (m - t) * s.exp()),
            "거꾸로 갈 때 나누지 않고 또 곱했습니다.",
            "The way back multiplies once more; it has to divide.",
        ),
        Mistake(
            _coupled(lambda m, s, t: s * m + t, lambda m, s, t: (m - t) / s),
            "s를 그대로 곱했습니다. s는 배율의 로그이므로 exp(s)를 곱합니다.",
            "You multiplied by s, which is the logarithm of the scale: multiply by exp(s).",
        ),
        Mistake(
            _of_the_moved,
            "거꾸로 갈 때 옮겨진 절반을 신경망에 넣었습니다. 두 방향 모두 앞의 절반을 넣습니다.",
            "On the way back the network sees the half that was moved; show it the first in both directions.",
        ),
        Mistake(
            _other_half,
            "절반이 바뀌었습니다. 앞의 절반을 보고 뒤의 절반을 옮깁니다.",
            "The halves have changed places: see the first, move the second.",
        ),
        Mistake(
            _coupled(_back, _forward),
            "두 방향이 바뀌었습니다.",
            "The two directions have changed places.",
        ),
        Mistake(
            lambda x, network, inverse: _right(x, network, inverse).chunk(2)[1],
            "보기만 한 절반이 빠졌습니다. 두 절반을 다시 이으십시오.",
            "The half that was only seen is missing: join both halves again.",
        ),
        Mistake(
            lambda x, network, inverse: _right(x, network, False),
            "inverse를 쓰지 않았습니다.",
            "The argument inverse is not used.",
        ),
    ),
    hint=(
        "seen, moved = x.chunk(2)로 나누고 s, t = network(seen)을 구하십시오.",
        "Begin with seen, moved = x.chunk(2), then s, t = network(seen).",
    ),
)


def check_coupled(answer: Coupled) -> CheckResult:
    """Exercise 23.5: an affine coupling and its inverse.

    Args:
        answer: (x, network, inverse), channels (C, J), a function of the first half that returns (s, t), and
            the direction -> channels of the same shape.

    Example:
        >>> check_coupled(lambda x, network, inverse: _right(x, network, False))
        ✘ The argument inverse is not used.
    """
    return COUPLED.check(answer)
