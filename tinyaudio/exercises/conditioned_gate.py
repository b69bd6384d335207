"""Chapter 6, "Conditioning and the mel vocoder": a gate with a local condition."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _gate(a: Tensor, b: Tensor, y: Tensor, V_f: Tensor, V_g: Tensor) -> Tensor:
    return torch.tanh(a + V_f @ y) * torch.sigmoid(b + V_g @ y)


def _moments(generator: Generator) -> list[Case]:
    """Square matrices in the first case, so that their transposes fit, too."""
    cases = []
    for G, C in ((3, 3), (4, 2)):
        sizes = ((G,), (G,), (C,), (G, C), (G, C))
        cases.append(tuple(torch.randn(*size, generator=generator) for size in sizes))
    return cases


GATE = Exercise(
    right=_gate,
    cases=_moments,
    edges=[
        (*(torch.zeros(*size) for size in ((2,), (2,), (3,), (2, 3), (2, 3))),),
        (torch.ones(2), torch.ones(2), torch.ones(3), torch.ones(2, 3), -20 * torch.ones(2, 3)),
    ],
    mistakes=(
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y,
            "게이트를 나온 것에 조건을 더했습니다. 그러면 여닫지 못합니다. tanh와 σ의 안에 더합니다.",
            "The condition is added to what comes out of the gate, and can open or close nothing; "
            "add it inside tanh and sigmoid.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y + V_g @ y,
            "게이트를 나온 것에 두 조건을 더했습니다. tanh와 σ의 안에 더합니다.",
            "Both conditions are added to what comes out of the gate; add them inside tanh and sigmoid.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: (torch.tanh(a) + V_f @ y) * (torch.sigmoid(b) + V_g @ y),
            "tanh와 σ를 나온 것에 조건을 더했습니다. 그 안에 더합니다.",
            "The condition is added behind tanh and sigmoid; add it inside.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: _gate(a, b, y, V_f, V_f),
            "두 곳에 같은 V_f를 썼습니다. 게이트는 자기 행렬 V_g를 씁니다.",
            "Both halves use V_f; what to say and how far to open are learned apart.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: _gate(a, b, y, V_g, V_g),
            "두 곳에 같은 V_g를 썼습니다. tanh는 V_f를 씁니다.",
            "Both halves use V_g; the tanh has a matrix of its own, V_f.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: _gate(a, b, y, V_g, V_f),
            "V_f와 V_g가 바뀌었습니다. V_f가 tanh의 것입니다.",
            "V_f and V_g changed places; V_f belongs to the tanh.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.sigmoid(b),
            "σ에는 조건이 들어가지 않았습니다. 그러면 채널을 닫을 수 없습니다.",
            "The sigmoid is not conditioned, so that the condition cannot close a channel.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b + V_g @ y),
            "tanh에는 조건이 들어가지 않았습니다. 그러면 여닫기만 하고 내용은 바꾸지 못합니다.",
            "The tanh is not conditioned: the condition opens and closes, but does not change what passes.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b),
            "조건이 들어가지 않았습니다.",
            "The condition is missing.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.sigmoid(a + V_f @ y) * torch.tanh(b + V_g @ y),
            "tanh와 σ가 바뀌었습니다. W_f와 V_f가 tanh의 것입니다.",
            "Tanh and sigmoid changed places; W_f and V_f belong to the tanh.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) * torch.tanh(b + V_g @ y),
            "두 곳에 tanh를 썼습니다. 게이트는 σ입니다.",
            "Both are tanh; the gate should be a sigmoid.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.sigmoid(a + V_f @ y) * torch.sigmoid(b + V_g @ y),
            "두 곳에 σ를 썼습니다. 첫째는 tanh입니다.",
            "Both are sigmoids; the first should be a tanh.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a + V_f @ y) + torch.sigmoid(b + V_g @ y),
            "tanh와 σ를 더했습니다. 곱하십시오.",
            "You added tanh and sigmoid; multiply them.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a - V_f @ y) * torch.sigmoid(b - V_g @ y),
            "조건을 뺐습니다. 더하십시오.",
            "The condition is subtracted; add it.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: torch.tanh(a * (V_f @ y)) * torch.sigmoid(b * (V_g @ y)),
            "조건을 곱했습니다. 더하십시오.",
            "The condition is multiplied; add it.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: _gate(b, a, y, V_f, V_g),
            "a와 b가 바뀌었습니다. a가 tanh의 것입니다.",
            "a and b changed places; a belongs to the tanh.",
        ),
        Mistake(
            lambda a, b, y, V_f, V_g: (
                torch.tanh(a) + torch.tanh(V_f @ y) * torch.sigmoid(b + V_g @ y)
            ),
            "조건에 따로 tanh를 취했습니다. 먼저 더하고, 합에 tanh와 σ를 취합니다.",
            "The condition has a tanh of its own; add first, then squash the sum.",
        ),
    ),
    hint=("더한 다음 tanh와 σ를 취합니다.", "First add, then squash."),
)


def check_gate(answer: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]) -> CheckResult:
    """Exercise 6.3: a gated activation with a local condition.

    Args:
        answer: (a, b, y, V_f, V_g), of shapes (G,), (G,), (C,), (G, C), (G, C) -> z, (G,).

    Example:
        >>> check_gate(lambda a, b, y, V_f, V_g: torch.tanh(a) * torch.sigmoid(b) + V_f @ y)
        ✘ The condition is added to what comes out...
    """
    return GATE.check(answer)
