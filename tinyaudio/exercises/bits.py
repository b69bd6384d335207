"""Chapter 3, "mu-law and the softmax": bits of mu-law codes as bits at 16 bits."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.represent import mulaw


def _recorded(generator: Generator) -> list[Case]:
    """Codes of a soft and of a loud sound, with the widths of mu-law's levels at 16 bits."""
    widths = mulaw.encode(torch.arange(-(2**15), 2**15) / 2**15).bincount(minlength=256)
    return [
        (4.2, torch.randint(100, 156, (50,), generator=generator), widths),
        (5.5, torch.randint(256, (80,), generator=generator), widths),
    ]


FAIR_BITS = Exercise(
    right=lambda bits, q, w: bits + w[q].log2().mean(),
    cases=_recorded,
    edges=[(3.0, torch.arange(256), torch.full((256,), 256)), (2.5, torch.tensor([3]), 2 ** torch.arange(5))],
    mistakes=(
        Mistake(
            lambda bits, q, w: bits + 8,
            "8비트를 더하는 것은 균등 양자화일 때입니다. μ-law에서는 코드값마다 다릅니다.",
            "8 bits more is right for uniform levels; in mu-law it depends on the code.",
        ),
        Mistake(
            lambda bits, q, w: 2 * bits,
            "비트에 2를 곱했습니다. 16비트는 8비트의 두 배이지만, 더 드는 비트는 레벨의 너비에 달려 있습니다.",
            "You doubled the bits; how many more it takes at 16 bits depends on the widths of the levels.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].float().mean().log2(),
            "평균을 먼저 냈습니다. 비트는 샘플마다 더해지므로 로그가 먼저입니다.",
            "You took the mean first. Bits add up sample by sample, so the logarithm comes first.",
        ),
        Mistake(
            lambda bits, q, w: bits + w.log2().mean(),
            "코드값 256개에 같은 가중치를 주었습니다. 소리에 나온 대로, w[q]로 평균을 냅니다.",
            "All 256 codes count the same here; the mean is over what occurred, w[q].",
        ),
        Mistake(
            lambda bits, q, w: bits + (w * w.log2()).sum() / w.sum(),
            "w로 가중했습니다. 소리에 나온 대로, w[q]로 평균을 냅니다.",
            "Weighted by w; the mean is over what occurred, w[q].",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].log().mean(),
            "자연로그를 썼습니다. 비트는 밑이 2입니다.",
            "Natural logarithms: bits need base 2.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].log10().mean(),
            "밑이 10인 로그를 썼습니다. 비트는 밑이 2입니다.",
            "Logarithms of base 10: bits need base 2.",
        ),
        Mistake(
            lambda bits, q, w: bits - w[q].log2().mean(),
            "뺐습니다. 더 촘촘한 레벨을 맞히는 데는 비트가 더 듭니다.",
            "You subtracted; to hit a finer level takes more bits, not fewer.",
        ),
        Mistake(
            lambda bits, q, w: w[q].log2().mean() - bits,
            "빼는 순서가 바뀌었고, 빼는 것이 아니라 더합니다.",
            "You subtracted, and the wrong way round; add the two.",
        ),
        Mistake(
            lambda bits, q, w: bits * w[q].log2().mean(),
            "곱했습니다. 비트는 더합니다.",
            "You multiplied; bits are added.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].log2().sum(),
            "합을 더했습니다. 샘플당 비트이므로 평균을 냅니다.",
            "You added the sum; bits per sample are a mean.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].float().mean(),
            "로그를 취하지 않았습니다. w개 가운데 하나를 고르는 데 log2(w) 비트가 듭니다.",
            "The logarithm is missing: to choose one of w takes log2(w) bits.",
        ),
        Mistake(
            lambda bits, q, w: w[q].log2().mean(),
            "bits를 더하지 않았습니다.",
            "The bits of the codes themselves are missing.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q].log2(),
            "샘플마다의 값입니다. 평균을 냅니다.",
            "That is one value for each sample; take their mean.",
        ),
        Mistake(
            lambda bits, q, w: bits + w[q.unique()].log2().mean(),
            "코드값마다 한 번만 셌습니다. 나온 횟수만큼 셉니다.",
            "Every code counts once here; it should count as often as it occurs.",
        ),
    ),
    hint=("샘플마다 log2(w)를 더합니다.", "Every sample costs log2(w) more."),
)  # fmt: skip


def check_fair_bits(answer: Callable[[float, Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 3.4: bits per mu-law code, converted to bits per 16-bit sample.

    Args:
        answer: (bits, q, w), bits a code, codes, and 16-bit values a code -> bits at 16 bits.

    Example:
        >>> check_fair_bits(lambda bits, q, w: bits + 8)
        ✘ 8 bits more is right for uniform levels; in mu-law it depends on the code.
    """
    return FAIR_BITS.check(answer)
