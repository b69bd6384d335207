"""The oscillator: in closed form, in step with a recording, and exact however long it turns."""

import math

import pytest
import torch

from tinyaudio.represent.oscillator import aligned, oscillator, waves, where_heard

RATE, HOP = 16_000, 256


def steady(hz, n_frames, batch_size=1):
    return oscillator(torch.full((batch_size, n_frames), hz), RATE, HOP)


def turned(cycles, t):
    """Where in its cycle the oscillator is, as its waves show it."""
    cos, sin = waves(cycles, t, HOP, 1).double().unbind(2)
    return torch.atan2(sin, cos) / (2 * math.pi)


def apart(one, other):
    """The largest distance of phases, in cycles."""
    return ((one - other + 0.5) % 1 - 0.5).abs().max().item()


def changing(n_frames, batch_size=2):
    """Pitches that go up and down."""
    return 100 + 200 * torch.rand(batch_size, n_frames, generator=torch.manual_seed(0))


@pytest.mark.parametrize("hz", [27.5, 220.0, 523.25, 4186.0])
def test_a_steady_pitch_turns_evenly(hz):
    cycles, t = steady(hz, 20), torch.arange(20 * HOP)
    assert (
        apart(turned(cycles, t)[0], hz * t.double() / RATE) < 1e-4
    )  # 67 cycles a frame, in float32
    assert ((cycles[..., 0] >= 0) & (cycles[..., 0] < 1)).all()


def test_the_phase_is_exact_after_ten_minutes():
    """Counted in float32, a quarter of a million cycles would be right to 0.03."""
    hz, n_frames = 440.25, 600 * RATE // HOP
    last_second = torch.arange(n_frames * HOP - RATE, n_frames * HOP)
    cycles = steady(hz, n_frames)
    assert cycles.dtype == torch.float32
    assert apart(turned(cycles, last_second)[0], hz * last_second.double() / RATE) < 1e-3


def test_a_moving_pitch_is_integrated_by_the_trapezoid():
    hz = changing(30)
    begins, turns = oscillator(hz, RATE, HOP).double().unbind(2)
    whole = torch.cumulative_trapezoid(hz.double(), dx=HOP / RATE)
    assert apart(begins[:, 1:], whole) < 1e-6 and begins[:, 0].eq(0).all()
    assert (turns[:, 1:-1] - whole.diff()).abs().max() < 1e-6
    assert (turns[:, -1] - hz[:, -1].double() * HOP / RATE).abs().max() < 1e-6  # goes on as it is


def test_where_there_is_no_pitch_the_phase_waits():
    none = math.nan
    cycles = oscillator(torch.tensor([[none, 100, 100, none, none, 200, 200]]), RATE, hop_length=40)
    begins = torch.tensor([[none, 0, 0.25, none, none, 0.5, 0]])
    turns = torch.tensor([[none, 0.25, 0.25, none, none, 0.5, 0.5]])
    expected = torch.stack([begins, turns], dim=2)
    torch.testing.assert_close(cycles, expected, rtol=0, atol=1e-6, equal_nan=True)


def test_a_frame_ends_where_the_next_begins():
    cycles = oscillator(changing(40), RATE, HOP)
    noise = torch.randn(2, 40 * HOP, generator=torch.manual_seed(1))
    for turning in (cycles, aligned(cycles, noise, HOP)):
        begins, turns = turning.unbind(2)
        assert apart((begins + turns)[:, :-1], begins[:, 1:]) < 1e-5


@pytest.mark.parametrize("off", [-0.02, 0.0, 0.03])
@pytest.mark.parametrize("hz", [110.0, 220.0, 440.0])
def test_a_cosine_of_any_phase_and_about_that_pitch_is_followed(hz, off):
    n_frames, phases = 24, torch.arange(8, dtype=torch.float64)[:, None] / 8
    t = torch.arange(n_frames * HOP)
    expected = phases + hz * (1 + off) * t / RATE
    audio = 0.1 * torch.cos(2 * math.pi * expected).float()
    cycles = aligned(steady(hz, n_frames, 8), audio, HOP)
    middle = slice(4 * HOP, -4 * HOP)
    # Four frames of the sum of both frequencies do not cancel wholly: 0.005 cycles at worst.
    assert apart(turned(cycles, t[middle]), expected[:, middle]) < 1e-2


def test_where_the_recording_ends_the_oscillator_turns_on_by_itself():
    cycles, t = steady(220.0, 24), torch.arange(10 * HOP + 100)
    expected = 0.3 + 225 * t.double() / RATE
    followed = aligned(cycles, torch.cos(2 * math.pi * expected).float()[None], HOP)
    assert torch.equal(followed[:, 10:, 1], cycles[:, 10:, 1])
    middle = slice(4 * HOP, 8 * HOP)
    assert apart(turned(followed, t[middle])[0], expected[middle]) < 1e-2
    assert aligned(cycles, torch.ones(1, 100), HOP)[..., 1].equal(cycles[..., 1])  # not one frame


def test_silence_turns_nothing():
    cycles = oscillator(changing(12), RATE, HOP)
    assert torch.equal(aligned(cycles, torch.zeros(2, 12 * HOP), HOP), cycles)


def test_no_pitch_stays_no_pitch_and_is_not_spread():
    hz = changing(12)
    hz[:, 3:6] = math.nan
    cycles = oscillator(hz, RATE, HOP)
    noise = torch.randn(2, 12 * HOP, generator=torch.manual_seed(1))
    assert torch.equal(aligned(cycles, noise, HOP).isnan(), cycles.isnan())
    heard = waves(cycles, torch.arange(12 * HOP), HOP, 3).unflatten(1, (12, HOP))
    assert heard[:, 3:6].eq(0).all()
    heard = torch.cat([heard[:, :3], heard[:, 6:]], dim=1)
    assert (heard.square().sum(3) - 3).abs().max() < 1e-5


@pytest.mark.parametrize("n_samples", [12 * HOP, 10 * HOP + 100, 13 * HOP, 100])
def test_where_a_recording_is_silent_the_oscillator_is_off(n_samples):
    cycles, audio = steady(220.0, 12, 2), torch.full((2, n_samples), 2e-3)
    audio[0, 3 * HOP : 5 * HOP] = 0.0
    audio[1, : 2 * HOP] = 5e-4  # 66 dB below full scale
    heard = where_heard(cycles, audio, HOP)
    off = torch.zeros(2, 12, dtype=torch.bool)
    if n_samples > 100:  # of what is not a whole frame nothing is said
        off[0, 3:5] = off[1, :2] = True
    assert torch.equal(heard.isnan(), off[:, :, None].expand(-1, -1, 2))
    assert torch.equal(heard[~off], cycles[~off])


def test_waves_are_octaves_on_the_unit_circle():
    heard = waves(oscillator(changing(6), RATE, HOP), torch.arange(6 * HOP), HOP, 5)
    cos, sin = heard.chunk(2, dim=2)
    assert heard.shape == (2, 6 * HOP, 10)
    assert (cos**2 + sin**2 - 1).abs().max() < 1e-5
    assert (cos[..., 1:] - (2 * cos[..., :-1] ** 2 - 1)).abs().max() < 1e-4
    assert (sin[..., 1:] - 2 * sin[..., :-1] * cos[..., :-1]).abs().max() < 1e-4


def test_any_moments_are_those_of_the_whole():
    cycles = oscillator(changing(6), RATE, HOP)
    some = torch.randperm(6 * HOP, generator=torch.manual_seed(2))[:50]
    whole = waves(cycles, torch.arange(6 * HOP), HOP, 4)
    assert torch.equal(waves(cycles, some, HOP, 4), whole[:, some])


def test_a_batch_is_each_clip_alone():
    hz, noise = changing(8, 3), torch.randn(3, 8 * HOP, generator=torch.manual_seed(1))
    together = aligned(oscillator(hz, RATE, HOP), noise, HOP)
    for i in range(3):
        alone = aligned(oscillator(hz[i : i + 1], RATE, HOP), noise[i : i + 1], HOP)
        torch.testing.assert_close(together[i : i + 1], alone, rtol=0, atol=1e-5)
