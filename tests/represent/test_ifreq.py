"""Instantaneous frequency: closed forms, and sound that returns over its full length."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.data.notes import Notes
from tinyaudio.errors import AudioError
from tinyaudio.represent.ifreq import (
    centre_phase,
    from_log_magnitude_and_if,
    instantaneous_frequency,
    log_magnitude_and_if,
    phase_from_frequency,
    wrap,
)
from tinyaudio.represent.spectrum import istft, stft


def tone(hz, n_samples=16_000, dtype=torch.float64):
    t = torch.arange(n_samples, dtype=dtype) / 16_000
    return torch.sin(2 * torch.pi * hz * t)[None, None]


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def snr_db(wanted, found):
    return (20 * torch.log10(wanted.norm() / (wanted - found).norm())).item()


@given(st.integers(-(10**6), 10**6), st.integers(-50, 50))
def test_wrapping_takes_off_whole_turns_and_keeps_one_end(part, turns):
    x = torch.tensor(part / 10**6, dtype=torch.float64)
    wrapped = wrap(x + 2 * turns)
    assert -1 < wrapped <= 1
    assert abs(torch.remainder(wrapped - x + 1, 2) - 1) < 1e-9
    assert wrap(torch.tensor([1.0, -1.0, 3.0])).tolist() == [1, 1, 1]


def test_440_hz_turns_by_0_16_half_turns_in_every_frame_at_its_bin():
    image = log_magnitude_and_if(tone(440), 2048, 512)
    at = round(440 / (16_000 / 2048))
    inner = image[0, 1, 3:-3, at]  # whole frames of the tone, and of the one before
    assert inner.sub(0.16).abs().max() < 1e-5
    # 0.08 of a quarter of that hop is another number of turns: 2 * 440 * 256 / 16,000 is 14.08.
    low = log_magnitude_and_if(tone(440), 1024, 256)[0, 1, 5:-5, 28]
    assert low.sub(0.08).abs().max() < 1e-4


@given(st.floats(100, 7_000))
@settings(max_examples=25, deadline=None)
def test_a_stationary_sinusoid_has_its_closed_form(hz):
    image = log_magnitude_and_if(tone(hz, 8_192), 1024, 256)
    inner = image[0, 1, 6:-6, round(hz / 15.625)]
    expected = wrap(torch.tensor(2 * hz * 256 / 16_000, dtype=torch.float64))
    assert wrap(inner - expected).abs().max() < 1e-3


def test_the_first_frame_is_the_phase_and_the_sum_is_the_phase():
    phase = stft(noise(4_096, dtype=torch.float64)).angle()
    frequency = instantaneous_frequency(phase)
    torch.testing.assert_close(frequency[:, 0], phase[:, 0] / math.pi)
    summed = math.pi * frequency.cumsum(1)
    assert wrap((summed - phase) / math.pi).abs().max() < 1e-12
    torch.testing.assert_close(phase_from_frequency(frequency), phase)


def test_the_wrapped_difference_is_that_of_the_unwrapped_phase():
    phase = stft(noise(20_000, dtype=torch.float64)).angle()
    by_numpy = np.diff(np.unwrap(phase.numpy(), axis=1), axis=1) / np.pi
    ours = instantaneous_frequency(phase)[:, 1:]
    assert wrap(ours - torch.from_numpy(by_numpy)).abs().max() < 1e-6
    assert ours.abs().max() <= 1


def test_the_sum_does_not_drift_over_ten_minutes():
    """Single precision: after 37,500 frames the phase is as exact as after one."""
    phase = math.pi * (2 * torch.rand(1, 37_500, generator=torch.Generator().manual_seed(0)) - 1)
    back = phase_from_frequency(instantaneous_frequency(phase))
    assert wrap((back - phase).double() / math.pi).abs().max() < 2e-7
    # Without the grid, differences are rounded one by one, and their errors add up.
    naive = wrap((phase / math.pi).diff(dim=1))
    naive = torch.cat([phase[:, :1] / math.pi, naive], 1)
    drifted = wrap((phase_from_frequency(naive) - phase).double() / math.pi).abs().max()
    assert drifted > 1e-6


@pytest.mark.parametrize(("dtype", "least_db"), [(torch.float32, 110), (torch.float64, 250)])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(1024, 256), (2048, 512), (1024, 512)])
def test_notes_return_over_their_full_length_edges_included(dtype, least_db, n_fft, hop_length):
    notes = Notes(3, seconds=1.0)
    audio = torch.stack([notes[i]["audio"] for i in range(3)]).to(dtype)
    audio = torch.cat([audio, tone(440, dtype=dtype), 0.1 * noise(1, 1, 16_000, dtype=dtype)])
    image = log_magnitude_and_if(audio, n_fft, hop_length)
    assert image.shape == (5, 2, 1 + math.ceil(16_000 / hop_length), n_fft // 2 + 1)
    back = from_log_magnitude_and_if(image, n_fft, hop_length, 16_000)
    for wanted, found in zip(audio, back, strict=True):
        assert snr_db(wanted, found) > least_db
        assert snr_db(wanted[:, :2048], found[:, :2048]) > least_db - 10  # attack
    for wanted, found in zip(audio[3:], back[3:], strict=True):  # and what sounds to the end
        assert snr_db(wanted[:, -2048:], found[:, -2048:]) > least_db - 10


@given(st.integers(1, 3_000))
@settings(max_examples=20, deadline=None)
def test_any_length_returns(n_samples):
    audio = noise(1, 1, n_samples, dtype=torch.float64)
    back = from_log_magnitude_and_if(log_magnitude_and_if(audio, 64, 16), 64, 16, n_samples)
    assert torch.allclose(back, audio, atol=1e-10)


def test_silence_is_finite_and_stays_silent():
    image = log_magnitude_and_if(torch.zeros(1, 1, 4_000))
    assert image.isfinite().all() and (image[:, 1] == 0).all()
    assert from_log_magnitude_and_if(image, n_samples=4_000).abs().max() < 1e-30


def test_gradients_reach_the_image():
    image = log_magnitude_and_if(noise(1, 1, 200, dtype=torch.float64), 32, 8).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: from_log_magnitude_and_if(x, 32, 8, 200), image, fast_mode=True
    )


def test_phases_from_the_middle_agree_within_a_partial_and_give_the_same_frequency():
    spectrum = stft(tone(1_000, 4_096)[:, 0])
    middle = centre_phase(spectrum)
    assert torch.equal(centre_phase(middle), spectrum)
    inner = middle[0, 63:66, 6:10]
    assert (inner[0] / inner[1]).angle().abs().max() < 1e-6
    assert (inner[2] / inner[1]).angle().abs().max() < 1e-6
    turns = [instantaneous_frequency(X.angle())[:, :, 1:] for X in (spectrum, middle)]
    assert wrap(turns[0] - turns[1]).abs().max() < 1e-6
    # Half a frame earlier in the sound, the same numbers count from the start of the frame.
    torch.testing.assert_close(istft(centre_phase(middle), length=4_096), tone(1_000, 4_096)[:, 0])


def test_bad_input_is_one_line():
    image = log_magnitude_and_if(torch.zeros(1, 1, 4_000))
    with pytest.raises(AudioError, match="an image of 513 bins: n_fft 2048 has 1025"):
        from_log_magnitude_and_if(image, 2048, 512)
    with pytest.raises(AudioError, match="hold 4096 samples, not 5000"):
        from_log_magnitude_and_if(image, n_samples=5_000)
    with pytest.raises(AudioError, match="without frames"):
        instantaneous_frequency(torch.zeros(513, 0))
