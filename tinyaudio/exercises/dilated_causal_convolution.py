"""Chapter 4, "Dilated causal convolution": receptive field, causality, look-ahead, cheapest stack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.causal_training import check_training_step as check_training_step
from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr


def check_receptive_field(answer: Callable[[Sequence[int], int], int]) -> CheckResult:
    """Exercise 4.1: the receptive field of a stack.

    Args:
        answer: (dilations, k), the dilation of every layer and the taps of all -> samples.

    Example:
        >>> check_receptive_field(lambda dilations, k: (k - 1) * sum(dilations))
        ✘ One too few: the output also uses the sample at its own place...
    """
    mistakes = (
        Mistake(
            lambda dilations, k: (k - 1) * sum(dilations),
            tr(
                "하나 모자랍니다. 출력은 제자리의 샘플도 씁니다. 1을 더하십시오.",
                "One too few: the output also uses the sample at its own place. Add 1.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * sum(dilations[1:]),
            tr(
                "첫 층을 잊었습니다. 입력에 바로 닿는 층도 과거를 봅니다.",
                "The first layer is forgotten; it looks back, too.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + k * sum(dilations),
            tr(
                "탭 k개 사이의 간격은 k - 1개입니다.",
                "Between k taps there are k - 1 distances, not k.",
            ),
        ),
        Mistake(
            lambda dilations, k: 1 + (k - 1) * len(dilations),
            tr(
                "층의 수를 세었습니다. 팽창하지 않은 층만 그렇습니다. 층마다 탭의 간격만큼 닿습니다.",
                "You counted layers, which is right without dilation only; each reaches its dilation.",
            ),
        ),
    )
    cases = [([1, 1, 1], 2), ([1, 2, 4, 8], 2), ([1, 3, 9], 3), ([2, 5, 4, 7], 4), ([6], 2)]
    hint = tr(
        "층 하나는 (k - 1) d만큼 더 뒤를 봅니다.", "A layer looks (k - 1) d samples further back."
    )
    return check_answer(
        answer, lambda dilations, k: 1 + (k - 1) * sum(dilations), cases, mistakes, hint
    )


def check_causal(answer: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Exercise 4.2: a convolution made causal.

    Args:
        answer: (x, w, d), a signal (1, 1, T), taps (1, 1, k), oldest first, and the dilation
            -> (1, 1, T), each output from its own place and before.

    Example:
        >>> check_causal(lambda x, w, d: F.conv1d(F.pad(x, (0, (w.shape[2] - 1) * d)), w, dilation=d))
        ✘ Padded on the right, or cropped on the left...
    """

    def reach(w: Tensor, d: int) -> int:
        return (w.shape[2] - 1) * d

    def padded(x: Tensor, w: Tensor, d: int, left: int) -> Tensor:
        both = F.pad(x, (left, 2 * reach(w, d) + d))
        return F.conv1d(both, w, dilation=d)[..., : x.shape[2]]

    mistakes = (
        Mistake(
            lambda x, w, d: padded(x, w, d, reach(w, d) // 2),
            tr(
                "양쪽에 반씩 채웠습니다. 출력마다 절반은 미래를 봅니다.",
                "Padded on both sides: half of the taps look ahead.",
            ),
        ),
        Mistake(
            lambda x, w, d: padded(x, w, d, 0),
            tr(
                "오른쪽에 채웠거나 앞을 잘랐습니다. 출력이 미래만 봅니다. 0은 왼쪽에 둡니다.",
                "Padded on the right, or cropped on the left: every output looks at the future alone.",
            ),
        ),
        Mistake(
            lambda x, w, d: padded(x, w, d, reach(w, d) - 1),
            tr(
                "한 칸 모자라게 채웠습니다. 출력이 바로 다음 샘플을 봅니다.",
                "One zero too few: every output looks at the next sample.",
            ),
        ),
        Mistake(
            lambda x, w, d: padded(x, w, d, reach(w, d) + 1),
            tr(
                "한 칸 많이 채웠습니다. 미래는 보지 않지만 출력이 한 칸 늦습니다.",
                "One zero too many: it does not look ahead, but all outputs are one late.",
            ),
        ),
        Mistake(
            lambda x, w, d: padded(x, w, d, w.shape[2] - 1),
            tr(
                "팽창 d를 곱하지 않고 k - 1개만 채웠습니다.",
                "You padded k - 1 zeros; with dilation it takes (k - 1) d.",
            ),
        ),
        Mistake(
            lambda x, w, d: padded(x, w.flip(2), d, reach(w, d)),
            tr(
                "탭을 뒤집었습니다. w의 맨 앞이 가장 오래된 샘플에 곱해집니다.",
                "The taps are the wrong way round: the first of w belongs to the oldest sample.",
            ),
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (torch.randn(1, 1, 24, generator=g), torch.randn(1, 1, k, generator=g), d)
        for k, d in ((2, 1), (3, 2), (3, 4), (5, 3))
    ]
    hint = tr("0을 어느 쪽에 몇 개 채워야 합니까?", "On which side must 0s stand, and how many?")
    return check_answer(answer, lambda x, w, d: padded(x, w, d, reach(w, d)), cases, mistakes, hint)


def check_lookahead(answer: Callable[[Callable[[Tensor], Tensor], int], int]) -> CheckResult:
    """Exercise 4.3: how many samples a layer looks ahead, measured by the gradient.

    Args:
        answer: (layer, T), anything that turns (1, 1, T) into (1, 1, T) -> by how many samples the
            last input that the middle output, at T // 2, depends on lies after it; 0 if none does.

    Example:
        >>> check_lookahead(lambda layer, T: 0)
        ✘ ...Layer(taps=3, dilation=2, zeros_left=2), 31) should be 2, not 0.
    """

    def ends(layer: Callable[[Tensor], Tensor], T: int) -> tuple[int, int]:
        x = torch.linspace(-1, 1, T)[None, None].requires_grad_()
        (slope,) = torch.autograd.grad(layer(x)[0, 0, T // 2], x)
        touched = slope[0, 0].nonzero()
        return int(touched.min()) - T // 2, int(touched.max()) - T // 2

    def right(layer: Callable[[Tensor], Tensor], T: int) -> int:
        return max(0, ends(layer, T)[1])

    mistakes = (
        Mistake(
            lambda layer, T: ends(layer, T)[1],
            tr(
                "맨 뒤에 닿은 곳이 음수일 수도 있습니다. 미래를 보지 않으면 0입니다.",
                "The last input touched may lie before the output; no look-ahead is 0, not less.",
            ),
        ),
        Mistake(
            lambda layer, T: max(0, -ends(layer, T)[0]),
            tr(
                "얼마나 뒤를 돌아보는지 쟀습니다. 물은 것은 미래입니다.",
                "That is how far it looks back; the question was how far ahead.",
            ),
        ),
        Mistake(
            lambda layer, T: int(ends(layer, T)[1] > 0),
            tr(
                "미래를 보는지만 답했습니다. 몇 샘플인지 세십시오.",
                "That says whether it looks ahead; count the samples.",
            ),
        ),
    )
    hint = tr(
        "가운데 출력을 입력으로 미분하여 0이 아닌 자리를 보십시오.",
        "Differentiate the middle output by the input; see where that is not 0.",
    )
    # Causal, two-sided, one zero short, ahead alone, one late.
    layers = [_Layer(*one) for one in ((3, 2, 4), (3, 2, 2), (2, 4, 3), (3, 3, 0), (2, 1, 2))]
    return check_answer(answer, right, [(layer, 31) for layer in layers], mistakes, hint)


@dataclass(frozen=True)
class _Layer:
    """A dilated convolution with given zero padding on the left, and a tanh."""

    taps: int
    dilation: int
    zeros_left: int

    def __call__(self, x: Tensor) -> Tensor:
        weight = torch.linspace(0.5, 1.5, self.taps)[None, None]
        both = F.pad(x, (self.zeros_left, (self.taps - 1) * self.dilation))
        return torch.tanh(F.conv1d(both, weight, dilation=self.dilation)[..., : x.shape[2]])


def check_design(answer: Callable[[int], tuple[int, int]]) -> CheckResult:
    """Exercise 4.4: the cheapest stack with dilations 1, k, k^2, ... for a given receptive field.

    Args:
        answer: reach -> (k, n), taps from 2 to 8 and layers with k^n >= reach and the least k n; of
            equals, the one with fewer layers.

    Example:
        >>> check_design(lambda reach: (2, (reach - 1).bit_length()))
        ✘ Always two taps...
    """

    def layers(reach: int, k: int) -> int:
        return next(n for n in range(1, 64) if k**n >= reach)

    def best(reach: int, cost: Callable[[int, int], tuple[int, ...]]) -> Tensor:
        return torch.tensor(
            min(((k, layers(reach, k)) for k in range(2, 9)), key=lambda o: cost(*o))
        )

    @wraps(answer)
    def given(reach: int) -> Tensor | None:
        pair = answer(reach)
        return pair if pair is None else torch.tensor([int(one) for one in pair])

    mistakes = (
        Mistake(
            lambda reach: best(reach, lambda k, n: (n, k)),
            tr(
                "층이 가장 적은 것을 골랐습니다. 비용은 층마다 k가 들어 모두 k·n입니다.",
                "Fewest layers; but a layer costs k, and the stack k n.",
            ),
        ),
        Mistake(
            lambda reach: torch.tensor([2, layers(reach, 2)]),
            tr(
                "언제나 탭 두 개입니다. k를 2부터 8까지 견주십시오.",
                "Always two taps; compare k from 2 to 8.",
            ),
        ),
        Mistake(
            lambda reach: best(reach, lambda k, n: (k * n, -n)),
            tr(
                "비용이 같으면 층이 적은 쪽입니다. 층은 차례로 기다려야 합니다.",
                "Of equals take the one with fewer layers: layers have to wait for one another.",
            ),
        ),
    )
    cases = [(reach,) for reach in (81, 250, 1_024, 2_000, 3_070, 16_000)]
    hint = tr(
        "k마다 k**n이 reach 이상인 가장 작은 n을 찾고 k * n을 견주십시오.",
        "For each k find the least n with k**n at least reach, then compare k * n.",
    )
    return check_answer(given, lambda r: best(r, lambda k, n: (k * n, n)), cases, mistakes, hint)
