"""SNR and LSD in closed form, each definition by what sets it apart."""

import math

import pytest
import torch

from tinyaudio.audio.decimation import decimate_stft
from tinyaudio.audio.interpolation import upsample_linear, upsample_sinc, upsample_spline
from tinyaudio.errors import AudioError
from tinyaudio.metrics.upsampling import (
    LSD_KULESHOV,
    LSD_NUWAVE,
    LSD_NVSR,
    SNR,
    SNR_KULESHOV,
    SNR_PRINTED,
    log_spectral_distance,
    signal_to_noise_db,
)
from tinyaudio.represent.band_split import split_bands

RATE = 48_000
LSDS = [LSD_NUWAVE, LSD_KULESHOV, LSD_NVSR]


def noise(seed=0, n=RATE // 2):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed)) / 10


# ------------------------------------------------------------------ SNR


@pytest.mark.parametrize("e", [0.001, 0.1, 3.0])
def test_a_share_of_error_is_its_decibels(e):
    assert signal_to_noise_db((1 + e) * noise(), noise(), SNR) == pytest.approx(
        -20 * math.log10(e), abs=1e-3
    )


def test_silence_is_0_db_and_the_sound_itself_infinite():
    assert signal_to_noise_db(torch.zeros_like(noise()), noise(), SNR) == 0
    assert signal_to_noise_db(noise(), noise(), SNR) == math.inf


def test_20_of_norms_is_10_of_powers_and_what_was_printed_is_half():
    y, y_hat = noise(), noise() + noise(1) / 7
    of_powers = 10 * math.log10(y.square().sum() / (y - y_hat).square().sum())
    assert signal_to_noise_db(y_hat, y, SNR) == pytest.approx(of_powers, abs=1e-4)
    assert signal_to_noise_db(y_hat, y, SNR_PRINTED) == pytest.approx(of_powers / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("printed", "corrected"), [(9.69, 19.38), (11.1, 22.2), (13.2, 26.4), (9.62, 19.24)]
)
def test_the_errata_s_table(printed, corrected):
    """An error of the corrected SNR is printed as NU-Wave's table 2 has it."""
    y = noise()
    y_hat = y * (1 + 10 ** (-corrected / 20))
    assert signal_to_noise_db(y_hat, y, SNR) == pytest.approx(corrected, abs=1e-3)
    assert signal_to_noise_db(y_hat, y, SNR_PRINTED) == pytest.approx(printed, abs=1e-3)


def test_kuleshov_s_floor_limits_the_ratio():
    y = noise()
    limit = 10 * math.log10(y.square().mean() / 1e-6)
    assert signal_to_noise_db(y, y, SNR_KULESHOV) == pytest.approx(limit, abs=1e-4)
    assert signal_to_noise_db(y / 100, y / 100, SNR_KULESHOV) == pytest.approx(limit - 40, abs=1e-4)


def test_bands_are_compared_apart():
    low, high = split_bands(noise(), RATE, 8_000)
    y_hat = 1.1 * low + 1.01 * high

    def found(*band_hz):
        return signal_to_noise_db(y_hat, noise(), SNR, sample_rate=RATE, band_hz=band_hz)

    assert found(0, 8_000) == pytest.approx(20, abs=0.01)
    assert found(8_000, 24_001) == pytest.approx(40, abs=0.01)
    assert 20 < found(0, 24_001) < 40


def test_a_high_band_of_the_right_power_and_another_phase_costs_3_db():
    """10 log10 2: the error holds the band that is missing, and the one that stands there, as loud."""
    low, high = split_bands(noise(), RATE, 8_000)
    other = split_bands(noise(1), RATE, 8_000)[1]
    other = other * high.norm() / other.norm()
    cost = signal_to_noise_db(low, noise(), SNR) - signal_to_noise_db(low + other, noise(), SNR)
    assert cost == pytest.approx(10 * math.log10(2), abs=0.1)


# ------------------------------------------------------------------ LSD


@pytest.mark.parametrize("gain", [0.5, 2.0, 10.0])
@pytest.mark.parametrize("definition", LSDS)
def test_a_gain_is_its_logarithm_and_a_sign_nothing(definition, gain):
    expected = abs(2 * math.log(gain) / math.log(definition.base))
    y = 10 * noise()  # far above every floor
    assert log_spectral_distance(gain * y, y, definition) == pytest.approx(expected, abs=2e-3)
    assert log_spectral_distance(-y, y, definition) < 1e-3
    assert log_spectral_distance(y, y, definition) < 1e-9


def test_the_order_of_the_means_is_each_definition_s():
    """Half of the frames off by d: their mean is d / 2; off in half of the bins: the root of a half of d squared."""
    clip = noise(n=2 * RATE)
    half_of_time = torch.cat([clip[:RATE], 10 * clip[RATE:]])
    low, high = split_bands(clip, RATE, 12_000)
    half_of_bins = low + 10 * high
    first, second = 2 / 2, 2 / math.sqrt(2)
    for definition in (LSD_NUWAVE, LSD_NVSR):
        assert log_spectral_distance(half_of_time, clip, definition) == pytest.approx(
            first, abs=0.02
        )
        assert log_spectral_distance(half_of_bins, clip, definition) == pytest.approx(
            second, abs=0.02
        )
    e = math.log(10)
    found = [log_spectral_distance(one, clip, LSD_KULESHOV) for one in (half_of_time, half_of_bins)]
    assert found == pytest.approx([second * e, first * e], abs=0.05)


@pytest.mark.parametrize("height", [1.0, 1e-3])
def test_floors_and_limits(height):
    """A click against silence: of five frames it is in the middle of one, at a quarter of two, at the edge of two."""
    click = torch.zeros(2_048)
    click[1_024] = height
    p = [
        0,
        height**2 / 4,
        height**2,
        height**2 / 4,
        0,
    ]  # flat spectra, under a squared sine of 1/2, 1, 1/2
    found = {d: log_spectral_distance(torch.zeros(2_048), click, d) for d in LSDS[:2]}
    nuwave = sum(math.log10(max(x, 1e-8) / 1e-8) for x in p) / 5
    kuleshov = math.sqrt(sum(math.log((x + 1e-8) / 1e-8) ** 2 for x in p) / 5)
    assert found[LSD_NUWAVE] == pytest.approx(nuwave, abs=1e-6)
    assert found[LSD_KULESHOV] == pytest.approx(min(kuleshov, 10), abs=1e-6)
    assert (kuleshov > 10) == (height == 1)
    assert log_spectral_distance(click, click, LSD_NUWAVE) == 0


def test_without_a_floor_silence_is_as_far_as_double_precision_says():
    """NVSR's constant stands in the ratio: 12 where the reference is silent, about 24 where the estimate is."""
    y = noise(n=RATE) * 10
    silence = torch.zeros_like(y)
    assert log_spectral_distance(y, silence, LSD_NVSR) == pytest.approx(12, abs=1e-6)
    assert log_spectral_distance(silence, y, LSD_NVSR) == pytest.approx(27, abs=1)


def test_lsd_prefers_images_to_an_empty_band_and_snr_does_not():
    """The trap: 16 to 48 kHz by a sinc and by a line."""
    y = noise()
    y = split_bands(y, RATE, 6_000)[0] + 0.03 * split_bands(y, RATE, 6_000)[1]
    low = decimate_stft(y, 3)
    line, sinc = upsample_linear(low, 3), upsample_sinc(low, 3)
    for definition in LSDS:
        distances = [log_spectral_distance(one, y, definition) for one in (line, sinc)]
        assert distances[0] < distances[1]
    assert signal_to_noise_db(line, y, SNR) < signal_to_noise_db(sinc, y, SNR)


def test_bins_of_a_band_are_compared_apart():
    low, high = split_bands(noise(), RATE, 8_000)
    y_hat = low + 10 * high

    def found(*band_hz):
        return log_spectral_distance(y_hat, noise(), LSD_NUWAVE, sample_rate=RATE, band_hz=band_hz)

    assert found(0, 7_000) < 0.05  # the ends of the clip are edges, which every band holds
    assert found(9_000, 24_001) == pytest.approx(2, abs=0.01)
    assert found(0, 24_001) == pytest.approx(2 * math.sqrt(2 / 3), abs=0.02)


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("measure", "definition"), [(signal_to_noise_db, SNR), (log_spectral_distance, LSD_NUWAVE)]
)
def test_bad_input_is_refused(measure, definition):
    with pytest.raises(AudioError, match="cut them to one length"):
        measure(noise(), noise(n=5_000), definition)
    with pytest.raises(AudioError, match="one channel"):
        measure(noise().view(2, -1), noise().view(2, -1), definition)
    with pytest.raises(AudioError, match="give sample_rate"):
        measure(noise(), noise(), definition, band_hz=(0, 8_000))


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(AudioError, match="silent"):
        signal_to_noise_db(noise(), torch.zeros_like(noise()), SNR)
    with pytest.raises(AudioError, match="more than 1024"):
        log_spectral_distance(torch.zeros(1), torch.zeros(1), LSD_NUWAVE)
    with pytest.raises(AudioError, match="no bin"):
        log_spectral_distance(
            noise(), noise(), LSD_NUWAVE, sample_rate=RATE, band_hz=(30_000, 40_000)
        )


@pytest.mark.parametrize("ratio", [2, 3])
def test_half_a_sample_of_delay_costs_more_than_what_a_better_interpolation_gains(ratio):
    """Noise that falls by 12 dB an octave: aligned lines, splines and a sinc in that order, and shifted lines last."""
    spectrum = torch.fft.rfft(noise())
    hz = torch.arange(len(spectrum)) * RATE / len(noise())
    y = torch.fft.irfft(spectrum / (1 + (hz / 2_000) ** 2), len(noise()))
    low = decimate_stft(y, ratio)
    shifted = torch.nn.functional.interpolate(low[None, None], scale_factor=ratio, mode="linear")[
        0, 0
    ]
    estimates = [
        shifted,
        *(f(low, ratio) for f in (upsample_linear, upsample_spline, upsample_sinc)),
    ]
    ratios = [signal_to_noise_db(one, y, SNR) for one in estimates]
    assert ratios == sorted(ratios)
    assert ratios[1] - ratios[0] > ratios[3] - ratios[1]
