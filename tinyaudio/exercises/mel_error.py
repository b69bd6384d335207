"""Chapter 23, "Every vocoder on one bench": the distance of log-mel spectrograms, at the sounds' own rate."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Case, Exercise
from tinyaudio.represent.logmel import RANGE_DB, log_mel

Distance = Callable[[Tensor, Tensor, int], Tensor]
SIZES = (512, 64)


def _cases(generator: Generator) -> list[Case]:
    """Noise whose colour differs, so that bands at other frequencies have other distances."""
    cases: list[Case] = []
    for rate in (8_000, 24_000):
        fake, real = 0.2 * torch.randn(2, 1, 1, 2_048, generator=generator)
        cases.append((fake - 0.9 * fake.roll(1, -1), real, rate))
    return cases


def _error(
    fake: Tensor,
    real: Tensor,
    rate: int,
    sizes: tuple[int, int] = SIZES,
    scale: float | int = RANGE_DB,
) -> Tensor:
    made, wanted = (log_mel(x, rate, *sizes) for x in (fake, real))
    return scale * (made - wanted).abs().mean()


def _differences(fake: Tensor, real: Tensor, rate: int) -> Tensor:
    return RANGE_DB * (log_mel(fake, rate, *SIZES) - log_mel(real, rate, *SIZES))


MEL_ERROR_DB = Exercise(
    right=_error,
    cases=_cases,
    edges=[(torch.zeros(1, 1, 640), torch.zeros(1, 1, 640), 16_000)],
    mistakes=(
        Mistake(
            lambda fake, real, rate: _error(fake, real, 16_000),
            "레이트를 16,000으로 고정했습니다. rate를 쓰지 않으면 밴드가 다른 주파수에 놓입니다.",
            "The rate is fixed at 16,000; without rate the bands stand at other frequencies.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, 22_050),
            "레이트를 22,050으로 고정했습니다. rate를 쓰지 않으면 밴드가 다른 주파수에 놓입니다.",
            "The rate is fixed at 22,050; without rate the bands stand at other frequencies.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, 8_000),
            "레이트를 8,000으로 고정했습니다. rate를 쓰지 않으면 밴드가 다른 주파수에 놓입니다.",
            "The rate is fixed at 8,000; without rate the bands stand at other frequencies.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, rate // 2),
            "레이트의 절반을 썼습니다. log_mel은 나이퀴스트 주파수가 아니라 샘플링 레이트를 받습니다.",
            "You passed half of the rate; log_mel takes the sample rate, not the Nyquist frequency.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, rate, (1_024, 256)),
            "창 1,024와 홉 256을 썼습니다. 여기서는 512와 64입니다.",
            "Windows are 1,024 and hops 256 long; here they are 512 and 64.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, rate, scale=1),
            "dB가 아니라 log_mel의 눈금입니다. 40을 곱하십시오.",
            "That is on the scale of log_mel, not in dB: multiply by 40.",
        ),
        Mistake(
            lambda fake, real, rate: _error(fake, real, rate, scale=20),
            "20을 곱했습니다. log_mel의 1은 40 dB입니다.",
            "You multiplied by 20; a value of 1 of log_mel is 40 dB.",
        ),
        Mistake(
            lambda fake, real, rate: _differences(fake, real, rate).mean(),
            "절댓값이 빠져서 오차가 서로 지워집니다.",
            "Without absolute values, errors cancel.",
        ),
        Mistake(
            lambda fake, real, rate: _differences(fake, real, rate).square().mean().sqrt(),
            "제곱 평균의 제곱근입니다. 절댓값의 평균을 구하십시오.",
            "That is a root mean square; take the mean of absolute values.",
        ),
    ),
    hint=(
        "log_mel(x, rate, 512, 64)를 두 파형에서 구하고 뺍니다.",
        "Compute log_mel(x, rate, 512, 64) of both waveforms, and subtract.",
    ),
)


def check_mel_error_db(answer: Distance) -> CheckResult:
    """Exercise 23.4: the mean absolute difference of two log-mel spectrograms, in dB.

    Args:
        answer: (fake, real, rate), two waveforms (B, 1, T) and their rate in Hz -> a number.

    Example:
        >>> check_mel_error_db(lambda fake, real, rate: _error(fake, real, 22_050))
        ✘ The rate is fixed at 22,050; without rate the bands stand at other frequencies.
    """
    return MEL_ERROR_DB.check(answer)
