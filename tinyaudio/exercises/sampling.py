"""Chapter 2, "One sample at a time": a value drawn from logits."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.language import tr


def _draws(generator: Generator) -> list[Case]:
    """Numbers u that lie in the middle half of a value's share, for values of every likelihood."""
    cases = []
    for temperature in (1.0, 0.5, 2.0):
        for _ in range(3):
            logits = 1.5 * torch.randn(6, generator=generator)
            above = torch.softmax(logits.double() / temperature, 0).cumsum(0)
            for k in torch.randperm(6, generator=generator)[:3].tolist():
                below = above[k - 1].item() if k else 0.0
                inside = 0.25 + 0.5 * torch.rand((), generator=generator).item()
                cases.append((logits, temperature, below + inside * (above[k].item() - below)))
    return cases


def _first_above(p: Tensor, u: float) -> int:
    return min(int((p.cumsum(0) <= u).sum()), len(p) - 1)


def _softmax(logits: Tensor, temperature: float) -> Tensor:
    return torch.softmax(logits / temperature, 0)


def _overflowing(logits: Tensor, temperature: float) -> Tensor:
    weights = (logits / temperature).exp()
    return weights / weights.sum()


def _by_likelihood(logits: Tensor, temperature: float, u: float) -> int:
    p, order = _softmax(logits, temperature).sort(descending=True)
    return int(order[_first_above(p, u)])


def _from_the_back(logits: Tensor, temperature: float, u: float) -> int:
    return len(logits) - 1 - _first_above(_softmax(logits, temperature).flip(0), u)


_EQUAL = torch.zeros(4)
DRAW = Exercise(
    right=lambda logits, temperature, u: _first_above(_softmax(logits, temperature), u),
    cases=_draws,
    edges=[
        *((_EQUAL, 1.0, u) for u in (0.0, 0.3, 0.6, 0.9)),
        *((_EQUAL, 0.5, u) for u in (0.25, 0.5, 0.75)),
        (torch.tensor([-torch.inf, 0.0, 0.0]), 1.0, 0.0),
        (torch.tensor([1.0, 3.0, 2.0]), 0.01, 0.5),
    ],
    mistakes=(
        Mistake(
            lambda logits, temperature, u: int(logits.argmax()),
            "언제나 가장 그럴듯한 값만 나옵니다. argmax는 뽑기가 아닙니다(정정 23).",
            "The likeliest value comes every time: argmax does not draw (correction 23).",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(torch.softmax(logits, 0), u),
            "온도를 쓰지 않았습니다.",
            "The temperature is not used.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(torch.softmax(logits * temperature, 0), u),
            "온도를 곱했습니다. 나누어야 낮은 온도에서 분포가 뾰족해집니다.",
            "You multiplied by the temperature; divide, so that a low one sharpens the distribution.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(torch.softmax(logits, 0) / temperature, u),
            "확률을 온도로 나누었습니다. 합이 1이 아니게 됩니다. 소프트맥스 전에 로짓을 나눕니다.",
            "You divided probabilities, which then do not add up to 1; divide the logits instead.",
        ),
        Mistake(
            lambda logits, temperature, u: int((_softmax(logits, temperature) > u).int().argmax()),
            "확률을 차례로 더하지 않았습니다. 누적한 확률이 u를 처음 넘는 곳을 찾습니다.",
            "The probabilities are not added up; look where their running sum first exceeds u.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above((logits / temperature).exp(), u),
            "exp만 취하고 합으로 나누지 않았습니다. 소프트맥스를 쓰십시오.",
            "You took exp, but did not divide by the sum: use the softmax.",
        ),
        Mistake(
            lambda logits, temperature, u: int(((logits / temperature).cumsum(0) > u).int().argmax()),
            "로짓을 더했습니다. 로짓은 확률이 아닙니다. 먼저 소프트맥스를 취합니다.",
            "You added up logits, which are no probabilities: take the softmax first.",
        ),
        Mistake(
            _from_the_back,
            "확률을 뒤에서부터 더했거나 1 - u와 견주었습니다. 앞에서부터 더하고 u와 견주십시오.",
            "You added up from the back, or compared with 1 - u; begin at the front, and compare with u.",
        ),
        Mistake(
            _by_likelihood,
            "확률이 큰 값부터 더했습니다. 값의 순서 그대로 앞에서부터 더합니다.",
            "You added up the likeliest first; keep the order of the values.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(_softmax(logits, temperature), u) + 1,
            "한 칸 뒤의 값입니다. 누적한 확률이 u를 처음 넘는 값을 고르십시오.",
            "One value too far; choose the first at which the running sum exceeds u.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(_softmax(logits, temperature), u) - 1,
            "한 칸 앞의 값입니다. 누적한 확률이 u를 처음 넘는 값을 고르십시오.",
            "One value too early; choose the first at which the running sum exceeds u.",
        ),
        Mistake(
            lambda logits, temperature, u: max(_first_above(_softmax(logits, temperature), u) - 1, 0),
            "누적한 확률이 아직 u를 넘지 않는 마지막 값입니다. 처음 넘는 값을 고르십시오.",
            "That is the last value whose running sum is not above u; choose the first that is.",
        ),
        Mistake(
            lambda logits, temperature, u: _softmax(logits, temperature).cumsum(0)[
                _first_above(_softmax(logits, temperature), u)
            ],
            "누적한 확률을 돌려주었습니다. 값의 번호를 돌려주십시오.",
            "You returned the running sum; return the number of the value.",
        ),
        Mistake(
            lambda logits, temperature, u: _softmax(logits, temperature)[
                _first_above(_softmax(logits, temperature), u)
            ],
            "값의 확률을 돌려주었습니다. 값의 번호를 돌려주십시오.",
            "You returned the value's probability; return its number.",
        ),
        Mistake(
            lambda logits, temperature, u: min(
                int((_softmax(logits, temperature).cumsum(0) < u).sum()), len(logits) - 1
            ),
            "누적한 확률이 u와 같을 때도 골랐습니다. u를 넘어야 합니다. 확률 0인 값이 나올 수 있습니다.",
            "A running sum equal to u counts as well here; it has to exceed u, or a value of probability 0 "
            "can come out.",
        ),
        Mistake(
            lambda logits, temperature, u: _first_above(_overflowing(logits, temperature), u),
            "온도가 낮으면 exp가 무한대가 되어 확률이 NaN입니다. torch.softmax를 쓰거나 먼저 최댓값을 "
            "빼십시오.",
            "At a low temperature exp overflows, and probabilities are NaN: use torch.softmax, or subtract the "
            "largest logit first.",
        ),
    ),
    hint=("softmax의 누적합을 구하십시오.", "Take the running sum of the softmax."),
)  # fmt: skip


def check_draw(answer: Callable[[Tensor, float, float], int | Tensor]) -> CheckResult:
    """Exercise 2.4: a value drawn from logits, at a temperature, with a given random number.

    Args:
        answer: (logits, temperature, u), K logits and a number u in [0, 1) -> the first value whose
            cumulative probability exceeds u.

    Returns:
        The result; a right answer that a rounded sum leads astray is told so.

    Example:
        >>> check_draw(lambda logits, temperature, u: logits.argmax())
        ✘ The likeliest value comes every time...
    """
    result = DRAW.check(answer)
    if not result:
        return result
    # In float32 this u is 1, which no running sum exceeds.
    value = as_tensor(answer(_EQUAL.clone(), 1.0, 1 - 1e-12))
    if value is None or int(value) == len(_EQUAL) - 1:
        return result
    remark = tr(
        f" 다만 누적합이 반올림되어 u를 넘지 못하면 결과가 {int(value)}입니다. 그때는 마지막 값을 고르십시오.",
        f" But if the running sum, rounded, never exceeds u, it gives {int(value)}; take the last value then.",
    )
    return replace(result, message=result.message + remark)
