"""Chapter 10, "A WaveNet autoencoder, and timbre": which samples a latent depends on, by its gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Encoder = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class _Encoder:
    """(1, 1, T) -> (1, 2, T / hop): a two-sided convolution, tanh, hops' means; one channel looks farther.

    The gradient is negative behind a hop; the first channel has half the reach of the second.
    """

    hop: int
    left: int
    right: int

    def __call__(self, audio: Tensor) -> Tensor:
        taps = torch.full((self.left + 1 + self.right,), 0.1)
        taps[self.left + 1 :] = -0.05
        narrow = torch.zeros_like(taps)
        narrow[self.left - self.left // 2 : self.left + 1 + self.right // 2] = 0.03
        padded = F.pad(audio, (self.left, self.right))
        h = torch.tanh(F.conv1d(padded, torch.stack([narrow, taps])[:, None]))
        return h.unflatten(2, (-1, self.hop)).mean(3)


def _cases(generator: Generator) -> list[Case]:
    a, b, c, e = torch.randint(2, 7, (4,), generator=generator).tolist()
    return [
        (_Encoder(8, a, a + 1), 64, 3),
        (_Encoder(8, b + 7, b), 64, 4),
        (_Encoder(10, c, c + 9), 70, 3),
        (_Encoder(10, 0, e), 60, 2),
        (_Encoder(8, e, 0), 64, 3),
    ]


def _slope(encoder: Encoder, T: int, n: int, channels: slice = slice(None)) -> Tensor:
    audio = torch.zeros(1, 1, T, requires_grad=True)
    (slope,) = torch.autograd.grad(encoder(audio)[0, channels, n].sum(), audio)
    return slope[0, 0]


def _ends(touched: Tensor) -> tuple[int, int]:
    places = touched.nonzero()
    return int(places.min()), int(places.max())


def _seen(encoder: Encoder, T: int, n: int) -> tuple[int, int]:
    return _ends(_slope(encoder, T, n) != 0)


def _with(change: Callable[[int, int], tuple[int, int] | int]) -> Answer:
    return lambda encoder, T, n: change(*_seen(encoder, T, n))


def _every(encoder: Encoder, T: int, n: int) -> tuple[int, int]:
    audio = torch.zeros(1, 1, T, requires_grad=True)
    (slope,) = torch.autograd.grad(encoder(audio).sum(), audio)
    return _ends(slope[0, 0] != 0)


def _own_hop(encoder: Encoder, T: int, n: int) -> tuple[int, int]:
    hop = T // encoder(torch.zeros(1, 1, T)).shape[2]
    return n * hop, n * hop + hop - 1


SEEN = Exercise(
    right=_seen,
    cases=_cases,
    edges=[(_Encoder(4, 3, 3), 16, 0), (_Encoder(4, 3, 3), 16, 3)],
    mistakes=(
        Mistake(
            lambda encoder, T, n: _ends(_slope(encoder, T, n) > 0),
            "양수인 기울기만 셌습니다. 0이 아니면 의존하는 것입니다.",
            "Only positive gradients count here; any that is not 0 is a dependence.",
        ),
        Mistake(
            lambda encoder, T, n: _ends(_slope(encoder, T, n, slice(1)) != 0),
            "첫 채널만 미분했습니다. 모든 채널을 더하십시오.",
            "Only the first channel was differentiated; add up all channels.",
        ),
        Mistake(
            _with(lambda first, last: (first, last + 1)),
            "끝이 하나 많습니다. last는 의존하는 마지막 샘플의 번호입니다.",
            "The end is one too far: last is the number of the last sample that counts.",
        ),
        Mistake(
            _with(lambda first, last: (last, first)),
            "순서가 바뀌었습니다. (first, last)입니다.",
            "The order is wrong: it is (first, last).",
        ),
        Mistake(
            _with(lambda first, last: last - first + 1),
            "샘플의 개수입니다. 처음과 끝의 번호를 돌려주십시오.",
            "That is how many samples there are; return the numbers of the first and the last.",
        ),
        Mistake(
            _own_hop,
            "자기 홉만 셌습니다. 합성곱이 홉의 바깥까지 봅니다.",
            "That is the latent's own hop; the convolutions see beyond it.",
        ),
        Mistake(
            _every,
            "모든 잠재 변수를 더해 미분했습니다. n번째만 미분하십시오.",
            "All latents were differentiated together; take the n-th alone.",
        ),
        Mistake(
            lambda encoder, T, n: _seen(encoder, T, n - 1),
            "한 칸 앞의 잠재 변수입니다. n은 0부터 셉니다.",
            "That is the latent before; n counts from 0.",
        ),
        Mistake(
            lambda encoder, T, n: (_seen(encoder, T, n)[0], _own_hop(encoder, T, n)[1]),
            "인과적이라고 보아 미래를 세지 않았습니다.",
            "Taken to be causal: what lies behind the hop is not counted.",
        ),
        Mistake(
            lambda encoder, T, n: (_own_hop(encoder, T, n)[0], _seen(encoder, T, n)[1]),
            "홉보다 앞선 샘플을 세지 않았습니다.",
            "What lies before the hop is not counted.",
        ),
    ),
    hint=(
        "길이 T의 입력에 requires_grad를 켜고, encoder(audio)[0, :, n].sum()을 미분하십시오.",
        "Turn on requires_grad of an input of length T, and differentiate encoder(audio)[0, :, n].sum().",
    ),
)


def check_seen(answer: Callable[[Encoder, int, int], tuple[int, int]]) -> CheckResult:
    """Exercise 10.4: the first and the last sample that a latent depends on.

    Args:
        answer: (encoder, T, n), a function (1, 1, T) -> (1, D, N), a length, and the number of a latent
            -> (first, last), numbers of samples from 0.

    Example:
        >>> check_seen(lambda encoder, T, n: (0, T - 1))
        ✘ ...
    """
    return SEEN.check(answer)
