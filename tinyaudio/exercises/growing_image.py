"""Chapter 16, "GANSynth: a picture grows": the image after so many training examples."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise, fixed

Grown = Callable[[Sequence[Tensor], int, int, int], Tensor]
FADE, STABLE = 100, 60


def _images(generator: Generator, n: int) -> list[Tensor]:
    """Of n resolutions, from 1 x 2 pixels."""
    return [torch.randn(2, 2**k, 2 ** (k + 1), generator=generator) for k in range(n)]


def _cases(generator: Generator) -> list[Case]:
    """Before a fade, within two of them, and in the stable parts behind them."""
    times = (30, 90, 185, 250, 330)
    return [(_images(generator, n), at, FADE, STABLE) for n in (3, 4) for at in times]


def _repeated(image: Tensor, size: tuple[int, int]) -> Tensor:
    factor = size[0] // image.shape[1]
    return image.repeat_interleave(factor, 1).repeat_interleave(factor, 2)


def _bilinear(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image[None], size=size, mode="bilinear")[0]


def _tiled(image: Tensor, size: tuple[int, int]) -> Tensor:
    factor = size[0] // image.shape[1]
    return image.repeat(1, factor, factor)


def _time(examples: int, fade: int, stable: int) -> tuple[int, float]:
    """How many resolutions stand behind, and the weight of the next."""
    since = examples - stable
    if since < 0:
        return 0, 0.0
    k, rest = divmod(since, fade + stable)
    return k, min(1.0, rest / fade)


def _grown(
    time: Callable[[int, int, int], tuple[int, float]] = _time,
    mix: Callable[[Tensor, Tensor, float], Tensor] = lambda a, b, alpha: (
        (1 - alpha) * a + alpha * b
    ),
    enlarge: Callable[[Tensor, tuple[int, int]], Tensor] = _repeated,
) -> Answer:
    """The right image, or one with a part of it replaced."""

    def grown(images: Sequence[Tensor], examples: int, fade: int, stable: int) -> Tensor:
        k, alpha = time(examples, fade, stable)
        last = len(images) - 1
        size = (images[last].shape[1], images[last].shape[2])
        if k >= last:
            return images[last]
        return mix(enlarge(images[k], size), enlarge(images[k + 1], size), alpha)

    return grown


def _fades_at_once(examples: int, fade: int, stable: int) -> tuple[int, float]:
    k, rest = divmod(examples, fade + stable)
    return k, min(1.0, rest / fade)


def _not_held(examples: int, fade: int, stable: int) -> tuple[int, float]:
    since = examples - stable
    if since < 0:
        return 0, 0.0
    k, rest = divmod(since, fade + stable)
    return k, rest / fade


def _slow(examples: int, fade: int, stable: int) -> tuple[int, float]:
    since = max(0, examples - stable)
    k, rest = divmod(since, fade + stable)
    return k, rest / (fade + stable)


def _all_at_once(examples: int, fade: int, stable: int) -> tuple[int, float]:
    k, alpha = _time(examples, fade, stable)
    return k, float(math.ceil(alpha))


def _whole(examples: int, fade: int, stable: int) -> tuple[int, float]:
    k, alpha = _time(examples, fade, stable)
    return k, float(math.floor(alpha))


def _no_stable(examples: int, fade: int, stable: int) -> tuple[int, float]:
    k, rest = divmod(examples, fade)
    return k, rest / fade


GROWN = Exercise(
    right=_grown(),
    cases=fixed(*_cases(torch.Generator().manual_seed(0))),
    edges=[
        (_images(torch.Generator().manual_seed(0), n), at, FADE, STABLE)
        for n, at in ((3, 0), (3, 60), (3, 100_000), (1, 70))
    ],
    mistakes=(
        Mistake(
            _grown(_fades_at_once),
            "처음부터 다음 해상도가 섞입니다. 첫 해상도는 stable만큼 혼자 배운 다음에 섞입니다.",
            "The next resolution is faded in from the start; the first one is used alone for stable examples.",
        ),
        Mistake(
            _grown(_not_held),
            "α가 1을 넘습니다. 페이드가 끝나면 stable 동안 1로 머뭅니다.",
            "α exceeds 1; after the fade it stays at 1 for stable examples.",
        ),
        Mistake(
            _grown(_slow),
            "α가 fade + stable에 걸쳐 커집니다. fade 동안에만 커지고 그 뒤에는 1입니다.",
            "α rises over fade + stable; it rises during fade alone, and then is 1.",
        ),
        Mistake(
            _grown(_no_stable),
            "stable이 빠졌습니다. 페이드와 페이드 사이에는 stable만큼 쉽니다.",
            "There is no stable part; between two fades, stable examples are trained without one.",
        ),
        Mistake(
            _grown(_all_at_once),
            "페이드가 시작되자마자 고운 그림만 나옵니다. α에 따라 섞으십시오.",
            "Only the finer image is left as soon as the fade begins; blend by α.",
        ),
        Mistake(
            _grown(_whole),
            "페이드가 끝날 때까지 거친 그림만 나옵니다. 정수 나눗셈을 쓰지 않았습니까?",
            "The coarse image stays alone until the fade is over; is α an integer division?",
        ),
        Mistake(
            _grown(mix=lambda a, b, alpha: alpha * a + (1 - alpha) * b),
            "두 가중치가 바뀌었습니다. 고운 그림의 가중치가 α입니다.",
            "The two weights are swapped: α is that of the finer image.",
        ),
        Mistake(
            _grown(mix=lambda a, b, alpha: a + alpha * b),
            "거친 그림의 가중치가 늘 1입니다. 두 가중치의 합이 1이 되게 하십시오.",
            "The weight of the coarse image is always 1; the two weights add up to 1.",
        ),
        Mistake(
            _grown(mix=lambda a, b, alpha: alpha * b),
            "거친 그림이 빠졌습니다. 1 - α를 곱해 더하십시오.",
            "The coarse image is missing: add it, times 1 - α.",
        ),
        Mistake(
            _grown(enlarge=_bilinear),
            "픽셀 사이를 보간했습니다. 같은 픽셀을 되풀이하십시오.",
            "You interpolated between pixels; repeat each pixel.",
        ),
        Mistake(
            _grown(enlarge=_tiled),
            "그림 전체를 타일처럼 되풀이했습니다. 픽셀마다 되풀이하십시오(repeat_interleave).",
            "You repeated the whole image like tiles; repeat every pixel (repeat_interleave).",
        ),
    ),
    hint=(
        "stable을 먼저 빼고, fade + stable로 나눈 몫과 나머지를 쓰십시오.",
        "Subtract stable first, then take quotient and remainder by fade + stable.",
    ),
)


def check_grown(answer: Grown) -> CheckResult:
    """Exercise 16.3: the image that a growing generator shows after so many training examples.

    Args:
        answer: (images, examples, fade, stable) -> the image, of the size of the last.  The images are of K
            resolutions, (2, H, W), (2, 2 H, 2 W) and so on.

    Example:
        >>> check_grown(lambda images, examples, fade, stable: images[-1])
        ✘ <lambda>(... should be ..., not ....
    """
    return GROWN.check(answer)
