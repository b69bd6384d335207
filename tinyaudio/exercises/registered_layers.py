"""Chapter 5, "WaveNet": layers that are registered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from torch import nn

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Exercise, fixed
from tinyaudio.models.gated import GatedLayer

RIGHT = 0


NO_MODULE, NO_LAYER, REPEATED, NUMBER, CHANNELS, TAPS = range(1, 7)


ALL_ONE, COUNTED, REVERSED, LATE, DILATIONS, FROZEN, MORE = range(7, 14)


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _fault(module: Any, n: int, channels: int) -> int | None:
    """What is wrong with a stack, or 0; None if there is none at all."""
    if module is None or module is ...:
        return None
    if not isinstance(module, nn.Module):
        return NO_MODULE
    layers = [layer for layer in module.modules() if isinstance(layer, GatedLayer)]
    if len(layers) != n:
        return NO_LAYER if not layers else REPEATED if len(layers) == 1 else NUMBER
    if any(len(layer.delays) != 1 for layer in layers):
        return TAPS
    wanted = GatedLayer(channels, channels, 2, 1)
    if any(_size(layer) != _size(wanted) for layer in layers):
        return CHANNELS
    dilations = [layer.delays[0] for layer in layers]
    if dilations != [2**i for i in range(n)]:
        named = {
            (1,) * n: ALL_ONE,
            tuple(range(1, n + 1)): COUNTED,
            tuple(2**i for i in reversed(range(n))): REVERSED,
            tuple(2 ** (i + 1) for i in range(n)): LATE,
        }
        return named.get(tuple(dilations), DILATIONS)
    if not all(p.requires_grad for p in module.parameters()):
        return FROZEN
    return RIGHT if _size(module) == n * _size(wanted) else MORE


def _inspected(build: Answer) -> Answer:
    @wraps(build)
    def inspected(n_layers: int, channels: int) -> int | None:
        return _fault(build(n_layers, channels), n_layers, channels)

    return inspected


class Listed(nn.Module):
    """Layers in a Python list."""

    def __init__(self, n: int, channels: int) -> None:
        super().__init__()
        self.layers = [GatedLayer(channels, channels, 2, 2**i) for i in range(n)]


def _layers(
    dilation: Callable[[int, int], int], taps: int = 2, wider: int = 0, more: int = 0
) -> Answer:
    return lambda n, C: nn.ModuleList(
        GatedLayer(C + wider, C + wider, taps, dilation(i, n)) for i in range(n + more)
    )


def _doubling(i: int, n: int) -> int:
    return int(2**i)


STACK = Exercise(
    right=_layers(_doubling),
    cases=fixed((4, 4), (6, 8), (3, 2)),
    edges=[(1, 4)],
    run=_inspected,
    mistakes=(
        Mistake(
            Listed,
            "층이 하나도 등록되지 않았습니다. 파이썬 리스트 속의 층은 PyTorch가 모릅니다. "
            "nn.ModuleList에 담으십시오.",
            "No layer is registered: PyTorch does not look into a Python list. Use nn.ModuleList.",
        ),
        Mistake(
            lambda n, C: [GatedLayer(C, C, 2, 2**i) for i in range(n)],
            "nn.Module이 아닙니다. 파이썬 리스트 대신 nn.ModuleList에 담으십시오.",
            "This is no nn.Module: use nn.ModuleList, not a Python list.",
        ),
        Mistake(
            lambda n, C: nn.ModuleList([GatedLayer(C, C, 2, 1)] * n),
            "등록된 층이 하나뿐입니다. 같은 층을 n번 넣었거나 한 층만 등록한 것과 같습니다. 층 n개를 따로 "
            "만들어 모두 nn.ModuleList에 담으십시오.",
            "Only one layer is registered: one layer n times over, or one of n. Make n layers, and put them "
            "all into an nn.ModuleList.",
        ),
        Mistake(
            _layers(_doubling, more=1),
            "층의 수가 n_layers와 다릅니다.",
            "The number of layers is not n_layers.",
        ),
        Mistake(
            _layers(_doubling, taps=3),
            "탭이 두 개가 아닙니다. GatedLayer(channels, channels, 2, dilation)입니다.",
            "The layers have not two taps: it is GatedLayer(channels, channels, 2, dilation).",
        ),
        Mistake(
            _layers(_doubling, wider=1),
            "층의 너비가 channels가 아닙니다.",
            "The layers are not as wide as channels says.",
        ),
        Mistake(
            _layers(lambda i, n: 1),
            "모든 층의 팽창 계수가 1입니다.",
            "All dilations are 1.",
        ),
        Mistake(
            _layers(lambda i, n: i + 1),
            "팽창 계수가 1, 2, 3, …으로 늘어납니다. 층마다 두 배가 되어야 합니다.",
            "The dilations go 1, 2, 3, ...; they should double from layer to layer.",
        ),
        Mistake(
            _layers(lambda i, n: 2 ** (n - 1 - i)),
            "팽창 계수가 거꾸로 줄어듭니다. 1, 2, 4, …로 늘어나야 합니다.",
            "The dilations are reversed; they should go 1, 2, 4, ....",
        ),
        Mistake(
            _layers(lambda i, n: 2 ** (i + 1)),
            "팽창 계수가 2에서 시작합니다. 첫 층은 1입니다.",
            "The dilations begin with 2; the first should be 1.",
        ),
        Mistake(
            _layers(lambda i, n: 3**i),
            "팽창 계수가 1, 2, 4, …가 아닙니다.",
            "The dilations are not 1, 2, 4, ....",
        ),
        Mistake(
            lambda n, C: _layers(_doubling)(n, C).requires_grad_(False),
            "가중치에 requires_grad가 꺼져 있어 학습되지 않습니다.",
            "The weights do not require gradients, so that they are never trained.",
        ),
        Mistake(
            lambda n, C: nn.Sequential(*_layers(_doubling)(n, C), nn.Linear(C, C)),
            "층 말고 다른 매개변수가 더 있습니다.",
            "There are more parameters than those of the layers.",
        ),
    ),
    hint=(
        "nn.Module을 물려받아 __init__에서 GatedLayer를 만들어 담으십시오.",
        "Derive from nn.Module and make the GatedLayers in __init__.",
    ),
)  # fmt: skip


def check_stack(answer: Callable[[int, int], nn.Module]) -> CheckResult:
    """Exercise 5.3: a stack of layers, all of them registered.

    Args:
        answer: (n_layers, channels) -> a module that holds so many layers, each a `GatedLayer`,
            of dilations 1, 2, 4 and so on.

    Example:
        >>> check_stack(lambda n, C: nn.ModuleList(GatedLayer(C, C, 2, 2**i) for i in range(n)))
        ✔ Correct.
    """
    return STACK.check(answer)
