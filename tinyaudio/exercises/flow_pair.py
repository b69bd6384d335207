"""Chapter 27, "What came after": what flow matching shows a network, and what the network should return."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    return [
        (
            torch.randn(B, T, generator=generator),
            torch.randn(B, T, generator=generator),
            0.1 + 0.8 * torch.rand(B, generator=generator),
        )
        for B, T in ((2, 3), (5, 4))
    ]


def _flow_pair(noise: Tensor, clips: Tensor, t: Tensor) -> Tensor:
    t = t[:, None]
    return torch.stack([(1 - t) * noise + t * clips, clips - noise])


FLOW_PAIR = Exercise(
    right=_flow_pair,
    cases=_cases,
    edges=[
        (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]]), torch.tensor([0.0])),
        (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]]), torch.tensor([1.0])),
    ],
    mistakes=(
        Mistake(
            lambda noise, clips, t: torch.stack([_flow_pair(noise, clips, t)[0], noise - clips]),
            "목표가 거꾸로입니다. 시간은 잡음(0)에서 소리(1)로 가므로 속도는 소리에서 잡음을 뺀 것입니다.",
            "The target is reversed: time runs from the noise at 0 to the clip at 1, so the velocity is "
            "clip minus noise.",
        ),
        Mistake(
            lambda noise, clips, t: torch.stack([_flow_pair(clips, noise, t)[0], clips - noise]),
            "목표는 맞지만 x_t의 시간이 거꾸로입니다. t가 0이면 잡음이어야 합니다.",
            "The target is right, but x_t runs the other way: at t = 0 it has to be the noise.",
        ),
        Mistake(
            lambda noise, clips, t: _flow_pair(clips, noise, t),
            "잡음과 소리가 바뀌었습니다. t가 0이면 잡음, 1이면 소리입니다.",
            "Noise and clips are swapped: t = 0 is the noise, t = 1 the clip.",
        ),
        Mistake(
            lambda noise, clips, t: torch.stack(
                [(1 - t[:, None]).sqrt() * noise + t[:, None].sqrt() * clips, clips - noise]
            ),
            "x_t가 18장의 확산처럼 제곱근으로 섞였습니다. 여기서는 직선이므로 1 - t와 t 그대로입니다.",
            "x_t is mixed by square roots, as in the diffusion of chapter 18; here the path is a straight "
            "line, with 1 - t and t as they are.",
        ),
        Mistake(
            lambda noise, clips, t: torch.stack(
                [_flow_pair(noise, clips, t)[0], clips - _flow_pair(noise, clips, t)[0]]
            ),
            "x_t에서 소리까지의 차이입니다. 속도는 길 전체의 차이, 곧 시간과 상관없이 소리 - 잡음입니다.",
            "That is what is left from x_t to the clip; the velocity is that of the whole path, clip minus "
            "noise, at any time.",
        ),
        Mistake(
            lambda noise, clips, t: torch.stack([_flow_pair(noise, clips, t)[0], noise]),
            "목표가 잡음입니다. 확산의 목표이고, 여기서는 속도를 예측합니다.",
            "The target is the noise, as in diffusion; here the velocity is predicted.",
        ),
        Mistake(
            lambda noise, clips, t: torch.stack([_flow_pair(noise, clips, t)[0], clips]),
            "목표가 소리 자체입니다. 속도는 소리 - 잡음입니다.",
            "The target is the clip itself; the velocity is clip minus noise.",
        ),
        Mistake(
            lambda noise, clips, t: _flow_pair(noise, clips, t[:1].expand_as(t)),
            "모든 클립이 첫 클립의 시간을 씁니다. t의 모양을 (B, 1)로 바꾸십시오.",
            "All clips have the first one's time: give t the shape (B, 1).",
        ),
        Mistake(
            lambda noise, clips, t: _flow_pair(noise, clips, t).flip(0),
            "값은 맞지만 x_t와 목표의 순서가 바뀌었습니다. x_t가 먼저입니다.",
            "The values are right, but in the wrong order: x_t comes first, then the target.",
        ),
    ),
    hint=(
        "t가 0일 때와 1일 때 x_t가 무엇인지 적고, 그 둘을 잇는 직선을 t로 미분하십시오.",
        "Write down what x_t is at t = 0 and at t = 1, and differentiate the line between them with respect"
        " to t.",
    ),
)


def check_flow_pair(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 27.3: x_t and the velocity that the network should return for it.

    Args:
        answer: (noise, clips, t), of shapes (B, T), (B, T) and (B,) -> (2, B, T).

    Example:
        >>> check_flow_pair(lambda x, y, t: torch.stack([x + t[:, None] * (y - x), x - y]))
        ✘ The target is reversed: time runs from the noise at 0 to...
    """
    return FLOW_PAIR.check(answer)
