"""The exercises on upsampling: right answers pass however they are written, and each planted mistake is named."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tinyaudio.audio.interpolation import upsample_linear
from tinyaudio.exercises.aligned_upsampling import ALIGNED, check_aligned
from tinyaudio.exercises.cached_condition import CACHED, check_cached
from tinyaudio.exercises.filtered_decimation import DECIMATE, check_decimate
from tinyaudio.exercises.low_band_replacement import LOW_BAND, check_low_band
from tinyaudio.exercises.signal_to_noise import SNR, check_snr
from tinyaudio.language import set_language
from tinyaudio.metrics import upsampling
from tinyaudio.represent.band_split import replace_low_band

ALL = [ALIGNED, SNR, DECIMATE, LOW_BAND, CACHED]


@pytest.mark.parametrize("exercise", ALL)
def test_messages_are_sentences_in_both_languages(exercise):
    for mistake in exercise.mistakes:
        assert mistake.korean.endswith(".") and mistake.english.endswith(".")
        assert mistake.english.isascii() and not mistake.korean.isascii()


@pytest.mark.parametrize("exercise", ALL)
def test_an_empty_answer_gets_the_hint(exercise):
    set_language("ko")
    try:
        assert exercise.check(lambda *arguments: None).message.endswith(exercise.hint[0])
    finally:
        set_language("en")


def test_aligned_passes_however_it_is_written():
    def by_numpy(x, r):
        return np.interp(np.arange(len(x) * r) / r, np.arange(len(x)), x.numpy())

    def by_the_package(x, r):
        held = torch.cat([x, x[-1:]])  # where the package has silence
        return upsample_linear(held, r)[: len(x) * r]

    assert check_aligned(by_numpy)
    assert check_aligned(by_the_package)


def test_snr_passes_however_it_is_written():
    assert check_snr(lambda y, y_hat: 10 * torch.log10((y**2).sum() / ((y - y_hat) ** 2).sum()))
    assert check_snr(lambda y, y_hat: upsampling.signal_to_noise_db(y_hat, y, upsampling.SNR))
    printed = check_snr(
        lambda y, y_hat: upsampling.signal_to_noise_db(y_hat, y, upsampling.SNR_PRINTED)
    )
    assert "takes 20" in printed.message


def test_decimate_passes_however_it_is_written():
    assert check_decimate(lambda x, h, r: np.convolve(x, h, "same")[::r] if len(h) > 1 else x[::r])
    assert check_decimate(
        lambda x, h, r: F.conv1d(x[None, None], h[None, None], stride=r, padding=len(h) // 2)[0, 0]
    )


def test_low_band_passes_however_it_is_written():
    def masked(generated, source, k):
        a, b = torch.fft.rfft(generated), torch.fft.rfft(source)
        return torch.fft.irfft(torch.where(torch.arange(len(a)) < k, b, a), len(generated))

    def by_the_package(generated, source, k):
        rate = len(generated) * 10  # bins are 10 Hz apart
        return replace_low_band(generated, source, rate, 10 * k - 5)

    assert check_low_band(masked)
    assert check_low_band(by_the_package)


def test_cached_passes_however_it_is_written():
    def first_all_projections(project, step, noise, low, n_steps):
        offsets = [project(y) for y in low]
        for _ in range(n_steps):
            noise = torch.stack([step(x, o) for x, o in zip(noise, offsets, strict=True)])
        return noise

    assert check_cached(first_all_projections)
