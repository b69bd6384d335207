"""The source of a voice against what its equations say."""

import numpy as np
import pytest

from tinyaudio.data.speech.glottis import (
    aspiration_noise,
    glottal_cycles,
    glottal_pulses,
    one_pole,
    white_noise,
)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 96_000])
def test_a_cycle_counts_the_pitch(sample_rate):
    f0_hz = np.linspace(100.0, 300.0, 2 * sample_rate)  # 400 cycles
    cycles = glottal_cycles(f0_hz, sample_rate, 0.01, rng())
    assert abs(cycles.number[-1] - 399) <= 1
    assert np.all(np.diff(cycles.number) >= 0)
    assert cycles.position.min() >= 0 and cycles.position.max() < 1


def test_jitter_is_the_deviation_of_a_cycles_length():
    sample_rate, jitter = 96_000, 0.02
    cycles = glottal_cycles(np.full(20 * sample_rate, 100.0), sample_rate, jitter, rng())
    lengths = np.bincount(cycles.number)[1:-1]
    # 2000 cycles: the estimate is good to 1/sqrt(4000) = 1.6 %, counting whole samples adds 0.1 %.
    assert np.std(lengths) / np.mean(lengths) == pytest.approx(jitter, rel=0.06)


def test_harmonics_of_the_pulse_follow_its_fourier_series():
    """The integral of (2x/O - 3(x/O)²) exp(-2πikx), solved by a sum much finer than the samples."""
    sample_rate, n_periods, period, opened = 48_000, 20, 480, 0.6
    cycles = glottal_cycles(np.full(n_periods * period, 100.0), sample_rate, 0.0, rng())
    pulses = glottal_pulses(cycles, opened, 0.0, rng())
    measured = np.abs(np.fft.rfft(pulses))[::n_periods] / len(pulses)
    x = (np.arange(200_000) + 0.5) / 200_000 * opened
    shape = 2 * x / opened - 3 * (x / opened) ** 2
    k = np.arange(1, 41)
    exact = np.array([np.abs(np.mean(shape * np.exp(-2j * np.pi * n * x)) * opened) for n in k])
    # Up to 4 kHz the two-sample polynomial attenuates by less than 0.3 dB.
    assert np.max(np.abs(20 * np.log10(measured[k] / exact))) < 0.3
    assert abs(measured[0]) < 1e-3


def test_the_band_limited_step_folds_back_less():
    """At a pitch that does not divide the sample rate, what lies between harmonics is aliasing."""
    sample_rate, f0 = 48_000, 1234.5
    cycles = glottal_cycles(np.full(sample_rate, f0), sample_rate, 0.0, rng())
    opened = cycles.position / 0.6
    naive = np.where(opened < 1, opened * (2 - 3 * opened), 0.0)
    limited = glottal_pulses(cycles, 0.6, 0.0, rng())

    def aliasing_db(signal):
        power = np.abs(np.fft.rfft(signal * np.blackman(len(signal)))) ** 2
        f_hz = np.arange(len(power))
        between = np.abs((f_hz / f0 + 0.5) % 1 - 0.5) * f0 > 20
        return 10 * np.log10(power[between & (f_hz < 10_000)].sum() / power.sum())

    assert aliasing_db(limited) < aliasing_db(naive) - 10


def test_noise_has_the_same_density_at_every_rate():
    def density(sample_rate):
        noise = white_noise(10 * sample_rate, sample_rate, rng())
        power = np.abs(np.fft.rfft(noise)) ** 2 / len(noise) / sample_rate
        return power[10_000:30_000].mean()  # 1 to 3 kHz: 20,000 values, good to 0.7 %

    assert density(16_000) == pytest.approx(density(96_000), rel=0.04)


def test_aspiration_is_high_pitched():
    power = np.abs(np.fft.rfft(aspiration_noise(white_noise(48_000, 48_000, rng()), 48_000))) ** 2
    assert power[4000:9000].mean() > 5 * power[:500].mean()


def test_one_pole_loses_3_db_at_its_cutoff():
    response = np.abs(np.fft.rfft(one_pole(np.eye(1, 48_000)[0], 1000.0, 48_000)))
    assert response[0] == pytest.approx(1.0, abs=1e-9)
    assert 20 * np.log10(response[1000]) == pytest.approx(-3.01, abs=0.05)
