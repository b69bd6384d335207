"""Chapter 1, "Sound into numbers": the STFT, from its parts."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise


def _frames(x: Tensor, n: int, hop: int, left: int, right: int) -> Tensor:
    return F.pad(x, (left, right)).unfold(0, n, hop)


def _spectra(x: Tensor, n: int, hop: int, window: Tensor | None = None) -> Tensor:
    window = torch.hann_window(n) if window is None else window
    return torch.fft.rfft(_frames(x, n, hop, n // 2, n // 2) * window).T


def _padded(left: int, right: int) -> Callable[[Tensor, int, int], Tensor]:
    """With other numbers of zeros on the two sides, in halves of a window."""
    return lambda x, n, hop: (
        torch.fft.rfft(_frames(x, n, hop, left * n // 2, right * n // 2) * torch.hann_window(n)).T
    )


def _mirrored(x: Tensor, n: int, hop: int) -> Tensor:
    both = F.pad(x[None], (n // 2, n // 2), "reflect")[0]
    return torch.fft.rfft(both.unfold(0, n, hop) * torch.hann_window(n)).T


def _incomplete_frame_kept(x: Tensor, n: int, hop: int) -> Tensor:
    missing = -len(x) % hop
    return _spectra(F.pad(x, (0, missing)), n, hop)


def _all_bins(x: Tensor, n: int, hop: int) -> Tensor:
    return torch.fft.fft(_frames(x, n, hop, n // 2, n // 2) * torch.hann_window(n)).T


def _sounds(generator: Generator) -> list[Case]:
    """Noise whose length is no multiple of the hop."""
    return [(torch.randn(T, generator=generator), n, h) for T, n, h in ((67, 16, 4), (109, 32, 8))]


STFT = Exercise(
    right=_spectra,
    cases=_sounds,
    mistakes=(
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop, torch.ones(n)),
            "창을 곱하지 않았습니다.",
            "The frames are not multiplied by the window.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop, torch.hann_window(n).square()),
            "창을 두 번 곱했습니다.",
            "The window was applied twice.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop, torch.hann_window(n, periodic=False)),
            "창의 주기가 N이 아니라 N-1입니다. periodic=False를 빼십시오.",
            "The window's period is N - 1, not N: leave out periodic=False.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop, torch.hamming_window(n)),
            "해밍(Hamming) 창을 곱했습니다. 한(Hann) 창이어야 합니다.",
            "You took a Hamming window; it should be a Hann window.",
        ),
        Mistake(
            _padded(0, 0),
            "양쪽에 0을 붙이지 않아 첫 프레임의 한가운데가 샘플 0이 아닙니다.",
            "Without zeros on either side, the first frame is not centred on sample 0.",
        ),
        Mistake(
            _padded(1, 0),
            "0을 앞쪽에만 붙였습니다. 뒤쪽에도 N/2개를 붙입니다.",
            "There are zeros before the sound only; put N/2 behind it, too.",
        ),
        Mistake(
            _padded(0, 1),
            "0을 뒤쪽에만 붙였습니다. 앞쪽에도 N/2개를 붙입니다.",
            "There are zeros behind the sound only; put N/2 before it, too.",
        ),
        Mistake(
            _padded(2, 0),
            "0을 모두 앞쪽에 붙였습니다. 양쪽에 N/2개씩 나누어 붙입니다.",
            "All zeros stand before the sound; put N/2 on either side.",
        ),
        Mistake(
            _padded(0, 2),
            "0을 모두 뒤쪽에 붙였습니다. 양쪽에 N/2개씩 나누어 붙입니다.",
            "All zeros stand behind the sound; put N/2 on either side.",
        ),
        Mistake(
            _padded(2, 2),
            "0을 양쪽에 N개씩 붙였습니다. N/2개씩이어야 첫 프레임의 한가운데가 샘플 0입니다.",
            "There are N zeros on either side; with N/2 the first frame is centred on sample 0.",
        ),
        Mistake(
            _mirrored,
            "소리의 바깥을 거울처럼 채웠습니다. 바깥은 0입니다.",
            "The sound is mirrored at its ends; outside it everything is 0.",
        ),
        Mistake(
            _incomplete_frame_kept,
            "온전히 들어가지 않는 마지막 프레임까지 넣었습니다.",
            "A last frame that does not fit in whole was kept.",
        ),
        Mistake(
            _all_bins,
            "칸이 N개입니다. 실수 신호는 절반이면 되므로 fft 대신 rfft를 쓰십시오.",
            "There are N bins; for real signals half of them will do: rfft, not fft.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop)[:-1],
            "나이퀴스트 주파수의 칸이 빠졌습니다. 칸은 N/2 + 1개입니다.",
            "The bin of the Nyquist frequency is missing: there are N/2 + 1 bins.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop).abs(),
            "크기만 남기고 위상을 버렸습니다. 복소수를 돌려주십시오.",
            "You kept the magnitude and threw the phase away: return complex numbers.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop).abs().square(),
            "전력만 남기고 위상을 버렸습니다. 복소수를 돌려주십시오.",
            "You kept the power and threw the phase away: return complex numbers.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop).real,
            "실수부만 남겼습니다. 복소수를 돌려주십시오.",
            "You kept the real part only: return complex numbers.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop).T,
            "행과 열이 바뀌었습니다. 주파수가 먼저, 프레임이 나중입니다.",
            "Rows and columns are swapped: frequency comes first, frames second.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop).conj(),
            "위상의 부호가 반대입니다. 지수는 -2πi f k / N입니다.",
            "The sign of the phase is reversed: the exponent is -2πi f k / N.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop) / n,
            "N으로 나누었습니다. 이 식에는 나눗셈이 없습니다.",
            "You divided by N; there is no division in this formula.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, hop) / math.sqrt(n),
            "N의 제곱근으로 나누었습니다. 이 식에는 나눗셈이 없습니다.",
            "You divided by the root of N; there is no division in this formula.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, 1),
            "창을 한 샘플씩 옮겼습니다. hop_length 샘플씩 옮기십시오.",
            "The window moves on by one sample; move it by hop_length.",
        ),
        Mistake(
            lambda x, n, hop: _spectra(x, n, n),
            "창을 N 샘플씩 옮겨서 겹치지 않습니다. hop_length 샘플씩 옮기십시오.",
            "The window moves on by N, so that frames do not overlap; move it by hop_length.",
        ),
    ),
    hint=(
        "0을 붙이고, 프레임으로 자르고, 창을 곱하십시오.",
        "Pad with 0s, cut into frames, multiply by the window.",
    ),
)


def check_stft(answer: Callable[[Tensor, int, int], Tensor]) -> CheckResult:
    """Exercise 1.4: the short-time Fourier transform, from its parts.

    Args:
        answer: (x, n_fft, hop_length), x of shape (T,) -> complex (n_fft / 2 + 1, frames), frame n
            centred on sample n hop_length.

    Example:
        >>> def library(x, n, hop):
        ...     window = torch.hann_window(n)
        ...     return torch.stft(x, n, hop, window=window, pad_mode="constant", return_complex=True)
        >>> check_stft(library)
        ✔ Correct.
    """
    return STFT.check(answer)
