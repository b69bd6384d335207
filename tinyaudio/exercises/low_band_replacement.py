"""Chapter 22, "Measuring and listening": the low band of the input in the place of the generated one."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise

Replace = Callable[[Tensor, Tensor, int], Tensor]


def _cases(generator: Generator) -> list[Case]:
    """Loud sounds, so that clipping would change them."""
    return [
        (2 * torch.randn(T, generator=generator), 2 * torch.randn(T, generator=generator), k)
        for T, k in ((16, 3), (31, 6), (40, 10))
    ]


def _spliced(low: Tensor, high: Tensor, k: int) -> Tensor:
    """The first k bins of one spectrum, the rest of the other."""
    spectrum = torch.cat([torch.fft.rfft(low)[:k], torch.fft.rfft(high)[k:]])
    return torch.fft.irfft(spectrum, len(high))


def _right(generated: Tensor, source: Tensor, k: int) -> Tensor:
    return _spliced(source, generated, k)


def _old_phase(generated: Tensor, source: Tensor, k: int) -> Tensor:
    spectrum, wanted = torch.fft.rfft(generated), torch.fft.rfft(source)
    spectrum[:k] = torch.polar(wanted[:k].abs(), spectrum[:k].angle())
    return torch.fft.irfft(spectrum, len(generated))


LOW_BAND = Exercise(
    right=_right,
    cases=_cases,
    edges=[(torch.tensor([3.0, -3.0, 3.0, -3.0]), torch.tensor([2.0, 2.0, 2.0, 2.0]), 1)],
    mistakes=(
        Mistake(
            lambda generated, source, k: _spliced(source, generated.clamp(-1, 1), k),
            "클리핑한 뒤에 저역을 바꾸었습니다. 클리핑의 왜곡이 고역에 남습니다. 자르지 않은 소리를 쓰십시오.",
            "The low band is replaced after clipping: the distortion of the clipping stays in the high band.",
        ),
        Mistake(
            lambda generated, source, k: _spliced(source, generated, k).clamp(-1, 1),
            "저역을 바꾼 뒤에 클리핑했습니다. 그러면 저역이 다시 달라집니다.",
            "Clipping after the replacement changes the low band again.",
        ),
        Mistake(
            lambda generated, source, k: _spliced(generated, source, k),
            "두 대역이 바뀌었습니다. 낮은 k개의 빈이 입력의 것입니다.",
            "The bands have changed places: the lowest k bins are the source's.",
        ),
        Mistake(
            lambda generated, source, k: generated + _spliced(source, torch.zeros_like(source), k),
            "생성된 저역을 빼지 않고 더했습니다. 저역이 두 번 들어 있습니다.",
            "The generated low band was not taken away: there are two of them now.",
        ),
        Mistake(
            lambda generated, source, k: _spliced(source, generated, k + 1),
            "빈 하나가 더 바뀌었습니다. 0번부터 k - 1번까지가 저역입니다.",
            "One bin too many is replaced: the low band is bins 0 to k - 1.",
        ),
        Mistake(
            _old_phase,
            "크기만 바꾸고 위상은 생성된 것을 남겼습니다. 복소수 값을 통째로 바꾸십시오.",
            "Only magnitudes are replaced, and the phase is the generated one; replace complex values.",
        ),
    ),
    hint=(
        "두 소리의 torch.fft.rfft에서 앞 k개와 나머지를 이어 붙인 뒤 irfft하십시오.",
        "Join the first k bins of one torch.fft.rfft to the rest of the other; then irfft.",
    ),
)


def check_low_band(answer: Replace) -> CheckResult:
    """Replace the lowest bins of a generated sound by those of its input.

    Args:
        answer: (generated, source, k), both (T,), and a number of bins -> (T,), which may leave [-1, 1].

    Example:
        >>> def answer(generated, source, k):
        ...     spectrum = torch.fft.rfft(generated)
        ...     spectrum[:k] = torch.fft.rfft(source)[:k]
        ...     return torch.fft.irfft(spectrum, len(generated)).clamp(-1, 1)
        >>> check_low_band(answer)
        ✘ Clipping after the replacement changes the low band again.
    """
    return LOW_BAND.check(answer)
