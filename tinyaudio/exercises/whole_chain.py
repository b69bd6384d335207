"""Chapter 24, "The whole chain": foreign frames, blocks without seams, an error's parts, the chain itself."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.linked import check_linked as check_linked

Link = Callable[[Tensor], Tensor]
FrontEnd = tuple[int, int]  # sample rate in Hz, hop in samples


def _front_ends(generator: Generator) -> list[Case]:
    seconds = (1 + torch.rand(3, generator=generator)).tolist()
    return [
        (seconds[0], (22_050, 256), (16_000, 256)),
        (seconds[1], (16_000, 200), (16_000, 256)),
        (seconds[2], (24_000, 300), (16_000, 256)),
    ]


PLAYED = Exercise(
    right=lambda seconds, made, read: seconds * made[0] / made[1] * read[1] / read[0],
    cases=_front_ends,
    mistakes=(
        Mistake(
            lambda seconds, made, read: seconds * read[0] / read[1] * made[1] / made[0],
            "비가 거꾸로입니다. 프레임의 수는 만든 쪽이, 프레임의 길이는 읽는 쪽이 정합니다.",
            "The ratio is upside down: who made the frames decides how many, who reads them how long each is.",
        ),
        Mistake(
            lambda seconds, made, read: seconds * read[1] / made[1],
            "홉만 보았습니다. 홉이 몇 초인지는 샘플링 레이트로 나누어야 나옵니다.",
            "You looked at the hops only; a hop lasts hop / sample rate seconds.",
        ),
        Mistake(
            lambda seconds, made, read: seconds * made[0] / read[0],
            "샘플링 레이트만 보았습니다. 홉도 다를 수 있습니다.",
            "You looked at the sample rates only; the hops may differ, too.",
        ),
        Mistake(
            lambda seconds, made, read: seconds,
            "길이가 그대로라고 보았습니다. 프레임에는 시각이 적혀 있지 않습니다.",
            "You take the length to stay as it was; frames do not carry their time.",
        ),
    ),
    hint=("프레임이 몇 개인지부터 구하십시오.", "Begin with the number of frames."),
)


def check_played(answer: Callable[[float, FrontEnd, FrontEnd], float]) -> CheckResult:
    """Exercise 24.1: how long frames of one front end last when another one reads them.

    Args:
        answer: (seconds, made, read), both (sample rate, hop) -> seconds.

    Example:
        >>> check_played(lambda seconds, made, read: seconds)
        ✘ You take the length to stay as it was; frames do not carry their time.
    """
    return PLAYED.check(answer)


def _filter(kernel: Tensor) -> Link:
    """A link that looks at as many samples on either side as half of its kernel."""

    def link(x: Any) -> Tensor:
        x = torch.as_tensor(x).float()
        return F.conv1d(x[None, None], kernel[None, None], padding=len(kernel) // 2)[0, 0]

    return link


def _streams(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for n, size, margin in ((12, 4, 1), (23, 6, 2), (30, 7, 3)):
        link = _filter(0.5 + torch.rand(2 * margin + 1, generator=generator))
        cases.append((link, 1 + torch.rand(n, generator=generator), size, margin))
    return cases


def _blocks(
    link: Link, x: Tensor, size: int, before: int, after: int, cut: Callable[[int], slice]
) -> Tensor:
    """Blocks with a margin before and after; what is kept of each depends on its margin before it."""
    parts = []
    for i in range(0, len(x), size):
        begin = max(0, i - before)
        parts.append(link(x[begin : i + size + after])[cut(i - begin)])
    return torch.cat(parts)


BLOCKS = Exercise(
    right=lambda link, x, size, margin: _blocks(
        link, x, size, margin, margin, lambda n: slice(n, n + size)
    ),
    cases=_streams,
    mistakes=(
        Mistake(
            lambda link, x, size, margin: _blocks(link, x, size, 0, 0, lambda n: slice(0, size)),
            "블록마다 따로 계산했습니다. 경계에서 고리가 이웃 대신 0을 봅니다.",
            "Each block is computed alone: at its ends the link sees zeros instead of its neighbours.",
        ),
        Mistake(
            lambda link, x, size, margin: _blocks(
                link, x, size, margin, margin, lambda n: slice(None)
            ),
            "여백을 잘라 내지 않아 결과가 입력보다 깁니다.",
            "The margins were not cut away, and the result is longer than the input.",
        ),
        Mistake(
            lambda link, x, size, margin: _blocks(
                link, x, size, margin, 0, lambda n: slice(n, n + size)
            ),
            "앞쪽 여백만 두었습니다. 이 고리는 뒤의 샘플도 봅니다.",
            "There is a margin before each block only; this link looks at later samples, too.",
        ),
        Mistake(
            lambda link, x, size, margin: _blocks(
                link, x, size, 0, margin, lambda n: slice(n, n + size)
            ),
            "뒤쪽 여백만 두었습니다. 이 고리는 앞의 샘플도 봅니다.",
            "There is a margin after each block only; this link looks at earlier samples, too.",
        ),
        Mistake(
            lambda link, x, size, margin: _blocks(
                link, x, size, margin, margin, lambda n: slice(margin, margin + size)
            ),
            "첫 블록 앞에는 여백이 없는데도 잘라 냈습니다.",
            "The first block has no margin before it, but one was cut away.",
        ),
    ),
    hint=(
        "앞뒤로 margin만큼 넓게 자르고, 계산한 다음 블록의 몫만 남기십시오.",
        "Cut wider by margin on either side, compute, and keep the block's own part.",
    ),
)


def check_blocks(answer: Callable[[Link, Tensor, int, int], Tensor]) -> CheckResult:
    """Exercise 24.2: a link applied block by block, as if to the whole.

    Args:
        answer: (link, x, size, margin), x (T,) -> (T,).

    Example:
        >>> check_blocks(lambda link, x, size, margin: torch.cat([link(b) for b in x.split(size)]))
        ✘ Each block is computed alone: at its ends the link sees zeros instead of its neighbours.
    """
    return BLOCKS.check(answer)


def _levels(generator: Generator) -> list[Case]:
    return [tuple(10 * torch.randn(3, 4, 5, generator=generator)) for _ in range(2)]


def _parts(first: Tensor, second: Tensor) -> Tensor:
    cross = 2 * (first * second).mean()
    return torch.stack([first.square().mean(), second.square().mean(), cross])


BUDGET = Exercise(
    right=lambda truth, converted, final: _parts(converted - truth, final - converted),
    cases=_levels,
    mistakes=(
        Mistake(
            lambda truth, converted, final: _parts(converted - truth, final - truth),
            "둘째 고리의 오차는 참값이 아니라 그 고리가 받은 것과의 차이입니다.",
            "The second link's error is its difference from what it was given, not from the truth.",
        ),
        Mistake(
            lambda truth, converted, final: _parts(truth - converted, final - converted),
            "두 오차의 부호가 어긋납니다. 둘 다 나중 것에서 먼저 것을 빼십시오.",
            "The errors have opposite signs; subtract the earlier from the later in both.",
        ),
        Mistake(
            lambda truth, converted, final: (
                _parts(converted - truth, final - converted) * torch.tensor([1, 1, 0.5])
            ),
            "교차항에 2가 빠졌습니다.",
            "The cross term lacks its factor of 2.",
        ),
        Mistake(
            lambda truth, converted, final: _parts(converted - truth, final - converted)[:2],
            "교차항이 빠졌습니다. 두 오차가 서로 무관할 때만 0입니다.",
            "The cross term is missing; it is 0 only if the errors have nothing to do with each other.",
        ),
        Mistake(
            lambda truth, converted, final: torch.stack(
                [(converted - truth).abs().mean(), (final - converted).abs().mean()]
            ),
            "절댓값의 평균입니다. 제곱의 평균이라야 더해집니다.",
            "Those are means of absolute values; only mean squares add up.",
        ),
    ),
    hint=(
        "두 오차의 합을 제곱하여 펼치십시오.",
        "Square the sum of the two errors, and expand it.",
    ),
)


def check_budget(answer: Callable[[Tensor, Tensor, Tensor], Sequence[float]]) -> CheckResult:
    """Exercise 24.3: the parts of a mean squared error that two links made.

    Args:
        answer: (truth, converted, final), levels in dB of one shape -> mean square of the first link's
            error, of the second's, and the cross term.

    Example:
        >>> check_budget(lambda truth, converted, final: [
        ...     (converted - truth).square().mean(), (final - converted).square().mean()])
        ✘ The cross term is missing; it is 0 only if the errors have nothing to do with each other.
    """
    return BUDGET.check(answer)
