"""Source and filter: pitch within cents, phase in closed form, minimum phase, levels."""

import math
from itertools import pairwise, product

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.represent.logmel import HOP_LENGTH, filterbank, from_log_mel, log_mel
from tinyaudio.represent.source_filter import (
    HIGH_HZ,
    LOW_HZ,
    align_phase,
    aligned_harmonics,
    best_path,
    harmonic_signal,
    match_levels,
    mel_pitch,
    minimum_phase,
    normalized_autocorrelation,
    phase_from_pitch,
    spectral_envelope,
    voice_pitch,
)
from tinyaudio.represent.spectrum import stft

RATE, N = 16_000, 40


def buzz(hz, lowest=1):
    """Harmonics up to 4 kHz, equally strong; ``hz`` at every sample."""
    phase = torch.cumsum(hz.double() / RATE, 0)
    n = int(4_000 / hz.max())
    return (sum(torch.sin(2 * math.pi * k * phase) for k in range(lowest, n + 1)) / n / 2).float()


def pitch_of_mel(audio, rate=RATE):
    return mel_pitch(log_mel(audio[None, None], rate)[0], rate)


def cents(found, true):
    return 1200 * torch.log2(found / true)


def vowel(n_frames=N, seed=0):
    """Mel bands that rise and fall smoothly, from band to band and slowly in time."""
    draws = torch.Generator().manual_seed(seed)
    rough = torch.rand(1, 1, 10, max(2, n_frames // 10), generator=draws)
    return F.interpolate(rough, (80, n_frames), mode="bilinear")[0, 0]


def steady(hz, n_frames=N):
    return phase_from_pitch(torch.full((n_frames,), hz), RATE)


def distance(one, other):
    """The largest difference of phases, in cycles."""
    return ((one - other + 0.5) % 1 - 0.5).abs().max().item()


# ---------------------------------------------------------------------------- pitch


@pytest.mark.parametrize(
    ("hz", "lowest"), [(65.0, 1), (65.0, 3), (147.3, 1), (262.0, 3), (580.0, 1), (580.0, 3)]
)
def test_a_buzz_has_its_pitch_also_without_its_fundamental(hz, lowest):
    found = voice_pitch(buzz(torch.full((8_000,), hz), lowest), RATE)[3:-3]
    # Above, a period is some 30 samples, and its length is interpolated between them.
    assert cents(found, hz).abs().max() < (2 if hz < 400 else 4)


@pytest.mark.parametrize(("hz", "lowest"), [(80.0, 1), (150.0, 3), (262.0, 1), (440.0, 1)])
def test_a_mel_spectrogram_has_the_pitch_of_its_sound(hz, lowest):
    found = pitch_of_mel(buzz(torch.full((6_000,), hz), lowest))[3:-3]
    assert cents(found, hz).abs().max() < 15  # reconstructed phases fluctuate


def test_a_glide_and_a_jump_are_followed():
    t = torch.arange(RATE) / RATE
    glide = 120 * 2 ** (0.5 - (t - 0.5).abs())  # an octave a second, up and down
    for pitch, typical, largest in ((voice_pitch, 20, 60), (pitch_of_mel, 30, 100)):
        found = pitch(buzz(glide), RATE)[3:-3]
        error = cents(found, glide[3 * HOP_LENGTH :: HOP_LENGTH][: len(found)]).abs()
        assert error.quantile(0.9) < typical and error.max() < largest  # largest at the turn
    jump = torch.cat([torch.full((8_000,), 110.0), torch.full((8_000,), 330.0)])
    found = voice_pitch(buzz(jump), RATE)
    assert cents(found[3:28], 110.0).abs().max() < 5
    assert cents(found[35:-3], 330.0).abs().max() < 5


def test_the_pitch_does_not_depend_on_the_level():
    loud = buzz(torch.full((6_000,), 180.0))
    for pitch in (voice_pitch, pitch_of_mel):
        assert cents(pitch(0.1 * loud, RATE), pitch(loud, RATE))[3:-3].abs().max() < 5


def test_every_frame_has_a_pitch():
    noise = 0.1 * torch.randn(6_000, generator=torch.manual_seed(0))
    high = torch.sin(torch.arange(6_000) * 2.0)  # 5 kHz
    for audio in (noise, torch.zeros(6_000), high, noise[:1]):
        for found, n in (
            (voice_pitch(audio, RATE), 1 + len(audio) // HOP_LENGTH),
            (pitch_of_mel(audio), 1 + -(-len(audio) // HOP_LENGTH)),
        ):
            assert found.shape == (n,) and found.isfinite().all()
            assert (found >= LOW_HZ).all() and (found <= HIGH_HZ).all()


def test_a_rate_at_which_frames_are_too_short_is_refused():
    assert voice_pitch(torch.zeros(300), 48_000).shape == (2,)
    with pytest.raises(UserError, match="resample"):
        voice_pitch(torch.zeros(300), 96_000)


def test_autocorrelation_is_the_formula_and_measures_the_noise_in_a_voice():
    """At a whole lag it is the formula's; of equal parts of voice and noise it is one half."""
    noise = torch.randn(RATE, generator=torch.manual_seed(0))
    octaves, r = normalized_autocorrelation(noise, 2 * RATE)
    k = int((octaves - 7).abs().argmin())  # 128 Hz: a lag of 250 samples, nearly
    lag = round(2 * RATE / 2 ** octaves[k].item())
    x = noise[20 * HOP_LENGTH - 512 : 20 * HOP_LENGTH + 512].double()
    a, b = x[:-lag], x[lag:]
    expected = 2 * (a * b).sum() / (a.square().sum() + b.square().sum())
    assert r[20, k].item() == pytest.approx(expected.item(), abs=0.02)
    voice = buzz(torch.full((RATE,), 125.0))
    noisy = voice / voice.std() + noise
    octaves, r = normalized_autocorrelation(noisy, RATE)
    at_period = r[3:-3, (octaves - math.log2(125)).abs().argmin()]
    assert at_period.mean().item() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_path_is_better(seed):
    """All 3 ^ 5 of them; a step and its reverse cost differently."""
    draws = torch.Generator().manual_seed(seed)
    values, costs = torch.rand(5, 3, generator=draws), torch.rand(3, 3, generator=draws)

    def total(path):
        gains = sum(values[n, k] for n, k in enumerate(path))
        return gains - sum(costs[j, k] for j, k in pairwise(path))

    assert best_path(values, costs).tolist() == list(max(product(range(3), repeat=5), key=total))


# ---------------------------------------------------------------------------- source


def test_the_phase_is_exact_after_ten_minutes():
    """Counted in float32, a quarter of a million cycles would be right to 0.03."""
    n_frames = 600 * RATE // HOP_LENGTH
    expected = 440.25 * torch.arange(n_frames * HOP_LENGTH).double() / RATE
    assert (steady(440.25, n_frames) - expected).abs().max() < 1e-4


def test_a_moving_pitch_is_integrated():
    """Of f = 100 + 50 t the phase is 100 t + 25 t^2."""
    t = torch.arange(N * HOP_LENGTH).double() / RATE
    phase = phase_from_pitch((100 + 50 * t[::HOP_LENGTH]).float(), RATE)
    # The sum lags behind the integral by half a sample's change of pitch.
    inner = slice((N - 1) * HOP_LENGTH)  # the last frame has no next one
    assert (phase - (100 * t + 25 * t.square()))[inner].abs().max() < 50 * t[-1] / RATE / 2 + 1e-5


@pytest.mark.parametrize("hz", [64.0, 125.0, 500.0])
def test_the_signal_is_harmonics_and_nothing_else(hz):
    """Pitches of which a second holds whole cycles, so that each harmonic is one bin of a spectrum."""
    signal = harmonic_signal(vowel(1).expand(80, 64), steady(hz, 64), RATE)[256:16_256].double()
    power = torch.fft.rfft(signal).abs().square()
    bins = torch.arange(8_001)
    harmonic = (bins % hz == 0) & (bins > 0) & (bins < 8_000)
    assert power[harmonic].min() > 0
    assert power[~harmonic].sum() < 1e-6 * power.sum()


@pytest.mark.parametrize("hz", [80.0, 150.0])
def test_the_signal_has_the_levels_of_its_bands(hz):
    """Where bands are wide enough for harmonics in each: above 3 kHz."""
    frames = torch.full((80, 64), 0.0)
    frames[68:] -= 0.5  # 20 dB
    made = log_mel(harmonic_signal(frames, steady(hz, 64), RATE)[None, None], RATE)[0, :, 4:-4]
    for band in (63, 75):
        found = made[band - 2 : band + 3].mean().item()
        assert 40 * (found - frames[band, 0].item()) == pytest.approx(0, abs=1)


@pytest.mark.parametrize("hz", [90.0, 170.0, 320.0])
def test_a_slowly_changing_shift_is_found(hz):
    shift = 0.3 + 0.2 * torch.sin(torch.arange(N * HOP_LENGTH) / 6 / HOP_LENGTH).double()
    frames, phase = vowel(), steady(hz)
    audio = harmonic_signal(frames, phase + shift, RATE)
    found = align_phase(phase, frames, audio, RATE)
    inner = slice(2 * HOP_LENGTH, -2 * HOP_LENGTH)
    assert distance(found[inner], (phase + shift)[inner]) < 0.03  # 128 shifts are compared
    assert (found.diff() > 0).all()  # no jump from frame to frame
    faint = align_phase(phase, frames, 1e-3 * audio, RATE)
    torch.testing.assert_close(faint, found)


def test_in_silence_and_after_the_end_the_shift_is_constant():
    frames, phase = vowel(), steady(150.0)
    assert torch.equal(align_phase(phase, frames, torch.zeros(len(phase)), RATE), phase)
    audio = harmonic_signal(frames, phase + 0.25, RATE)[: 20 * HOP_LENGTH]
    shift = (align_phase(phase, frames, audio, RATE) - phase)[22 * HOP_LENGTH :]
    assert shift.max() - shift.min() < 1e-9 and distance(shift, torch.tensor(0.25)) < 0.03


@pytest.mark.parametrize("n_samples", [N * HOP_LENGTH, N * HOP_LENGTH - 100])
def test_the_harmonics_of_a_recording_are_in_phase_with_it(n_samples):
    audio = harmonic_signal(vowel(), steady(170.0) + 0.3, RATE)[:n_samples]
    made = aligned_harmonics(audio, log_mel(audio[None, None], RATE)[0], RATE)
    assert made.shape == audio.shape
    inner = torch.stack([audio, made])[:, 1_024:-1_024]
    assert torch.corrcoef(inner)[0, 1] > 0.5
    late = torch.stack([inner[0, :-6], inner[1, 6:]])  # a fifteenth of a period
    assert torch.corrcoef(late)[0, 1] < 0.1


# ---------------------------------------------------------------------------- filter


def test_a_filter_of_one_pole_has_its_own_phase():
    """1 / (1 - a / z) has minimum phase, in closed form."""
    angle = math.pi * torch.arange(513.0) / 512
    response = (1 / (1 - 0.9 * torch.exp(-1j * angle)))[:, None]
    torch.testing.assert_close(minimum_phase(response.abs()), response, atol=1e-4, rtol=1e-4)


def test_minimum_phase_keeps_magnitudes_and_has_its_energy_earliest():
    magnitude = vowel(20).repeat_interleave(7, dim=0)[:513].exp()
    spectrum = minimum_phase(magnitude)
    torch.testing.assert_close(spectrum.abs(), magnitude, rtol=1e-3, atol=1e-5)
    delayed = magnitude * torch.exp(-0.1j * torch.arange(513))[:, None]
    early, late = (torch.fft.irfft(one, dim=0).square().cumsum(0) for one in (spectrum, delayed))
    assert (early[:256] >= late[:256] - 1e-4 * early[-1:]).all()


def test_the_envelope_of_white_noise_is_flat_at_its_magnitude():
    noise = torch.randn(2, 1, 20 * RATE, generator=torch.manual_seed(0))
    noise[1] *= 0.1
    magnitude = stft(noise[:, 0]).abs().mean(2)[:, 5:-5]
    envelope = spectral_envelope(log_mel(noise, RATE), RATE).mean(2)[:, 5:-5]
    ratio = 20 * torch.log10(envelope.mean(1) / magnitude.mean(1))
    assert ratio.abs().max() < 1  # the mean of a logarithm is below the logarithm of the mean
    assert (20 * torch.log10(envelope / envelope.mean(1, keepdim=True))).abs().max() < 2.5


def test_every_round_comes_nearer_to_the_levels_and_own_levels_change_nothing():
    noise = 0.1 * torch.randn(2, 6_000, generator=torch.manual_seed(1))
    magnitude = stft(noise[:1]).abs()
    frames = log_mel(noise[1:].cumsum(1)[:, None] / 10, RATE)
    wanted = from_log_mel(frames)

    def error_db(n_rounds):
        found = filterbank(RATE) @ match_levels(magnitude, frames, RATE, n_rounds)
        return (20 * torch.log10(found / wanted)).abs().mean().item()

    errors = [error_db(n) for n in (0, 1, 3, 10)]
    assert errors[0] > 5 and errors == sorted(errors, reverse=True) and errors[3] < 0.1
    own = match_levels(magnitude, log_mel(noise[:1, None], RATE), RATE)
    torch.testing.assert_close(own[:, 1:-1], magnitude[:, 1:-1] + 1e-5, rtol=1e-2, atol=1e-4)
