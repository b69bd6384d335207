"""Chapter 6, "Conditioning and the mel vocoder": a mel spectrogram stretched in time."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _at(mels: Tensor, places: Tensor) -> Tensor:
    """Between frames by lines, beyond the ends the last one."""
    last = mels.shape[1] - 1
    places = places.clamp(0, last)
    below = places.floor().long()
    return torch.lerp(mels[:, below], mels[:, (below + 1).clamp(max=last)], places - below)


def _count(mels: Tensor, factor: float) -> int:
    return round(mels.shape[1] * factor)


def _places(change: Callable[[Tensor, int, float], Tensor]) -> Answer:
    """Frames at other places: a function of the new frame m, the old number N, and the factor."""
    return lambda mels, factor: _at(
        mels, change(torch.arange(_count(mels, factor)), mels.shape[1], factor)
    )


_stretched = _places(lambda m, N, factor: m / factor)


def _weights_swapped(mels: Tensor, factor: float) -> Tensor:
    last = mels.shape[1] - 1
    places = (torch.arange(_count(mels, factor)) / factor).clamp(max=last)
    below = places.floor().long()
    return torch.lerp(mels[:, (below + 1).clamp(max=last)], mels[:, below], places - below)


def _zero_beyond(mels: Tensor, factor: float) -> Tensor:
    return _at(F.pad(mels, (0, 1)), torch.arange(_count(mels, factor)) / factor)


def _counted(count: Callable[[float], int]) -> Answer:
    """With another number of frames."""
    return lambda mels, factor: _at(mels, torch.arange(count(mels.shape[1] * factor)) / factor)


def _spectrograms(generator: Generator) -> list[Case]:
    """Factors above and below 1; numbers of frames that do not come out even."""
    kinds = ((4, 6, 1.5), (3, 7, 1.4), (3, 9, 0.7), (2, 5, 2.3))
    return [(torch.randn(M, N, generator=generator), factor) for M, N, factor in kinds]


STRETCH = Exercise(
    right=_stretched,
    cases=_spectrograms,
    edges=[(torch.tensor([[0.0, 2.0, 4.0]]), 2.0), (torch.ones(2, 3), 1.0), (torch.ones(2, 1), 3.0)],
    mistakes=(
        Mistake(
            lambda mels, factor: _stretched(mels.T, factor).T,
            "시간이 아니라 멜 칸을 늘였습니다. 소리가 느려지지 않고 음색이 바뀝니다.",
            "You stretched the bands, not the time: it would not be slower but of another colour.",
        ),
        Mistake(
            lambda mels, factor: _stretched(mels, 1 / factor),
            "거꾸로입니다. factor가 2이면 프레임이 두 배가 되어야 합니다.",
            "The wrong way round: with a factor of 2 there should be twice as many frames.",
        ),
        Mistake(
            _places(lambda m, N, factor: m * factor),
            "프레임 수는 맞지만 자리를 곱했습니다. 새 프레임 m은 원래의 m / factor 자리에 있습니다.",
            "The number of frames is right, but places are multiplied: new frame m stands at m / factor.",
        ),
        Mistake(
            _places(lambda m, N, factor: (m / factor).floor()),
            "앞 프레임을 그대로 되풀이했습니다. 두 프레임 사이는 선으로 잇습니다.",
            "Frames are repeated as they are; between two of them draw a line.",
        ),
        Mistake(
            _places(lambda m, N, factor: (m / factor).round()),
            "가장 가까운 프레임을 골랐습니다. 두 프레임 사이는 선으로 잇습니다.",
            "The nearest frame was taken; between two of them draw a line.",
        ),
        Mistake(
            _places(lambda m, N, factor: (m / factor).ceil()),
            "뒤 프레임을 골랐습니다. 두 프레임 사이는 선으로 잇습니다.",
            "The next frame was taken; between two of them draw a line.",
        ),
        Mistake(
            _places(lambda m, N, factor: torch.linspace(0, N - 1, len(m))),
            "마지막 프레임을 새 끝까지 잡아 늘였습니다. 새 프레임 m은 m / factor 자리에 있습니다.",
            "The last frame was pulled to the new end; new frame m stands at m / factor.",
        ),
        Mistake(
            _places(lambda m, N, factor: (m + 0.5) / factor - 0.5),
            "반 프레임 어긋났습니다. F.interpolate는 프레임을 구간의 가운데에 둡니다.",
            "Off by half a frame: F.interpolate puts frames in the middle of their stretch.",
        ),
        Mistake(
            _places(lambda m, N, factor: (m + 1) / factor),
            "한 프레임 앞섭니다. 새 프레임 0은 원래의 0 자리에 있습니다.",
            "One frame ahead: new frame 0 stands at place 0.",
        ),
        Mistake(
            lambda mels, factor: _at(mels.flip(1), (torch.arange(_count(mels, factor)) / factor)),
            "시간이 거꾸로 흐릅니다.",
            "Time runs backwards.",
        ),
        Mistake(
            _weights_swapped,
            "두 가중치가 바뀌었습니다. 아래 프레임의 가중치가 1 - p, 위 프레임의 가중치가 p입니다.",
            "The two weights are swapped: the frame below has 1 - p, the one above p.",
        ),
        Mistake(
            _zero_beyond,
            "마지막 프레임 뒤가 0으로 내려갑니다. 마지막 프레임에 머무르십시오.",
            "Beyond the last frame it falls to zero; stay at the last one.",
        ),
        Mistake(
            _counted(math.floor),
            "프레임 수를 버림했습니다. round(N * factor)개입니다.",
            "The number of frames is rounded down; it is round(N * factor).",
        ),
        Mistake(
            _counted(math.ceil),
            "프레임 수를 올림했습니다. round(N * factor)개입니다.",
            "The number of frames is rounded up; it is round(N * factor).",
        ),
        Mistake(
            lambda mels, factor: mels,
            "늘이지 않았습니다.",
            "Nothing was stretched.",
        ),
    ),
    hint=(
        "새 프레임 m은 원래의 m / factor 자리에 있습니다.",
        "New frame m stands where m / factor was.",
    ),
)  # fmt: skip


def check_stretch(answer: Callable[[Tensor, float], Tensor]) -> CheckResult:
    """Exercise 6.4: a mel spectrogram, stretched in time.

    Args:
        answer: (mels, factor), mels of shape (M, N) -> (M, round(N factor)).

    Example:
        >>> check_stretch(lambda mels, factor: mels)
        ✘ Nothing was stretched.
    """
    return STRETCH.check(answer)
