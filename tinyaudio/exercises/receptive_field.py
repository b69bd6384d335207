"""Chapter 4, "Dilated causal convolution": the cheapest stack for a receptive field."""

from collections.abc import Callable

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Exercise, fixed


def _n_layers(reach: int, k: int) -> int:
    return next(n for n in range(64) if k**n >= reach)


def _best(
    cost: Callable[[int, int], tuple[int, ...]],
    count: Callable[[int, int], int] = _n_layers,
    taps: range = range(2, 9),
) -> Answer:
    """The (k, n) of least cost."""
    return lambda reach: min(((k, count(reach, k)) for k in taps), key=lambda stack: cost(*stack))


def _product(k: int, n: int) -> tuple[int, ...]:
    return (k * n, n)


_TRIED = (81, 250, 1_024, 2_000, 3_070, 16_000, 9, 17, 33, 60, 125, 400, 5_000, 50_000)
DESIGN = Exercise(
    right=_best(_product),
    cases=fixed(*((reach,) for reach in _TRIED)),
    edges=[(reach,) for reach in (3**5, 5**3, 6**3, 4**7, 4**3 + 1, 3**8, 3**8 + 1)],
    mistakes=(
        Mistake(
            _best(lambda k, n: (n, k)),
            "층이 가장 적은 것을 골랐습니다. 비용은 층마다 k가 들어 모두 k·n입니다.",
            "Fewest layers; but a layer costs k, and the stack k n.",
        ),
        Mistake(
            _best(lambda k, n: (k, n)),
            "언제나 탭 두 개입니다. k를 2부터 8까지 견주십시오.",
            "Always two taps; compare k from 2 to 8.",
        ),
        Mistake(
            _best(lambda k, n: (k * n, -n)),
            "비용이 같으면 층이 적은 쪽입니다. 층은 차례로 기다려야 합니다.",
            "Of equals take the one with fewer layers: layers have to wait for one another.",
        ),
        Mistake(
            lambda reach: _best(_product)(reach)[::-1],
            "순서가 바뀌었습니다. 탭의 수 k가 먼저, 층의 수 n이 나중입니다.",
            "The order is wrong: first the number of taps k, then the number of layers n.",
        ),
        Mistake(
            _best(lambda k, n: (k**n, n)),
            "수용 영역이 가장 작은 것을 골랐습니다. 비용은 k·n입니다.",
            "You took the smallest receptive field; the cost is k n.",
        ),
        Mistake(
            _best(lambda k, n: ((k - 1) * n, n)),
            "비용을 (k - 1)·n으로 보았습니다. 비용은 k·n입니다.",
            "You took (k - 1) n for the cost; it is k n.",
        ),
        Mistake(
            _best(lambda k, n: (k + n, n)),
            "k와 n을 더했습니다. 비용은 곱 k·n입니다.",
            "You added k and n; the cost is their product.",
        ),
        Mistake(
            _best(_product, lambda reach, k: max(_n_layers(reach + 1, k) - 1, 1)),
            "층의 수를 내림했습니다. 그러면 수용 영역이 모자랍니다.",
            "The number of layers is rounded down, and the receptive field too small.",
        ),
        Mistake(
            _best(_product, lambda reach, k: _n_layers(reach, k) + 1),
            "층이 하나 많습니다. k의 n제곱이 reach와 같거나 넘는 가장 작은 n입니다.",
            "One layer too many: n is the least with k^n at least reach.",
        ),
        Mistake(
            _best(_product, lambda reach, k: _n_layers(reach - 1, k)),
            "수용 영역이 하나 모자라도 되는 것으로 보았습니다. k의 n제곱이 reach 이상이어야 합니다.",
            "A receptive field one too short was let pass; k^n has to be at least reach.",
        ),
        Mistake(
            _best(_product, taps=range(3, 9)),
            "k = 2를 빠뜨렸습니다.",
            "k = 2 is left out.",
        ),
        Mistake(
            _best(_product, taps=range(3, 4)),
            "언제나 탭 세 개입니다. k를 2부터 8까지 견주십시오.",
            "Always three taps; compare k from 2 to 8.",
        ),
        Mistake(
            lambda reach: _best(_product)(reach)[0] * _best(_product)(reach)[1],
            "비용을 돌려주었습니다. (k, n)을 돌려주십시오.",
            "You returned the cost; return (k, n).",
        ),
        Mistake(
            _best(_product, lambda reach, k: _n_layers(reach + 1, k)),
            "k의 n제곱이 reach와 똑같아도 됩니다. 그때 층이 하나 많습니다.",
            "A k^n that equals reach will do; there you have one layer too many.",
        ),
    ),
    hint=(
        "k마다 k**n이 reach 이상인 가장 작은 n을 찾고 k * n을 견주십시오.",
        "For each k find the least n with k**n at least reach, then compare k * n.",
    ),
)  # fmt: skip


def check_design(answer: Callable[[int], tuple[int, int]]) -> CheckResult:
    """Exercise 4.4: the cheapest stack with dilations 1, k, k^2, ... for a given receptive field.

    Args:
        answer: reach -> (k, n), taps from 2 to 8 and layers with k^n >= reach and the least k n; of
            equals, the one with fewer layers.

    Example:
        >>> check_design(lambda reach: (2, (reach - 1).bit_length()))
        ✘ Always two taps...
    """
    return DESIGN.check(answer)
