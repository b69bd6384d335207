"""Chapter 16, "GANSynth: a picture grows": a layer of the generator."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise, fixed

Layer = Callable[[Tensor, Tensor, Tensor], Tensor]
CHANNELS, ALL = (1,), (1, 2, 3)
EPSILON = 1e-8


def _cases(generator: Generator) -> list[Case]:
    """Of more channels out than in, and of fewer; biases count, or no scale of the weights would show."""

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    return [
        (draw(2, 3, 4, 5), draw(5, 3, 3, 3), draw(5) + 1),
        (draw(3, 4, 2, 3), draw(2, 4, 3, 3), draw(2) - 1),
    ]


def _normalized(a: Tensor, over: tuple[int, ...] = CHANNELS, epsilon: float = EPSILON) -> Tensor:
    return a / (a.square().mean(over, keepdim=True) + epsilon).sqrt()


def _scale(w: Tensor) -> float:
    return math.sqrt(2 / w[0].numel())


def _layer(
    scale: Callable[[Tensor], float] = _scale,
    activate: Callable[[Tensor], Tensor] = lambda a: F.leaky_relu(a, 0.2),
    normalize: Callable[[Tensor], Tensor] = _normalized,
) -> Answer:
    """The right layer, or one with a part of it replaced."""
    return lambda x, w, b: normalize(activate(F.conv2d(x, scale(w) * w, b, padding=1)))


def _normalized_first(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return F.leaky_relu(_normalized(F.conv2d(x, _scale(w) * w, b, padding=1)), 0.2)


def _standardized(a: Tensor) -> Tensor:
    centred = a - a.mean(1, keepdim=True)
    return _normalized(centred)


LAYER = Exercise(
    right=_layer(),
    cases=fixed(*_cases(torch.Generator().manual_seed(0))),
    # A pixel of zeros, as beyond the edge of a picture, stays one of zeros.
    edges=[(torch.zeros(1, 2, 3, 3), torch.ones(4, 2, 3, 3), torch.zeros(4))],
    mistakes=(
        Mistake(
            _layer(scale=lambda w: 1.0),
            "c가 빠졌거나, 편향에도 곱해졌습니다. 뒤의 경우에는 픽셀 정규화가 c를 지워 결과가 같습니다. "
            "c는 w에만 곱합니다.",
            "There is no c, or it multiplies the bias as well, and then pixel normalization takes it out "
            "again. Only w is multiplied by c.",
        ),
        Mistake(
            _layer(scale=lambda w: math.sqrt(2 / w.shape[1])),
            "팬인에 커널의 넓이가 빠졌습니다. 입력 채널 수에 커널의 높이와 너비를 곱하십시오.",
            "The fan-in lacks the kernel's area: multiply the input channels by its height and width.",
        ),
        Mistake(
            _layer(scale=lambda w: math.sqrt(2 / w[:, 0].numel())),
            "팬아웃을 썼습니다. 출력 채널이 아니라 입력 채널을 세십시오.",
            "That is the fan-out: count input channels, not output channels.",
        ),
        Mistake(
            _layer(scale=lambda w: 2 / w[0].numel()),
            "제곱근이 빠졌습니다. c의 제곱이 2 / 팬인입니다.",
            "The root is missing: c squared is 2 / fan-in.",
        ),
        Mistake(
            _layer(scale=lambda w: math.sqrt(1 / w[0].numel())),
            "분자가 1입니다. 정류 뒤에 남는 몫을 메우려면 2여야 합니다.",
            "The numerator is 1; it is 2, to make up for what the rectifier takes away.",
        ),
        Mistake(
            _layer(scale=lambda w: 1 / _scale(w)),
            "c의 역수를 곱했습니다. 팬인이 클수록 가중치는 작아져야 합니다.",
            "You multiplied by 1 / c: the larger the fan-in, the smaller the weights.",
        ),
        Mistake(
            _layer(activate=lambda a: a),
            "LeakyReLU가 빠졌습니다.",
            "The leaky ReLU is missing.",
        ),
        Mistake(
            _layer(activate=torch.relu),
            "ReLU입니다. 음수 쪽의 기울기는 0이 아니라 0.2입니다.",
            "That is a ReLU: negative values are multiplied by 0.2, not by 0.",
        ),
        Mistake(
            _layer(activate=lambda a: F.leaky_relu(a)),
            "음수 쪽의 기울기가 PyTorch의 기본값 0.01입니다. 0.2여야 합니다.",
            "The negative slope is PyTorch's default, 0.01; it should be 0.2.",
        ),
        Mistake(
            _normalized_first,
            "정규화가 LeakyReLU보다 앞에 있습니다. 합성곱, LeakyReLU, 정규화의 순서입니다.",
            "You normalized before the leaky ReLU; the order is convolution, leaky ReLU, normalization.",
        ),
        Mistake(
            _layer(normalize=lambda a: a),
            "픽셀 정규화가 빠졌습니다.",
            "The pixel normalization is missing.",
        ),
        Mistake(
            _layer(normalize=lambda a: _normalized(a, (2, 3))),
            "채널마다 모든 픽셀에 대해 평균했습니다. 픽셀마다 모든 채널에 대해 평균하십시오.",
            "You averaged over all pixels of a channel; average over all channels of a pixel.",
        ),
        Mistake(
            _layer(normalize=lambda a: _normalized(a, ALL)),
            "채널과 픽셀 모두에 대해 평균했습니다. 픽셀마다 따로 나누십시오.",
            "You averaged over channels and pixels; divide each pixel by its own root mean square.",
        ),
        Mistake(
            _layer(normalize=lambda a: _normalized(a, (0,))),
            "배치에 대해 평균했습니다. 채널의 축은 1번입니다.",
            "You averaged over the batch; the axis of channels is 1.",
        ),
        Mistake(
            _layer(normalize=lambda a: a / (a.square().sum(1, keepdim=True) + EPSILON).sqrt()),
            "제곱의 합으로 나누어 노름이 1이 되었습니다. 제곱의 평균이 1이 되어야 합니다.",
            "You divided by the root of the sum of squares; it is their mean that should become 1.",
        ),
        Mistake(
            _layer(normalize=lambda a: a / (a.square().mean(1, keepdim=True) + EPSILON)),
            "제곱의 평균으로 나누었습니다. 그 제곱근으로 나누십시오.",
            "You divided by the mean square; divide by its root.",
        ),
        Mistake(
            _layer(normalize=_standardized),
            "평균을 뺐습니다. 픽셀 정규화는 크기만 바꿉니다.",
            "You subtracted the mean; pixel normalization changes the size alone.",
        ),
        Mistake(
            _layer(normalize=lambda a: _normalized(a, epsilon=0.0)),
            "모든 채널이 0인 픽셀에서 0을 0으로 나눕니다. 제곱의 평균에 1e-8을 더하십시오.",
            "A pixel whose channels are all 0 becomes 0 / 0: add 1e-8 to the mean square.",
        ),
    ),
    hint=(
        "w[0].numel()이 팬인입니다. 평균의 축은 keepdim=True로 남기십시오.",
        "w[0].numel() is the fan-in. Keep the axis of the mean by keepdim=True.",
    ),
)


def check_layer(answer: Layer) -> CheckResult:
    """Exercise 16.1: a convolution with an equalized learning rate, leaky ReLU, pixel normalization.

    Args:
        answer: (x (B, C, H, W), w (D, C, 3, 3), b (D,)) -> (B, D, H, W).

    Example:
        >>> def layer(x, w, b):
        ...     c = (2 / w[0].numel()) ** 0.5
        ...     return F.leaky_relu(F.conv2d(x, c * w, b, padding=1), 0.2)
        >>> check_layer(layer)
        ✘ The pixel normalization is missing.
    """
    return LAYER.check(answer)
