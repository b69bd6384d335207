"""Chapter 28, "Debugging by curve and by ear": to how many equally frequent codes a codebook amounts."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _shares(codes: Tensor, n_codes: int) -> Tensor:
    return codes.flatten().bincount(minlength=n_codes) / codes.numel()


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum()


def _right(codes: Tensor, n_codes: int) -> Tensor:
    return _entropy(_shares(codes, n_codes)).exp()


def _cases(generator: Generator) -> list[Case]:
    """Codes of unequal frequencies, of which each occurs; the smaller of two draws is low more often."""

    def some(n_codes: int, B: int, N: int) -> Case:
        codes = torch.randint(n_codes, (2, B, N), generator=generator).amin(0)
        codes[0, :n_codes] = torch.arange(n_codes)
        return codes, n_codes

    return [some(4, 2, 30), some(7, 3, 40)]


USED_CODES = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.tensor([[5, 5, 5, 5]]), 8), (torch.tensor([[0, 3], [3, 0]]), 32)],
    mistakes=(
        Mistake(
            lambda codes, n_codes: _entropy(_shares(codes, n_codes)),
            "냇으로 잰 엔트로피입니다. 퍼플렉시티는 그 지수입니다.",
            "That is the entropy in nats; perplexity is its exponential.",
        ),
        Mistake(
            lambda codes, n_codes: _entropy(_shares(codes, n_codes)) / math.log(2),
            "비트로 잰 엔트로피입니다. 퍼플렉시티는 엔트로피의 지수입니다.",
            "That is the entropy in bits; perplexity is an exponential of the entropy.",
        ),
        Mistake(
            lambda codes, n_codes: 2 ** _entropy(_shares(codes, n_codes)),
            "냇으로 잰 엔트로피를 2의 지수로 올렸습니다. 로그의 밑과 같은 밑을 쓰십시오.",
            "You raised 2 to an entropy in nats; use the base of the logarithm.",
        ),
        Mistake(
            lambda codes, n_codes: len(codes.unique()),
            "한 번이라도 나온 코드의 수입니다. 퍼플렉시티는 얼마나 자주 나오는지도 셉니다.",
            "That is the number of codes that occur at all; perplexity also weighs how often.",
        ),
        Mistake(
            lambda codes, n_codes: 1 / _shares(codes, n_codes).square().sum(),
            "제곱의 합의 역수입니다. 엔트로피의 지수를 쓰십시오.",
            "That is one over the sum of squares; take the exponential of the entropy.",
        ),
        Mistake(
            lambda codes, n_codes: _entropy(_shares(codes, n_codes)).exp() / n_codes,
            "코드북의 크기로 나누었습니다. 퍼플렉시티는 개수입니다.",
            "You divided by the size of the codebook; perplexity is a number of codes.",
        ),
        Mistake(
            lambda codes, n_codes: _right(codes[:1], n_codes),
            "첫 클립의 코드만 셌습니다.",
            "You counted the codes of the first clip only.",
        ),
        Mistake(
            lambda codes, n_codes: torch.stack([_right(one, n_codes) for one in codes]).mean(),
            "클립마다의 퍼플렉시티를 평균했습니다. 모든 코드를 함께 세십시오.",
            "You averaged the perplexities of clips; count all codes together.",
        ),
        Mistake(
            lambda codes, n_codes: (
                -(_shares(codes, n_codes) * _shares(codes, n_codes).log()).sum()
            ).exp(),
            "쓰이지 않은 코드에서 0 ln 0이 NaN이 됩니다. torch.special.entr는 0을 냅니다.",
            "For a code that is not used 0 ln 0 is NaN; torch.special.entr gives 0.",
        ),
    ),
    hint=(
        "코드마다의 비율 p부터 구하십시오. 그다음은 엔트로피, 그다음은 그 지수입니다.",
        "Begin with the share p of each code; then its entropy, then the exponential.",
    ),
)


def check_used_codes(answer: Callable[[Tensor, int], float | Tensor]) -> CheckResult:
    """Exercise 28.2: the perplexity of codes.

    Args:
        answer: (codes, n_codes), codes of shape (B, N) -> perplexity, from 1 to n_codes.

    Example:
        >>> check_used_codes(lambda codes, n_codes: len(codes.unique()))
        ✘ That is the number of codes that occur at all; perplexity also weighs how often.
    """
    return USED_CODES.check(answer)
