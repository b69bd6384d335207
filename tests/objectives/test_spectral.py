"""The spectral loss of known differences: a factor, a sign, another phase, silence."""

import math

import pytest
import torch

from tinyaudio.objectives.spectral import (
    MEL_WEIGHT,
    STFT_WEIGHT,
    crop_loss,
    magnitude,
    spectral_loss,
)

RATE = 16_000


@pytest.fixture(scope="module")
def clip():
    return 0.3 * torch.randn(2, 1, 6_000, generator=torch.manual_seed(0))


def test_a_factor_is_its_decibels_in_every_term(clip):
    loss, terms = spectral_loss(2 * clip, clip, RATE)
    assert terms["log_mel_db"].item() == pytest.approx(20 * math.log10(2), abs=1e-3)
    assert terms["log_stft_db"].item() == pytest.approx(20 * math.log10(2), abs=0.2)  # the floor
    assert terms["convergence"].item() == pytest.approx(1, abs=1e-4)
    expected = MEL_WEIGHT * math.log(2) + STFT_WEIGHT * (math.log(2) + 1)
    assert loss.item() == pytest.approx(expected, rel=0.01)


def test_the_same_magnitudes_cost_nothing_whatever_the_sign(clip):
    for same in (clip, -clip):
        assert spectral_loss(same, clip, RATE)[0].item() == pytest.approx(0, abs=1e-5)
    assert spectral_loss(clip.flip(2), clip, RATE)[0] > 1


def test_a_sine_at_full_scale_has_the_magnitude_1():
    tone = torch.sin(2 * torch.pi * 1_000 * torch.arange(8_000) / RATE)[None, None]
    for n_fft in (256, 1_024):
        assert magnitude(tone, n_fft).amax(1).mean().item() == pytest.approx(1, abs=1e-3)


def test_silence_has_a_finite_loss_and_gradient(clip):
    made = clip.clone().requires_grad_()
    loss, _ = spectral_loss(made, torch.zeros_like(clip), RATE)
    loss.backward()
    assert loss.isfinite() and made.grad.isfinite().all()
    quiet = torch.zeros_like(clip).requires_grad_()
    spectral_loss(quiet, clip, RATE)[0].backward()
    assert quiet.grad.isfinite().all()


def test_the_margins_of_a_crop_do_not_count(clip):
    class Network(torch.nn.Module):
        def forward(self, frames, harmonics):
            made = clip.clone()
            made[..., :256] = made[..., -256:] = frames.mean()
            return made

    batch = {"audio": clip, "frames": torch.ones(2, 80, 24)}
    total, terms = crop_loss(Network(), RATE, 256)(batch, 0)
    assert total == terms["log_mel_db"] == 0
    assert crop_loss(Network(), RATE, 0)(batch, 0)[0] > 0
    assert crop_loss(Network(), RATE, 0, only="log_mel_db")(batch, 0)[0] < 30
