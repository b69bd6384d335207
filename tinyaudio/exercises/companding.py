"""Chapter 3, "mu-law and the softmax": mu-law codes."""

import math
from collections.abc import Callable
from unittest.mock import patch

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.represent import mulaw

MU = 255


def _compressed(x: Tensor, mu: int = MU, log_of: int = MU + 1) -> Tensor:
    return x.sign() * torch.log1p(mu * x.abs()) / math.log(log_of)


def _on_grid(f: Tensor, scale: int = MU, half: float = 0.5) -> Tensor:
    return torch.floor((f + 1) / 2 * scale + half).clamp(0, MU).long()


def _amplitudes(generator: Generator) -> list[Case]:
    """Near one border of every level, where mu = 256 differs; but not so near that digits decide."""
    code = torch.arange(256)
    side = torch.randint(0, 2, (256,), generator=generator) * 2 - 1
    inside = ((code + 0.47 * side) / 127.5 - 1).clamp(-1, 1)
    return [(torch.tensor([-0.5, -0.01, 0.01, 0.5]),), (mulaw.expand(inside),)]


_BORROWED = Mistake(
    mulaw.encode,
    "값은 맞지만 mulaw를 썼습니다. 식 (3.1)과 (3.2)를 직접 쓰십시오.",
    "The values are right, but mulaw computed them; write the two equations yourself.",
)


def _borrows(answer: Answer) -> Mistake | None:
    """Whether the answer calls `mulaw`."""
    calls = []
    real = mulaw.compress

    def watched(x: Tensor, n_levels: int = 256) -> Tensor:
        calls.append(n_levels)
        return real(x, n_levels)

    with patch.object(mulaw, "compress", watched):
        answer(torch.tensor([0.5]))
    return _BORROWED if calls else None


ENCODE = Exercise(
    right=lambda x: _on_grid(_compressed(x)),
    cases=_amplitudes,
    edges=[(torch.tensor([-1.0, 0.0, 1.0]),)],
    codes=True,
    witness=_borrows,
    mistakes=(
        Mistake(
            lambda x: _on_grid(_compressed(x), half=0.0),
            "버림을 했습니다. 많은 코드값이 한 칸씩 밀립니다. 가장 가까운 레벨로 반올림합니다.",
            "You dropped the fraction: many codes slip by one. Round to the nearest.",
        ),
        Mistake(
            lambda x: torch.ceil((_compressed(x) + 1) / 2 * MU).long(),
            "올림을 했습니다. 가장 가까운 레벨로 반올림합니다.",
            "You rounded up: round to the nearest.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x), MU + 1, 0.0),
            "256을 곱하고 버렸습니다. 레벨이 다른 곳에 놓입니다. -1부터 1까지 256개면 간격은 255개입니다.",
            "Times 256, fraction dropped: levels in other places. From -1 to 1 there are 255 steps.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x), MU + 1),
            "256을 곱했습니다. -1부터 1까지 레벨이 256개면 간격은 255개입니다.",
            "You multiplied by 256; 256 levels from -1 to 1 are 255 steps apart.",
        ),
        Mistake(
            lambda x: torch.floor((_compressed(x) + 1) / 2 * (MU + 1) + 0.5).long(),
            "256을 곱하여 256이라는 코드값까지 나옵니다. 레벨이 256개면 간격은 255개입니다.",
            "Times 256, which even gives the code 256; 256 levels are 255 steps apart.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x.abs())),
            "sign(x)가 빠졌습니다. 음수도 모두 위쪽 절반의 코드값이 됩니다.",
            "sign(x) is missing: negative amplitudes end up in the upper half too.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x, MU + 1, MU + 2)),
            "μ를 256으로 두었습니다. 레벨은 256개이지만 μ는 255입니다.",
            "Your mu is 256. There are 256 levels, but mu is 255.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x, MU, MU)),
            "ln(255)로 나누었습니다. 분모는 ln(1 + μ), 곧 ln(256)입니다.",
            "You divided by ln(255); the denominator is ln(1 + mu), which is ln(256).",
        ),
        Mistake(
            lambda x: _on_grid(x),
            "압축하지 않았습니다. 그것은 균등 양자화의 레벨입니다. 먼저 f(x)를 구합니다.",
            "Nothing is compressed here: those are uniform levels. First take f(x).",
        ),
        Mistake(
            lambda x: _on_grid(x.sign() * ((1 + MU) ** x.abs() - 1) / MU),
            "압축이 아니라 신장, 곧 역함수를 썼습니다.",
            "That is the expansion, the inverse of f.",
        ),
        Mistake(
            lambda x: _on_grid(_compressed(x)) - 128,
            "-128부터 127까지의 값입니다. 코드값은 0부터 255까지입니다.",
            "Those run from -128 to 127; codes run from 0 to 255.",
        ),
        Mistake(
            lambda x: torch.floor(_compressed(x) * MU + 0.5).long(),
            "f(x)에 255를 곱했습니다. -1부터 1까지를 먼저 0부터 1까지로 옮깁니다.",
            "You multiplied f(x) by 255; first bring -1 ... 1 to 0 ... 1.",
        ),
        Mistake(
            lambda x: torch.floor((_compressed(x) + 1) * MU + 0.5).long(),
            "2로 나누지 않았습니다. f(x) + 1은 0부터 2까지입니다.",
            "The division by 2 is missing: f(x) + 1 runs from 0 to 2.",
        ),
        Mistake(
            lambda x: _on_grid(-_compressed(x)),
            "부호가 반대입니다. 진폭 -1이 코드값 0이어야 합니다.",
            "The sign is reversed: amplitude -1 should become code 0.",
        ),
        Mistake(
            lambda x: _compressed(x),
            "압축만 했습니다. f(x)를 0부터 255까지의 코드값으로 옮기십시오.",
            "This is only compressed; turn f(x) into codes from 0 to 255.",
        ),
        Mistake(
            lambda x: (_compressed(x) + 1) / 2 * MU,
            "반올림하지 않았습니다. 코드값은 정수입니다.",
            "This is not rounded; codes are integers.",
        ),
        Mistake(
            lambda x: torch.ceil((_compressed(x) + 1) / 2 * MU - 0.5).long(),
            "x = 0이 127이 됩니다. 127.5는 128로 반올림합니다.",
            "x = 0 becomes 127; round 127.5 to 128.",
        ),
        _BORROWED,
    ),
    hint=("먼저 f(x)를 구하고, 다음에 레벨을 셉니다.", "First f(x); then count levels."),
)  # fmt: skip


def check_encode(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 3.1: mu-law codes, rounded to the nearest.

    Args:
        answer: (x,), amplitudes in [-1, 1] -> codes 0 ... 255 of the same shape.

    Example:
        >>> check_encode(lambda x: ((mulaw.compress(x) + 1) / 2 * 255).long())
        ✘ You dropped the fraction: many codes slip by one. Round to the nearest.
    """
    return ENCODE.check(answer)
