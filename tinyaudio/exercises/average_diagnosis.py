"""Chapter 28, "Debugging by curve and by ear": what is wrong with an average, from its step response."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Update = Callable[[Tensor, Tensor, float], Tensor]


def _update(of_average: Callable[[float], float], of_weights: Callable[[float], float]) -> Update:
    """An averaging function of two factors, each a function of the decay; its name tells nothing."""

    def update(average: Tensor, weights: Tensor, decay: float) -> Tensor:
        return of_average(decay) * average + of_weights(decay) * weights

    return update


def _cases(generator: Generator) -> list[Case]:
    """One of each kind, in an order that the generator draws."""

    def update(average: Tensor, weights: Tensor, decay: float) -> Tensor:
        """Right, and written over the average."""
        return average.lerp_(weights, 1 - decay)

    factor = 1.5 + torch.rand((), generator=generator).item()
    updates: list[Update] = [
        # Right.
        _update(lambda decay: decay, lambda decay: 1 - decay),
        update,
        # Factors exchanged: almost the present weights.
        _update(lambda decay: 1 - decay, lambda decay: decay),
        # It never moves.
        _update(lambda decay: 1.0, lambda decay: 0.0),
        # Right at the first step from 0, then it grows, or forgets what it was.
        _update(lambda decay: 1.0, lambda decay: 1 - decay),
        _update(lambda decay: 0.0, lambda decay: 1 - decay),
        # The mean of both, whatever the decay; too much of the weights.
        _update(lambda decay: 0.5, lambda decay: 0.5),
        _update(lambda decay: decay, lambda decay: factor * (1 - decay)),
    ]
    order = torch.randperm(len(updates), generator=generator)
    return [(updates[i],) for i in order.tolist()]


def _response(update: Update, steps: int, decay: float) -> list[float]:
    average, one, response = torch.zeros(1), torch.ones(1), []
    for _ in range(steps):
        average = update(average, one, decay)
        response.append(average.item())
    return response


def _diagnosis(update: Update, steps: int = 5, decay: float = 0.9) -> int:
    response = torch.tensor(_response(update, steps, decay))
    n = torch.arange(1, steps + 1)
    for kind, wanted in enumerate((1 - decay**n, 1 - (1 - decay) ** n, 0.0 * n)):
        if torch.allclose(response, wanted, atol=1e-4):
            return kind
    return 3


def _renamed(kinds: tuple[int, int, int, int]) -> Callable[[Update], int]:
    """The diagnosis, under other numbers."""
    return lambda update: kinds[_diagnosis(update)]


DIAGNOSIS = Exercise(
    right=_diagnosis,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda update: _diagnosis(update, steps=1),
            "한 스텝만 보았습니다. 둘째 스텝부터 어긋나는 함수가 있습니다.",
            "You looked at one step only; some functions go wrong at the second.",
        ),
        Mistake(
            lambda update: _diagnosis(update, decay=0.5),
            "decay가 0.5이면 두 계수가 같아서, 계수가 바뀐 것을 알 수 없습니다.",
            "At a decay of 0.5 both factors are equal, so that their exchange is not seen.",
        ),
        Mistake(
            _renamed((0, 1, 2, 0)),
            "그 밖의 잘못을 옳다고 했습니다. 3을 돌려주십시오.",
            "You called the other faults right; return 3 for them.",
        ),
        Mistake(
            _renamed((1, 0, 2, 3)),
            "0과 1이 바뀌었습니다. 옳은 것이 0입니다.",
            "0 and 1 are exchanged: what is right is 0.",
        ),
        Mistake(
            _renamed((0, 1, 3, 3)),
            "움직이지 않는 평균을 따로 가리지 않았습니다. 2를 돌려주십시오.",
            "You did not single out the average that never moves; return 2 for it.",
        ),
        Mistake(
            _renamed((0, 3, 2, 3)),
            "계수가 바뀐 것을 따로 가리지 않았습니다. 그 응답은 1 - (1 - decay)^n입니다.",
            "You did not single out exchanged factors; their response is 1 - (1 - decay)^n.",
        ),
        Mistake(
            lambda update: min(_diagnosis(update), 1),
            "옳은지 그른지만 답했습니다. 무엇이 잘못인지 0부터 3까지로 답하십시오.",
            "You only say right or wrong; say what is wrong, from 0 to 3.",
        ),
    ),
    hint=(
        "평균 0, 가중치 1에서 시작하여 다섯 스텝의 값을 적어 보십시오.",
        "Begin with an average of 0 and weights of 1, and write down five steps.",
    ),
)


def check_diagnosis(answer: Callable[[Update], int]) -> CheckResult:
    """Exercise 28.4: what is wrong with an averaging function.

    Args:
        answer: (update), itself (average, weights, decay) -> the new average; gives 0 if it is right, 1 if
            its factors are exchanged, 2 if the average never moves, 3 for any other fault.

    Example:
        >>> check_diagnosis(lambda update: 0)
        ✘ <lambda>(update) should be 3, not 0.
    """
    return DIAGNOSIS.check(answer)
