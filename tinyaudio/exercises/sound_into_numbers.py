"""Chapter 1, "Sound into numbers": aliasing, signal-to-noise ratio, frame length, the STFT."""

import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.exercises.dither import check_dither as check_dither
from tinyaudio.language import tr


def check_alias_hz(answer: Callable[[float, float], float]) -> CheckResult:
    """Exercise 1.1: the alias of a sampled tone, the frequency that a listener perceives.

    Args:
        answer: (frequency_hz, sample_rate) -> frequency in [0, sample_rate / 2].

    Example:
        >>> check_alias_hz(lambda frequency_hz, sample_rate: frequency_hz % sample_rate)
        ✘ You brought the frequency into one period of the spectrum...
    """

    def right(f: float, rate: float) -> float:
        return abs(f - rate * round(f / rate))

    mistakes = (
        Mistake(
            lambda f, rate: f,
            tr(
                "샘플링 레이트의 절반을 넘는 주파수가 그대로 나왔습니다. 넘는 부분은 접혀 내려옵니다.",
                "Frequencies above half the sample rate came out unchanged; they fold back down.",
            ),
        ),
        Mistake(
            lambda f, rate: f % rate,
            tr(
                "스펙트럼의 한 주기 안으로는 가져왔지만 위쪽 절반을 거울처럼 접지 않았습니다.",
                "You brought the frequency into one period of the spectrum, but did not mirror its upper half.",
            ),
        ),
        Mistake(
            lambda f, rate: min(f, rate / 2),
            tr(
                "나이퀴스트 주파수에서 잘랐습니다. 주파수는 멈추지 않고 되돌아 내려갑니다.",
                "You stopped at the Nyquist frequency; the tone does not stop there, it turns back.",
            ),
        ),
        Mistake(
            lambda f, rate: f if f <= rate / 2 else abs(rate - f),
            tr(
                "한 번만 접었습니다. 샘플링 레이트의 1.5배를 넘으면 또 접어야 합니다. "
                "가장 가까운 k를 찾으십시오.",
                "You folded only once; above 1.5 times the sample rate it folds again. Look for the nearest k.",
            ),
        ),
        Mistake(
            lambda f, rate: rate / 2 - f % (rate / 2) if f > rate / 2 else f,
            tr(
                "접힐 때마다 방향이 바뀝니다. 두 번째 접힘에서는 다시 올라갑니다.",
                "The direction changes at every fold: after the second one the tone rises again.",
            ),
        ),
    )
    rates = (16_000.0, 8_000.0)
    cases = [(f * 1000.0, rate) for rate in rates for f in (3, 7, 9, 13, 17, 25, 31, 33)]
    hint = tr("k = round(f / f_s) 에서 시작해 보십시오.", "Begin with k = round(f / f_s).")
    return check_answer(answer, right, cases, mistakes, hint)


def check_snr_db(answer: Callable[[Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 1.2: the signal-to-noise ratio of a noisy sound.

    Args:
        answer: (clean, noisy), two tensors of one shape -> ratio in dB.

    Example:
        >>> check_snr_db(lambda clean, noisy: 20 * (clean.norm() / (noisy - clean).norm()).log10())
        ✔ Correct.
    """

    def power(x: Tensor) -> Tensor:
        return x.square().mean()

    def right(clean: Tensor, noisy: Tensor) -> Tensor:
        return 10 * torch.log10(power(clean) / power(noisy - clean))

    mistakes = (
        Mistake(
            lambda c, n: 20 * torch.log10(power(c) / power(n - c)),
            tr(
                "제곱의 평균은 이미 전력이므로 20이 아니라 10을 곱합니다. 20은 진폭의 비에 곱합니다.",
                "A mean of squares is a power: multiply by 10. The 20 is for ratios of amplitudes.",
            ),
        ),
        Mistake(
            lambda c, n: 10 * torch.log10(power(c).sqrt() / power(n - c).sqrt()),
            tr(
                "제곱근을 취하면 진폭의 비입니다. 20을 곱하거나, 제곱근을 빼십시오.",
                "With square roots it is a ratio of amplitudes: multiply by 20, or leave the roots out.",
            ),
        ),
        Mistake(
            lambda c, n: 10 * torch.log(power(c) / power(n - c)),
            tr(
                "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
                "You took the natural logarithm; decibels use base 10.",
            ),
        ),
        Mistake(
            lambda c, n: 10 * torch.log10(power(c) / power(n)),
            tr(
                "잡음이 섞인 소리로 나누었습니다. 잡음은 두 소리의 차이입니다.",
                "You divided by the noisy sound; the noise is the difference of the two.",
            ),
        ),
        Mistake(
            lambda c, n: 10 * torch.log10(power(n - c) / power(c)),
            tr(
                "분자와 분모가 바뀌었습니다. 깨끗할수록 값이 커야 합니다.",
                "Numerator and denominator are swapped: the cleaner the sound, the larger the number.",
            ),
        ),
        Mistake(
            lambda c, n: 10 * torch.log10(power(n) / power(n - c)),
            tr(
                "분자에 잡음이 섞인 소리가 들어갔습니다. 신호는 깨끗한 소리입니다.",
                "The numerator holds the noisy sound; the signal is the clean one.",
            ),
        ),
    )
    random = torch.Generator().manual_seed(1)
    clean = torch.sin(torch.arange(1000) * 0.3)[None]
    cases = [(clean, clean + a * torch.randn(1, 1000, generator=random)) for a in (0.5, 0.1, 0.01)]
    hint = tr(
        "잡음 = noisy - clean 의 전력부터 구해 보십시오.",
        "Begin with the power of the noise, noisy - clean.",
    )
    return check_answer(answer, right, cases, mistakes, hint)


def check_shortest_frame(answer: Callable[[float, float], int]) -> CheckResult:
    """Exercise 1.3: the shortest frame that shows two tones as two.

    Args:
        answer: (gap_hz, sample_rate) -> the smallest power of two n_fft for which the main lobe of
            a Hann window, 4 sample_rate / n_fft wide, fits into the gap.

    Example:
        >>> def shortest_frame(gap_hz, sample_rate): return 1024
        >>> check_shortest_frame(shortest_frame)
        ✘ shortest_frame(250, 16000) should be 256, not 1024.
    """

    def power_of_two(at_least: float) -> int:
        return int(2 ** math.ceil(math.log2(at_least) - 1e-9))

    mistakes = (
        Mistake(
            lambda gap, rate: power_of_two(rate / gap),
            tr(
                "칸의 간격(f_s / N)만 따졌습니다. 한(Hann) 창의 봉우리는 네 칸만큼 넓습니다.",
                "That makes the bins (f_s / N) as wide as the gap; a Hann window's peak is four bins wide.",
            ),
        ),
        Mistake(
            lambda gap, rate: power_of_two(2 * rate / gap),
            tr(
                "봉우리 너비의 절반만 따졌습니다. 두 봉우리가 나뉘려면 4 f_s / N 이 간격보다 좁아야 합니다.",
                "That is half the width of a peak; the two part when 4 f_s / N fits into the gap.",
            ),
        ),
        Mistake(
            lambda gap, rate: math.ceil(4 * rate / gap),
            tr(
                "길이는 충분하지만 2의 거듭제곱이 아닙니다. 올림하십시오.",
                "Long enough, but not a power of two: round up to one.",
            ),
        ),
        Mistake(
            lambda gap, rate: int(2 ** math.floor(math.log2(4 * rate / gap) + 1e-9)),
            tr(
                "내림했습니다. 그러면 봉우리가 간격보다 넓습니다. 올림하십시오.",
                "You rounded down, which makes the peak wider than the gap: round up.",
            ),
        ),
    )
    cases = [
        (250.0, 16_000.0),
        (100.0, 16_000.0),
        (32.7, 16_000.0),
        (50.0, 44_100.0),
        (10.0, 48_000.0),
    ]
    hint = tr("4 f_s / N ≤ 간격 을 N 에 대해 푸십시오.", "Solve 4 f_s / N ≤ gap for N.")

    def right(gap_hz: float, sample_rate: float) -> int:
        return power_of_two(4 * sample_rate / gap_hz)

    return check_answer(answer, right, cases, mistakes, hint)


def check_stft(answer: Callable[[Tensor, int, int], Tensor]) -> CheckResult:
    """Exercise 1.4: the short-time Fourier transform, from its parts.

    Args:
        answer: (x, n_fft, hop_length), x of shape (T,) -> complex (n_fft / 2 + 1, frames), frame n
            centred on sample n hop_length.

    Example:
        >>> from tinyaudio.represent.spectrum import stft
        >>> check_stft(stft)
        ✔ Correct.
    """

    def spectra(x: Tensor, n_fft: int, hop: int, window: Tensor, pad: int) -> Tensor:
        frames = F.pad(x, (pad, pad)).unfold(0, n_fft, hop)
        return torch.fft.rfft(frames * window).T

    def right(x: Tensor, n: int, hop: int) -> Tensor:
        return spectra(x, n, hop, torch.hann_window(n), n // 2)

    def parts(f: Callable[[Tensor, int, int], Tensor]) -> Callable[[Tensor, int, int], Tensor]:
        @functools.wraps(f)
        def real_and_imaginary(x: Tensor, n: int, hop: int) -> Tensor:
            made = f(x, n, hop)
            complex_made = isinstance(made, Tensor) and made.is_complex()
            return torch.view_as_real(made.resolve_conj()) if complex_made else made

        return real_and_imaginary

    named = (
        (
            lambda x, n, hop: spectra(x, n, hop, torch.ones(n), n // 2),
            "창을 곱하지 않았습니다.",
            "The frames are not multiplied by the window.",
        ),
        (
            lambda x, n, hop: spectra(x, n, hop, torch.hann_window(n), 0),
            "양쪽에 0을 붙이지 않아 첫 프레임의 한가운데가 샘플 0이 아닙니다.",
            "Without zeros on either side, the first frame is not centred on sample 0.",
        ),
        (
            lambda x, n, hop: spectra(x, n, hop, torch.hann_window(n, periodic=False), n // 2),
            "창의 주기가 N이 아니라 N-1입니다. periodic=False를 빼십시오.",
            "The window's period is N - 1, not N: leave out periodic=False.",
        ),
        (
            lambda x, n, hop: right(x, n, hop).abs(),
            "크기만 남기고 위상을 버렸습니다. 복소수를 돌려주십시오.",
            "You kept the magnitude and threw the phase away: return complex numbers.",
        ),
        (
            lambda x, n, hop: right(x, n, hop).T,
            "행과 열이 바뀌었습니다. 주파수가 먼저, 프레임이 나중입니다.",
            "Rows and columns are swapped: frequency comes first, frames second.",
        ),
    )
    mistakes = [Mistake(parts(wrong), tr(ko, en)) for wrong, ko, en in named]
    random = torch.Generator().manual_seed(0)
    cases = [(torch.randn(64, generator=random), 16, 4), (torch.randn(96, generator=random), 32, 8)]
    hint = tr("채우고, 자르고, 창을 곱하십시오.", "Pad, cut into frames, multiply by the window.")
    return check_answer(
        parts(answer) if callable(answer) else answer, parts(right), cases, mistakes, hint
    )
