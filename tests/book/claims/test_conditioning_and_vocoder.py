"""The numbers that chapter 6 states in its text: what its cells print is tested by executing them."""

import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.upsampler import Upsampler
from tinyaudio.represent.melscale import hz_to_mel, mel_to_hz
from tools.book import SOURCES

TEXT = (SOURCES / "conditioning_and_vocoder.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


def test_bands_below_1_khz_are_29_hz_apart():
    stated("멜 밴드의 간격은 29 Hz", "mel bands are 29 Hz apart")
    centres = mel_to_hz(torch.arange(1, 81) / 81 * hz_to_mel(torch.tensor([4_000.0])))
    apart = centres[centres < 1_000].diff()
    torch.testing.assert_close(apart, torch.full_like(apart, 29), atol=0.5, rtol=0)


def test_the_semitone_moves_every_low_band_by_its_share():
    """The cell's places: a band takes the value that stood a semitone lower."""
    stated("ratio = 2 ** (1 / 12)")
    ratio, top = 2 ** (1 / 12), hz_to_mel(torch.tensor([4_000.0]))
    centres = torch.arange(1, 81) / 81 * top
    source = mel_to_hz(hz_to_mel(mel_to_hz(centres) / ratio))
    torch.testing.assert_close(mel_to_hz(centres) / source, torch.full_like(centres, ratio))


def test_four_stages_of_padded_averages_leave_11_percent_at_the_edge():
    stated("조건이 11%만", "only 11% of the condition")
    share = torch.ones(1, 1, 20).double()
    for _ in range(4):
        share = share.repeat_interleave(4, dim=2)
        share = torch.nn.functional.avg_pool1d(share, 9, stride=1, padding=4)
    assert share[0, 0, 0].item() == pytest.approx(0.11, abs=0.005)


def test_the_upsampler_keeps_a_constant_whatever_its_weights():
    upsample = Upsampler(64)
    torch.nn.init.normal_(upsample.weight, generator=torch.Generator().manual_seed(0))
    made = upsample(torch.full((1, 5, 1), 3.0))
    torch.testing.assert_close(made, torch.full((1, 320, 1), 3.0))


def test_the_shipped_vocoder_is_the_one_described():
    stated("20층, 가중치 28만 개", "20 layers and 280,000 weights")
    stated("5,000스텝", "5,000 steps", "rms 6 코드값", "rms of 6 codes")
    run = open_run("wavenet-vocoder")
    net, config = run.models["net"], run.config
    assert config.model.stacks * config.model.layers == 20
    assert round(sum(p.numel() for p in net.parameters()), -4) == 280_000
    assert (config.speaker, config.recorded_fraction, config.sample_rate) == (1, 0, 8_000)
    assert (config.n_fft, config.hop_length, config.steps, config.history_noise) == (
        512,
        64,
        5_000,
        6,
    )
    assert config.noisy_fraction == pytest.approx(2 / 3, abs=0.01)


def test_mel_frames_are_needed_for_every_sample():
    net = open_run("wavenet-vocoder").models["net"]
    codes, frames = torch.full((1, 128), 128), torch.zeros(1, 80, 2)
    with torch.inference_mode():
        assert net(codes, Condition(frames=frames)).shape == (1, 256, 128)
        with pytest.raises(UserError, match="2 frames of 64 samples"):
            net(torch.full((1, 129), 128), Condition(frames=frames))


def test_the_ranges_quoted_are_those_of_the_eight_draws_that_the_cell_measures():
    cells = nbformat.read(SOURCES.parent / "en" / "conditioning_and_vocoder.ipynb", 4).cells
    printed = "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))
    found = {
        name: [float(number) for number in re.findall(r"\d\.\d\d", rest)]
        for name, rest in re.findall(r"(clean|noisy) history: (\d\.\d\d \(.*\))", printed)
    }
    (clean, low, high), (noisy, lowest, highest) = found["clean"], found["noisy"]
    assert noisy < clean - 0.1  # what is generated did not get better
    stated(f"{low:.2f}에서 {high:.2f}까지", f"{lowest:.2f}에서 {highest:.2f}까지")
    stated(f"from {low:.2f} to {high:.2f}", f"from {lowest:.2f} to {highest:.2f}")
