"""The filter of a voice against closed forms."""

import numpy as np
import pytest

from tinyaudio.data.speech import vocal_tract
from tinyaudio.data.speech.vocal_tract import (
    SPEED_CM,
    frames_of,
    n_fft,
    overlap_add,
    resonators,
    tube,
    tube_tail,
)

F_HZ = np.arange(0.0, 48_001.0, 10.0)
LENGTH_CM = 17.0


def tube_resonances(n):
    return (2 * np.arange(1, n + 1) - 1) * SPEED_CM / (4 * LENGTH_CM)


def test_resonator_peaks_at_its_formant_with_its_bandwidth():
    f_hz = np.arange(0.0, 3000.0, 0.5)
    gain = np.abs(resonators(f_hz, np.array([[1000.0]]), np.array([[80.0]]))[0])
    assert gain[0] == pytest.approx(1.0)
    assert f_hz[gain.argmax()] == pytest.approx(1000.0, abs=2.0)  # the peak lies at F - B²/8F
    above = f_hz[gain > gain.max() / np.sqrt(2)]
    assert above[-1] - above[0] == pytest.approx(80.0, rel=0.02)


def test_tube_is_the_product_of_all_its_resonances(monkeypatch):
    """Euler: cosh z = Π (1 + 4z² / (2n-1)²π²). With equal bandwidths the poles are -πB ± 2πjf_n."""
    monkeypatch.setattr(vocal_tract, "_tube_bandwidth_hz", lambda f_hz: np.full_like(f_hz, 80.0))
    f_hz = F_HZ[F_HZ <= 5_000]
    poles = tube_resonances(4000)
    product = resonators(f_hz, poles[None], np.full((1, 4000), 80.0))[0]
    closed = tube(f_hz, LENGTH_CM) / tube(np.zeros(1), LENGTH_CM)
    # Left out are n > 4000: f²/f_1² times the sum of 1/(2n-1)², 1/16000; at 5 kHz that is 0.6 %.
    assert np.max(np.abs(20 * np.log10(np.abs(product / closed)))) < 0.06


def test_tail_and_unmoved_formants_are_the_tube():
    formants = tube_resonances(4)
    widths = 80.0 + 0.02 * formants
    whole = tube_tail(F_HZ, LENGTH_CM) * resonators(F_HZ, formants[None], widths[None])[0]
    losses = np.pi * (80.0 + 0.02 * F_HZ)
    assert np.allclose(whole, 1 / np.cosh((2j * np.pi * F_HZ + losses) * LENGTH_CM / SPEED_CM))


def test_the_higher_resonances_keep_20_khz_alive():
    """Four resonances alone lose what the product says; with the tail, the tube's own gain is left."""
    formants = tube_resonances(4)[None]
    widths = np.array([[60.0, 80.0, 120.0, 180.0]])
    band = (F_HZ > 19_000) & (F_HZ < 21_000)
    four = resonators(F_HZ, formants, widths)[0]
    level = {
        "four": 20 * np.log10(np.abs(four[band]).mean()),
        "all": 20 * np.log10(np.abs(four * tube_tail(F_HZ, LENGTH_CM))[band].mean()),
    }
    assert level["four"] < -90
    assert -20 < level["all"] < 20


@pytest.mark.parametrize("hop", [80, 137])
def test_a_filter_that_does_not_change_is_a_convolution(hop):
    draws = np.random.default_rng(0)
    signal = draws.standard_normal(1000)
    response = np.zeros(n_fft(hop))
    # As long as may ring after a frame, and one hop before it: these go to the end of the circle.
    ahead, behind = draws.standard_normal(hop), draws.standard_normal(5 * hop)
    response[: 5 * hop], response[-hop:] = behind, ahead
    spectra = np.fft.rfft(frames_of(signal, hop), n_fft(hop)) * np.fft.rfft(response)
    filtered = overlap_add([spectra[:3], spectra[3:]], hop, len(signal))
    exact = np.convolve(signal, np.concatenate([ahead, behind]))[hop:][: len(signal)]
    assert np.allclose(filtered, exact, atol=1e-9)


@pytest.mark.parametrize("n_samples", [1, 80, 1000])
def test_frames_add_up_to_the_signal(n_samples):
    signal = np.random.default_rng(0).standard_normal(n_samples)
    spectra = np.fft.rfft(frames_of(signal, 80), n_fft(80))
    assert np.allclose(overlap_add([spectra], 80, n_samples), signal, atol=1e-12)
