"""Parametric synthesis: the trajectory is the least-squares solution; over-smoothing and buzz."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.data.speech.content import PHONES, sentence
from tinyaudio.data.speech.script import Script, spoken
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.errors import UserError
from tinyaudio.models.parametric import (
    BANDS,
    WINDOWS,
    ParametricVoice,
    envelope_db,
    global_variance,
    thirds,
    trajectory,
    vocode,
    with_deltas,
)

RATE, HOP = 16_000, 80


@pytest.fixture(scope="module")
def voice():
    return ParametricVoice([spoken(speaker(0), sentence(i)) for i in range(12)])


@pytest.fixture(scope="module")
def held_out():
    return spoken(speaker(0), sentence(1_000))


def dense(mean, variance):
    """The same by a full matrix: rows of W, without those that reach outside."""
    rows, targets = [], []
    N = len(mean)
    for n in range(N):
        for k, window in enumerate(WINDOWS.double()):
            if k and n in (0, N - 1):
                continue
            row = torch.zeros(N, dtype=torch.float64)
            for a in (-1, 0, 1):
                if 0 <= n + a < N:
                    row[n + a] += window[a + 1]
            rows.append(row / variance[n, k, 0].sqrt())
            targets.append(mean[n, k, 0] / variance[n, k, 0].sqrt())
    return torch.linalg.lstsq(torch.stack(rows), torch.stack(targets)[:, None]).solution[:, 0]


@settings(max_examples=15, deadline=None)
@given(N=st.integers(3, 12), seed=st.integers(0, 999))
def test_trajectory_is_the_weighted_least_squares_solution(N, seed):
    g = torch.Generator().manual_seed(seed)
    mean = torch.randn(N, 3, 1, generator=g, dtype=torch.float64)
    variance = torch.rand(N, 3, 1, generator=g, dtype=torch.float64) + 0.1
    found = trajectory(mean, variance)[:, 0].double()
    assert torch.allclose(found, dense(mean, variance), atol=1e-4)


def test_with_a_large_delta_variance_it_is_the_means_and_with_a_small_one_it_is_smooth():
    mean = torch.zeros(40, 3, 2)
    mean[20:, 0] = 10.0
    variance = torch.ones(40, 3, 2)
    for believed, moves in ((1e9, 10.0), (1.0, 9.5), (1e-9, 0.01)):
        variance[:, 1:] = believed
        c = trajectory(mean, variance)
        assert (c.amax() - c.amin()).item() == pytest.approx(moves, abs=1.0)
    variance[:, 1:] = 1e9
    assert torch.allclose(trajectory(mean, variance), mean[:, 0], atol=1e-4)
    variance[:, 1:] = 1.0  # a step becomes a slope
    assert trajectory(mean, variance).diff(dim=0).max() < 0.6 * mean[:, 0].diff(dim=0).max()


def test_deltas_of_a_line_are_its_slope_and_zero():
    o = with_deltas(3 * torch.arange(9.0)[:, None].expand(9, 2))
    assert (o[1:-1, 1] == 3).all() and (o[1:-1, 2] == 0).all()


def test_thirds_of_phones_are_in_order(held_out):
    script = held_out[1]
    which = thirds(script)
    assert len(which) == 1 + -(-len(script.f0_hz) // HOP)
    phones = [list(PHONES)[i // 3] for i in which.unique_consecutive().tolist()]
    assert [p for i, p in enumerate(phones[:-1]) if i % 3 == 0] == list(script.phones)
    assert which[-1] == 3 * list(PHONES).index("sil") + 2


def test_averages_are_smoother_than_speech(voice, held_out):
    """Over-smoothing: in every band the envelope moves less than the natural one."""
    audio, script = held_out
    natural, averaged = envelope_db(audio, RATE), voice.envelope_db(script)
    assert averaged.shape == natural.shape == (1 + -(-len(script.f0_hz) // HOP), BANDS)
    assert (global_variance(averaged) < 0.9 * global_variance(natural)).all()
    error = (averaged - natural).abs().mean()
    shuffled = (averaged - natural.roll(100, 0)).abs().mean()
    assert error < 0.7 * shuffled  # smooth, but of this sentence


def test_the_vocoder_keeps_the_envelope(held_out):
    audio, script = held_out
    own = envelope_db(audio, RATE)
    again = envelope_db(vocode(own, script.f0_hz, script.voiced, RATE), RATE)
    assert (again - own).abs().mean() < 3.0  # dB; of noise alone a frame's bands scatter by 2
    assert (again - own).mean().abs() < 1.0


def test_a_constant_pitch_is_exactly_periodic():
    """Buzz: all periods are equal."""
    hz = torch.full((RATE,), 100.0)
    envelope = -30 - torch.arange(float(BANDS)).expand(201, BANDS)
    buzz = vocode(envelope, hz, torch.ones(RATE), RATE)[0]
    middle = buzz[4_000:12_000]
    assert (middle - buzz[4_160:12_160]).abs().max() < 1e-3 * middle.abs().max()
    spectrum = torch.fft.rfft(middle * torch.hann_window(8_000)).abs()  # 2 Hz a bin
    between = spectrum[25::50]
    assert between.max() < 1e-3 * spectrum.max()


def test_filters_have_no_pre_ringing():
    hz = torch.full((RATE,), 50.0)
    envelope = -20 - 2 * torch.arange(float(BANDS)).expand(201, BANDS)
    sound = vocode(envelope, hz, torch.ones(RATE), RATE)[0]
    at = 4_000 + sound[4_000:4_320].abs().argmax()
    before, after = sound[at - 100 : at - 10], sound[at + 10 : at + 100]
    assert before.square().sum() < 0.3 * after.square().sum()


def test_the_seed_is_of_the_noise_only(voice, held_out):
    script = held_out[1]
    one, same, other = (voice.synthesize(script, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    voiced = Script(("aa",), (0.3,), torch.full((4_800,), 120.0), torch.ones(4_800))
    assert torch.equal(voice.synthesize(voiced, seed=0), voice.synthesize(voiced, seed=1))


def test_the_pitch_can_be_changed(voice, held_out):
    script = held_out[1]
    flat = Script(
        script.phones, script.durations_s, torch.full_like(script.f0_hz, 200.0), script.voiced
    )
    sound = voice.synthesize(flat)[0]
    n = (script.voiced > 0).nonzero()[2_000].item()
    frame = sound[n : n + 1_600]
    spectrum = torch.fft.rfft(frame * torch.hann_window(1_600), 16_000).abs()
    peak = spectrum[60:1_000].argmax().item() + 60
    assert abs(peak / 200 - round(peak / 200)) < 0.03


def test_missing_phones_and_other_rates_are_refused(voice, held_out):
    few = ParametricVoice([spoken(speaker(0), sentence(0, syllables=2))])
    with pytest.raises(UserError, match="no '"):
        few.synthesize(held_out[1])
    with pytest.raises(UserError, match="8000 Hz"):
        voice.synthesize(spoken(speaker(0), sentence(0), sample_rate=8_000)[1])
    with pytest.raises(UserError, match="0 sample rates"):
        ParametricVoice([])
    with pytest.raises(UserError, match="do not fit"):
        vocode(torch.zeros(5, BANDS), torch.ones(RATE), torch.ones(RATE), RATE)
