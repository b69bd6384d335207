"""The vocoder in blocks: one definition for streamed and whole, seams that cannot be heard, bad frames refused."""

from itertools import islice

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.represent.logmel import log_mel
from tinyaudio.samplers import vocode as module
from tinyaudio.samplers.vocode import MARGIN, check_frames, stream, vocode, white_noise

RATE = 16_000
BLOCK = 64  # frames; shorter than the real ones, for the time that a test takes


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", BLOCK)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    made = ISTFTVocoder(ISTFTVocoderConfig(channels=16, n_blocks=1)).eval()
    torch.nn.init.normal_(made.head.weight, std=0.01)
    return made


@pytest.fixture(scope="module")
def buzz():
    """A steady voice of 150 Hz, 140 frames long, and its frames."""
    t = torch.arange(140 * 256) / RATE
    audio = sum(torch.sin(2 * torch.pi * 150 * k * t) for k in range(1, 20))[None, None] / 20
    return audio, log_mel(audio, RATE)


def test_whole_and_streamed_are_the_same_and_nothing_is_random(net, buzz):
    audio, frames = buzz
    torch.manual_seed(1)
    pieces = [*stream(net, frames, n_rounds=2)]
    torch.manual_seed(2)
    whole = vocode(net, frames, n_rounds=2)
    assert len(pieces) == 3 and torch.equal(torch.cat(pieces, 2), whole)
    assert whole.shape[2] == (frames.shape[2] - 1) * 256


def test_a_block_needs_no_frame_beyond_its_margin(net, buzz):
    _, frames = buzz
    first = next(stream(net, frames, n_rounds=2))
    early = next(stream(net, frames[:, :, : BLOCK + MARGIN + 1], n_rounds=2))
    assert torch.equal(first, early)
    other = frames.clone()
    other[:, :, BLOCK + MARGIN + 1 :] = -1
    two = [*islice(stream(net, other, n_rounds=2), 2)]
    assert torch.equal(two[0], first)


@pytest.mark.parametrize("n", [1, 255, 256, 16_127, 16_128, 16_129, 20_000])
def test_any_length(net, buzz, n):
    _, frames = buzz
    made = vocode(net, frames, n, n_rounds=0)
    assert made.shape == (1, 1, n)
    assert torch.equal(made, vocode(net, frames, 30_000, n_rounds=0)[:, :, :n])


def test_a_seam_is_no_click_and_no_dip(net, buzz, monkeypatch):
    """The same frames with and without seams: pitch, level and roughness around the seam are the same."""
    _, frames = buzz
    made = vocode(net, frames)[0, 0]
    at = BLOCK * 256
    around, far = made[at - 400 : at + 400], made[at - 9_120 : at - 8_320]
    assert 20 * torch.log10(around.std() / far.std()).abs() < 1
    assert around.diff().abs().max() < 1.3 * far.diff().abs().max()
    lagged = made[at - 900 : at + 900], made[at - 900 + 320 : at + 900 + 320]  # three periods later
    assert torch.corrcoef(torch.stack(lagged))[0, 1] > 0.9
    monkeypatch.setattr(module, "BLOCK", 10_000)
    single = vocode(net, frames)
    distance = (log_mel(made[None, None], RATE) - log_mel(single, RATE)).abs() * 40
    assert distance[:, :, BLOCK - 3 : BLOCK + 4].mean() < 2 * distance.mean() + 0.5


def test_noise_is_the_same_at_the_same_place():
    whole = white_noise(0, 3 * BLOCK)
    assert torch.equal(
        white_noise(BLOCK - 16, 2 * BLOCK + 16),
        whole[:, :, 256 * (BLOCK - 16) : 256 * (2 * BLOCK + 16)],
    )
    assert whole.std().item() == pytest.approx(1, abs=0.01)


def test_silence_is_silent_and_the_shortest_clip_has_a_sound(net):
    silence = vocode(net, log_mel(torch.zeros(1, 1, 8_000), RATE))
    assert silence.abs().max() == 0
    click = torch.zeros(1, 1, 100)
    click[..., 50] = 1
    made = vocode(net, log_mel(click, RATE), 100)
    assert made.shape == (1, 1, 100) and made.isfinite().all() and made.abs().max() > 0.01


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (torch.zeros(1, 100, 9), r"shape \(1, 100, 9\): must be \(1, 80, N\)"),
        (torch.zeros(80, 9), r"shape \(80, 9\)"),
        (torch.zeros(1, 80, 1), "N from 2 on"),
        (torch.full((1, 80, 9), torch.nan), "not finite; look for NaN"),
        (torch.full((1, 80, 9), -5.0), "another front end's have another scale"),
        (torch.full((1, 80, 9), 40.0), "from 40 to 40"),
    ],
)
def test_frames_of_another_front_end_are_refused(net, frames, message):
    with pytest.raises(AudioError, match=message):
        check_frames(frames)
    with pytest.raises(AudioError):
        stream(net, frames) if frames.ndim == 3 else check_frames(frames)


def test_a_length_below_one_is_refused(net, buzz):
    with pytest.raises(AudioError, match="ask for one or more"):
        stream(net, buzz[1], 0)


def test_a_pitch_beside_the_mel_frames_is_taken_as_it_is(net, buzz):
    audio, frames = buzz
    octave_up = torch.cat([frames, torch.full((1, 2, frames.shape[2]), 1.0)], dim=1)  # 300 Hz
    made = vocode(net, octave_up, n_rounds=0)
    spectrum = made[0, 0, 4_096:20_480].double().mul(torch.hann_window(16_384).double())
    levels = torch.fft.rfft(spectrum).abs()

    def level(hz):
        near = round(hz * 16_384 / RATE)
        return levels[near - 3 : near + 4].max()

    assert level(300) > 2 * level(150) and level(600) > 2 * level(450)


def test_frames_that_are_made_block_by_block_give_the_same_sound(net, buzz):
    audio, frames = buzz
    asked = []

    def between(i, j):
        asked.append((i, j))
        return frames[:, :, i:j]

    pieces = list(module.blocks(net, between, frames.shape[2] - 1, n_rounds=2))
    assert torch.equal(torch.cat(pieces, dim=2), vocode(net, frames, n_rounds=2))
    assert max(j - i for i, j in asked) <= BLOCK + 2 * MARGIN + 1
