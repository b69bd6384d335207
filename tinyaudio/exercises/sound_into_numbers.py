"""Chapter 1, "Sound into numbers": aliasing, signal-to-noise ratio; the checkers of the chapter."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.dither import check_dither as check_dither
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.exercises.frame_length import check_shortest_frame as check_shortest_frame
from tinyaudio.exercises.spectrum import check_stft as check_stft


def _tones(generator: Generator) -> list[Case]:
    """Tones in all halves of the first periods of the spectrum, away from where they turn back."""
    rates = [16_000.0, 8_000.0, 44_100.0]
    place = (torch.rand(3, 8, generator=generator) * 0.3 + 0.1 + torch.arange(8) / 2).double()
    return [(rate * f, rate) for rate, row in zip(rates, place.tolist(), strict=True) for f in row]


ALIAS_HZ = Exercise(
    right=lambda f, rate: abs(f - rate * round(f / rate)),
    cases=_tones,
    edges=[(0.0, 16e3), (8e3, 16e3), (16e3, 16e3), (24e3, 16e3), (9e3, 16e3), (33e3, 16e3)],
    mistakes=(
        Mistake(
            lambda f, rate: f,
            "샘플링 레이트의 절반을 넘는 주파수가 그대로 나왔습니다. 넘는 부분은 접혀 내려옵니다.",
            "Frequencies above half the sample rate came out unchanged; they fold back down.",
        ),
        Mistake(
            lambda f, rate: f % rate,
            "스펙트럼의 한 주기 안으로는 가져왔지만 위쪽 절반을 거울처럼 접지 않았습니다.",
            "You brought the frequency into one period of the spectrum, but did not mirror its upper half.",
        ),
        Mistake(
            lambda f, rate: rate * math.ceil(f / rate) - f,
            "k를 올림했습니다. f에 가장 가까운 배수를 찾으려면 반올림해야 합니다.",
            "You rounded k up; for the multiple nearest to f, round it to the nearest integer.",
        ),
        Mistake(
            lambda f, rate: min(f, rate / 2),
            "나이퀴스트 주파수에서 잘랐습니다. 주파수는 멈추지 않고 되돌아 내려갑니다.",
            "You stopped at the Nyquist frequency; the tone does not stop there, it turns back.",
        ),
        Mistake(
            lambda f, rate: f if f <= rate / 2 else 0.0,
            "나이퀴스트 주파수를 넘는 순음을 없앴습니다. 사라지지 않고 접혀 내려옵니다.",
            "You removed tones above the Nyquist frequency; they do not vanish, they fold down.",
        ),
        Mistake(
            lambda f, rate: f if f <= rate / 2 else abs(rate - f),
            "한 번만 접었습니다. 샘플링 레이트의 1.5배를 넘으면 또 접어야 합니다. 가장 가까운 k를 찾으십시오.",
            "You folded only once; above 1.5 times the sample rate it folds again. Look for the nearest k.",
        ),
        Mistake(
            lambda f, rate: f if f <= rate / 2 else rate - f,
            "한 번만 접었고, 샘플링 레이트를 넘으면 음수가 됩니다. 가장 가까운 k를 찾으십시오.",
            "You folded only once, and above the sample rate the result is negative. Look for the nearest k.",
        ),
        Mistake(
            lambda f, rate: abs(f - rate),
            "k를 1로 고정했습니다. 낮은 주파수에서는 k가 0이고, 높은 주파수에서는 더 큽니다.",
            "Your k is always 1; for low frequencies it is 0, and for high ones it is larger.",
        ),
        Mistake(
            lambda f, rate: f - rate * round(f / rate),
            "절댓값이 빠져서 음의 주파수가 나옵니다. 코사인은 부호를 구별하지 못합니다.",
            "The absolute value is missing, so that some frequencies are negative; a cosine sees no sign.",
        ),
        Mistake(
            lambda f, rate: rate / 2 - f % (rate / 2) if f > rate / 2 else f,
            "접힐 때마다 방향이 바뀝니다. 두 번째 접힘에서는 다시 올라갑니다.",
            "The direction changes at every fold: after the second one the tone rises again.",
        ),
        Mistake(
            lambda f, rate: f % (rate / 2),
            "나이퀴스트 주파수로 나눈 나머지입니다. 그러면 0으로 뛰어내립니다. 되돌아 내려가야 합니다.",
            "That is the remainder by the Nyquist frequency, which jumps to 0; the tone should turn back.",
        ),
        Mistake(
            lambda f, rate: abs(f - rate / 2 * round(2 * f / rate)),
            "나이퀴스트 주파수의 배수를 뺐습니다. 빼는 것은 샘플링 레이트의 배수입니다.",
            "You subtract multiples of the Nyquist frequency; take multiples of the sample rate.",
        ),
        Mistake(
            lambda f, rate: abs(f - 2 * rate * round(f / (2 * rate))),
            "샘플링 레이트에서 접었습니다. 접히는 곳은 그 절반인 나이퀴스트 주파수입니다.",
            "You folded at the sample rate; tones fold at half of it, the Nyquist frequency.",
        ),
    ),
    hint=("k = round(f / f_s)에서 시작해 보십시오.", "Begin with k = round(f / f_s)."),
)


def check_alias_hz(answer: Callable[[float, float], float]) -> CheckResult:
    """Exercise 1.1: the alias of a sampled tone, the frequency that a listener perceives.

    Args:
        answer: (frequency_hz, sample_rate) -> frequency in [0, sample_rate / 2].

    Example:
        >>> check_alias_hz(lambda frequency_hz, sample_rate: frequency_hz % sample_rate)
        ✘ You brought the frequency into one period of the spectrum...
    """
    return ALIAS_HZ.check(answer)


def _power(x: Tensor) -> Tensor:
    return x.square().mean()


def _db(ratio: Tensor) -> Tensor:
    return 10 * torch.log10(ratio)


def _noisy(generator: Generator) -> list[Case]:
    """A sine with an offset and noise with another, soft to loud."""
    clean = 0.1 + torch.sin(torch.arange(1000) * 0.3)[None]
    noise = 0.3 + torch.randn(3, 1, 1000, generator=generator)
    levels = zip((0.5, 0.1, 2.0), noise, strict=True)
    return [(clean, clean + level * one) for level, one in levels]


_SOUND = torch.cos(torch.arange(50.0))[None]
SNR_DB = Exercise(
    right=lambda c, n: _db(_power(c) / _power(n - c)),
    cases=_noisy,
    edges=[(_SOUND, 0.9 * _SOUND), (_SOUND, 0 * _SOUND), (_SOUND, 4 * _SOUND)],
    mistakes=(
        Mistake(
            lambda c, n: 2 * _db(_power(c) / _power(n - c)),
            "제곱의 평균은 이미 전력이므로 20이 아니라 10을 곱합니다. 20은 진폭의 비에 곱합니다.",
            "A mean of squares is a power: multiply by 10. The 20 is for ratios of amplitudes.",
        ),
        Mistake(
            lambda c, n: _db(_power(c) / _power(n - c)) / 2,
            "제곱근을 취하면 진폭의 비입니다. 20을 곱하거나, 제곱근을 빼십시오.",
            "With square roots it is a ratio of amplitudes: multiply by 20, or leave the roots out.",
        ),
        Mistake(
            lambda c, n: 10 * torch.log(_power(c) / _power(n - c)),
            "자연로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
            "You took the natural logarithm; decibels use base 10.",
        ),
        Mistake(
            lambda c, n: 10 * torch.log2(_power(c) / _power(n - c)),
            "밑이 2인 로그를 썼습니다. 데시벨은 밑이 10인 로그입니다.",
            "You took the logarithm of base 2; decibels use base 10.",
        ),
        Mistake(
            lambda c, n: torch.log10(_power(c) / _power(n - c)),
            "10을 곱하지 않았습니다. 그 값의 단위는 벨이고, 1벨이 10데시벨입니다.",
            "The factor of 10 is missing: those are bels, of 10 decibels each.",
        ),
        Mistake(
            lambda c, n: _power(c) / _power(n - c),
            "전력의 비입니다. 데시벨로 바꾸려면 로그를 취하고 10을 곱합니다.",
            "That is the ratio of powers; for decibels take its logarithm, times 10.",
        ),
        Mistake(
            lambda c, n: _db(_power(c) / _power(n)),
            "잡음이 섞인 소리로 나누었습니다. 잡음은 두 소리의 차이입니다.",
            "You divided by the noisy sound; the noise is the difference of the two.",
        ),
        Mistake(
            lambda c, n: _db(_power(n - c) / _power(c)),
            "분자와 분모가 바뀌었습니다. 깨끗할수록 값이 커야 합니다.",
            "Numerator and denominator are swapped: the cleaner the sound, the larger the number.",
        ),
        Mistake(
            lambda c, n: _db(_power(n) / _power(n - c)),
            "분자에 잡음이 섞인 소리가 들어갔습니다. 신호는 깨끗한 소리입니다.",
            "The numerator holds the noisy sound; the signal is the clean one.",
        ),
        Mistake(
            lambda c, n: _db(_power(c) / (_power(n) - _power(c))),
            "두 소리의 전력을 뺐습니다. 잡음은 샘플끼리 뺀 차이이고, 그 전력을 구합니다.",
            "You subtracted powers; the noise is the difference of the samples, and its power is wanted.",
        ),
        Mistake(
            lambda c, n: _db(c.var(correction=0) / (n - c).var(correction=0)),
            "분산을 썼습니다. 전력은 평균을 빼지 않은 제곱의 평균입니다.",
            "You took variances; power is the mean of squares, with no mean taken away.",
        ),
        Mistake(
            lambda c, n: 2 * _db(c.abs().mean() / (n - c).abs().mean()),
            "절댓값의 평균을 썼습니다. 전력은 제곱의 평균입니다.",
            "You took means of absolute values; power is the mean of squares.",
        ),
        Mistake(
            lambda c, n: 2 * _db(c.abs().max() / (n - c).abs().max()),
            "최댓값의 비입니다. 전력은 제곱의 평균입니다.",
            "That is a ratio of maxima; power is the mean of squares.",
        ),
        Mistake(
            lambda c, n: _db(c.abs().max() ** 2 / _power(n - c)),
            "분자가 최댓값의 제곱입니다. 그것은 PSNR이고, SNR의 분자는 신호의 전력입니다.",
            "The numerator is the square of the peak: that is PSNR. SNR takes the power of the signal.",
        ),
        Mistake(
            lambda c, n: _db(c.square().sum() / _power(n - c)),
            "분자는 합이고 분모는 평균입니다. 둘 다 평균이거나 둘 다 합이어야 합니다.",
            "A sum is divided by a mean; take the mean in both places, or the sum in both.",
        ),
        Mistake(
            lambda c, n: _db(c.mean().square() / (n - c).mean().square()),
            "평균을 낸 다음 제곱했습니다. 먼저 제곱하고 평균을 냅니다.",
            "You squared the means; square first, then take the mean.",
        ),
    ),
    hint=(
        "잡음 noisy - clean의 전력부터 구해 보십시오.",
        "Begin with the power of the noise, noisy - clean.",
    ),
)


def check_snr_db(answer: Callable[[Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 1.2: the signal-to-noise ratio of a noisy sound.

    Args:
        answer: (clean, noisy), two tensors of one shape -> ratio in dB.

    Example:
        >>> check_snr_db(lambda clean, noisy: 20 * (clean.norm() / (noisy - clean).norm()).log10())
        ✔ Correct.
    """
    return SNR_DB.check(answer)
