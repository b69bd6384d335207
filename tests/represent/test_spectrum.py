"""The spectrum and its inverses."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.errors import AudioError
from tinyaudio.represent import spectrum
from tinyaudio.represent.melscale import hz_to_mel, mel_to_hz


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@given(
    length=st.integers(0, 3000),
    n_fft=st.sampled_from([16, 64, 250, 512]),
    overlap=st.sampled_from([2, 3, 4, 8]),
    channels=st.integers(1, 3),
)
@settings(max_examples=80, deadline=None)
def test_any_length_comes_back_exactly(length, n_fft, overlap, channels):
    audio = noise(channels, length, dtype=torch.float64)
    hop = n_fft // overlap
    frames = spectrum.stft(audio, n_fft, hop)
    assert frames.shape == (channels, n_fft // 2 + 1, 1 + math.ceil(length / hop))
    back = spectrum.istft(frames, hop, length)
    # The smallest weight that a sample is divided by is 1/2, at half overlap: rounding stays rounding.
    assert torch.allclose(back, audio, atol=1e-12)


def test_batches_are_transformed_one_by_one():
    audio = noise(2, 3, 5000)
    together = spectrum.stft(audio)
    assert torch.allclose(together[1, 2], spectrum.stft(audio[1, 2]), atol=1e-5)
    assert spectrum.istft(together, length=5000).shape == audio.shape


def test_whole_hops_agree_with_torch():
    audio = noise(4096)
    reference = torch.stft(
        audio, 1024, 256, window=torch.hann_window(1024), pad_mode="constant", return_complex=True
    )
    assert torch.equal(spectrum.stft(audio), reference)


def test_a_sine_reaches_a_quarter_of_the_frame():
    t = torch.arange(16_000, dtype=torch.float64) / 16_000
    magnitude = spectrum.stft(0.5 * torch.sin(2 * torch.pi * 1000 * t)).abs()
    inner = magnitude[:, 4:-4]
    assert torch.allclose(inner.amax(0), torch.tensor(0.5 * 1024 / 4, dtype=torch.float64))
    assert (inner.argmax(0) == 64).all()  # 1000 Hz / (16000 / 1024)


def test_gradients_flow_through_the_round_trip():
    audio = noise(300, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: spectrum.istft(spectrum.stft(x, 32, 8), 8, 300), audio, fast_mode=True
    )


def test_frames_that_cannot_be_put_together_are_refused():
    for n_fft, hop in [(1024, 513), (1024, 0), (511, 128)]:
        with pytest.raises(AudioError, match="from 1 to half of it"):
            spectrum.stft(torch.zeros(2000), n_fft, hop)
    frames = spectrum.stft(torch.zeros(1000))
    with pytest.raises(AudioError, match="hold 1024 samples, not 1025"):
        spectrum.istft(frames, length=1025)


def test_log_magnitude_turns_back_above_its_floor():
    magnitude = noise(513, 20).abs() + 1e-4
    level = spectrum.log_magnitude(magnitude, floor_db=-80.0, reference=256.0)
    floor = 256 * 10 ** (-80 / 20)
    expected = magnitude.clamp(min=floor)
    assert torch.allclose(spectrum.from_log_magnitude(level, 256.0), expected, rtol=1e-5)
    assert level.min() >= -80.001 and (magnitude < floor).any()


@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "n_mels", "f_min", "f_max", "htk"),
    [
        (16_000, 1024, 80, 0.0, None, False),
        (22_050, 1024, 80, 125.0, 7600.0, False),
        (48_000, 2048, 128, 20.0, None, False),
        (16_000, 2048, 80, 0.0, None, True),
    ],
)
def test_filterbank_is_librosas_and_torchaudios(sample_rate, n_fft, n_mels, f_min, f_max, htk):
    import librosa
    from torchaudio.functional import melscale_fbanks

    ours = spectrum.mel_filterbank(sample_rate, n_fft, n_mels, f_min, f_max, htk)
    norm = None if htk else "slaney"
    theirs = librosa.filters.mel(
        sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=f_min, fmax=f_max, htk=htk, norm=norm
    )
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6 * theirs.max())
    scale = "htk" if htk else "slaney"
    third = melscale_fbanks(
        n_fft // 2 + 1, f_min, f_max or sample_rate / 2, n_mels, sample_rate, norm, scale
    )
    # torchaudio computes in float32, so its corner frequencies are off by a few parts in a million.
    np.testing.assert_allclose(ours.numpy(), third.T.numpy(), atol=2e-4 * theirs.max())


@given(st.floats(0, 24_000), st.booleans())
def test_the_mel_scale_turns_back(hz, htk):
    hz = torch.tensor([hz], dtype=torch.float64)
    assert torch.allclose(mel_to_hz(hz_to_mel(hz, htk), htk), hz, rtol=1e-9, atol=1e-9)


def test_bands_without_bins_and_bad_edges_are_refused():
    with pytest.raises(AudioError, match="hold no bin of n_fft 256"):
        spectrum.mel_filterbank(16_000, 256, n_mels=128)
    with pytest.raises(AudioError, match="half the sample rate"):
        spectrum.mel_filterbank(16_000, 1024, f_max=9000.0)


def test_mel_to_linear_explains_the_mel_without_negative_bins():
    filters = spectrum.mel_filterbank(16_000, 1024)
    # A real-looking spectrogram: noise under a falling envelope, 40 dB deep.
    envelope = 10 ** (-2 * torch.linspace(0, 1, 513))[:, None]
    mels = spectrum.mel(spectrum.stft(noise(2, 16_000)).abs() * envelope, filters)
    linear = spectrum.mel_to_linear(mels, filters)
    assert (linear >= 0).all()
    again = spectrum.mel(linear, filters)
    assert ((again - mels).abs() / mels).max() < 0.01  # every band, within 0.1 dB


def test_mel_to_linear_reaches_the_optimum_of_an_unreachable_target():
    """Against scipy's active-set solver, on targets that no spectrum has (the residual is not 0)."""
    from scipy.optimize import nnls

    filters = spectrum.mel_filterbank(16_000, 256, n_mels=20).double()
    rows = filters.norm(dim=1)
    target = noise(20, 4, dtype=torch.float64).abs() * rows[:, None]
    target[::2] = 0  # neighbours overlap, so alternating bands contradict each other
    found = spectrum.mel_to_linear(target, filters, n_iter=2000)
    for n in range(4):
        _, best = nnls((filters / rows[:, None]).numpy(), (target[:, n] / rows).numpy())
        ours = ((filters @ found[:, n] - target[:, n]) / rows).norm().item()
        assert best > 0.1
        assert ours == pytest.approx(best, rel=1e-3)


def instrument():
    """A second of decaying harmonics: has attack, pitch and silence."""
    t = torch.arange(16_000, dtype=torch.float64) / 16_000
    partials = [
        torch.exp(-3 * k * t) * torch.sin(2 * torch.pi * 220 * k * t) / k for k in range(1, 9)
    ]
    return (0.3 * sum(partials)).float()


def inconsistency(audio, magnitude):
    """Spectral convergence: how far the sound's magnitudes lie from those asked for."""
    return ((spectrum.stft(audio).abs() - magnitude).norm() / magnitude.norm()).item()


def test_griffin_lim_without_momentum_never_gets_worse():
    """Griffin & Lim 1984: |S| - |stft(x)| falls in the norm in which istft is the projection."""
    magnitude = spectrum.stft(instrument()).abs()
    errors = [
        inconsistency(spectrum.griffin_lim(magnitude, n_iter=n, momentum=0.0), magnitude)
        for n in (0, 1, 2, 4, 8, 16, 32)
    ]
    # The norm counts each bin once, one-sided; the theorem counts inner bins twice, hence 1e-3.
    assert all(later <= earlier + 1e-3 for earlier, later in pairwise(errors))
    assert errors[-1] < errors[0] / 2


def test_momentum_ends_nearer_and_no_worse_than_torchaudios():
    from torchaudio.functional import griffinlim

    magnitude = spectrum.stft(instrument()).abs()
    plain = inconsistency(spectrum.griffin_lim(magnitude, momentum=0.0, n_iter=60), magnitude)
    fast = inconsistency(spectrum.griffin_lim(magnitude, n_iter=60), magnitude)
    torch.manual_seed(0)
    theirs = inconsistency(
        griffinlim(magnitude, torch.hann_window(1024), 1024, 256, 1024, 1.0, 60, 0.99, None, True)[
            : (magnitude.shape[1] - 1) * 256
        ],
        magnitude,
    )
    assert fast < plain
    assert fast < 1.15 * theirs  # two draws of the first phase differ by about that


def test_griffin_lim_is_a_function_of_its_seed_alone():
    magnitude = spectrum.stft(instrument()).abs()
    state = torch.get_rng_state()
    first = spectrum.griffin_lim(magnitude, n_iter=3, seed=1, length=15_999)
    torch.manual_seed(99)
    torch.rand(7)
    again = spectrum.griffin_lim(magnitude, n_iter=3, seed=1, length=15_999)
    torch.set_rng_state(state)
    assert first.shape == (15_999,) and torch.equal(first, again)
    assert not torch.equal(first, spectrum.griffin_lim(magnitude, n_iter=3, seed=2, length=15_999))
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(AudioError, match="momentum 1"):
        spectrum.griffin_lim(magnitude, momentum=1.0)
