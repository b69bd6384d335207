"""The small upsampler: its size, what it sees, its condition, and a residual of variance 1."""

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.high_band_ridge import HOP_LENGTH
from tinyaudio.models.whitened_residual import (
    MARGIN,
    WhitenedResidual,
    WhitenedResidualConfig,
    fold,
    lines,
    unfold,
)

SMALL = WhitenedResidualConfig(ratio=3, channels=8, n_layers=4, dilation_cycle=3)


def net(config=SMALL, seed=0):
    torch.manual_seed(seed)
    made = WhitenedResidual(config)
    torch.nn.init.normal_(made.output.weight)
    return made


@pytest.mark.parametrize("ratio", [2, 3])
def test_folding_is_undone(ratio):
    audio = torch.randn(2, 1, 12 * ratio)
    assert torch.equal(unfold(fold(audio, ratio)), audio)
    assert torch.equal(fold(audio, ratio)[0, 1], audio[0, 0, 1::ratio])


def test_sizes():
    def count(config):
        return sum(p.numel() for p in WhitenedResidual(config).parameters())

    assert count(WhitenedResidualConfig.tiny()) < 100_000
    assert 500_000 < count(WhitenedResidualConfig.narrow()) < 650_000
    with pytest.raises(UserError, match="must be 2 or 3"):
        WhitenedResidualConfig(ratio=4)


def test_at_first_it_returns_0():
    made = WhitenedResidual(SMALL)
    x, condition = torch.randn(1, 3, 128), torch.randn(1, 15, 128)
    assert made(x, torch.tensor([0.5]), condition).abs().max() == 0


@pytest.mark.parametrize("of", ["x", "condition"])
def test_its_reach_by_gradient(of):
    """Dilations 1, 2, 4, 1 see 8 samples to either side.  The condition enters behind the first, which its own
    convolution of three taps makes up for."""
    assert SMALL.reach == 8
    given = {"x": torch.randn(1, 3, 64), "condition": torch.randn(1, 15, 64)}
    given[of].requires_grad_()
    made = net()(given["x"], torch.tensor([0.5]), given["condition"])
    (gradient,) = torch.autograd.grad(made[0, :, 32].sum(), given[of])
    places = gradient.abs().sum(dim=(0, 1)).nonzero().flatten() - 32
    assert (int(places.min()), int(places.max())) == (-8, 8)


def test_one_condition_for_a_generation():
    made, x, condition = net(), torch.randn(2, 3, 64), torch.randn(1, 15, 64)
    denoise = made.with_condition(condition)
    for level in (0.9, 0.2):
        levels = torch.full((2,), level)
        assert torch.equal(denoise(x, levels), made(x, levels, condition))
    assert not torch.allclose(
        denoise(x, torch.tensor([0.9, 0.9])), denoise(x, torch.tensor([0.2, 0.2]))
    )


@pytest.mark.parametrize("ratio", [2, 3])
def test_a_condition_is_that_of_a_longer_sound(ratio):
    """What begins at a frame and has its margins is what is there in the whole."""
    made = net(WhitenedResidualConfig(ratio, 8, 2, 2))
    low = 0.1 * torch.randn(1, 1, 30 * HOP_LENGTH)
    whole, scales = made.prepare(low)
    part, part_scales = made.prepare(low[:, :, 7 * HOP_LENGTH : 20 * HOP_LENGTH])
    first, n = 7 * HOP_LENGTH, 13 * HOP_LENGTH - 2 * MARGIN
    torch.testing.assert_close(part, whole[:, :, first : first + n])
    torch.testing.assert_close(part_scales, scales[:, :, ratio * first : ratio * (first + n)])
    assert part.isfinite().all() and (scales > 0).all()


def test_lines_pass_through_the_frames():
    frames = torch.randn(1, 2, 5)
    assert torch.equal(lines(frames, 4)[:, :, ::4], frames[:, :, :-1])


@pytest.mark.parametrize("n", [1_000, 2 * MARGIN, 0])
def test_a_sound_of_no_whole_frames_is_refused(n):
    with pytest.raises(UserError, match="give a multiple of 128, more than 768"):
        net().prepare(torch.zeros(1, 1, n))
