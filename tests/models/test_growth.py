"""How a GAN grows: a pure function of the examples, whose weights always add up."""

import pytest
import torch

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.growth import (
    Growth,
    Progressive,
    Stage,
    blend,
    growing,
    input_weight,
    resolution_weights,
)
from tinyaudio.models.progressive import downscale, upscale

PROGRESSES = [0, 0.25, 1, 2.5, 3.999, 6]


@pytest.mark.parametrize(
    ("examples", "stage"),
    [
        (0, (0, 1)),
        (799_999, (0, 1)),
        (800_000, (1, 0)),
        (1_200_000, (1, 0.5)),
        (1_600_000, (1, 1)),
        (2_399_999, (1, 1)),
        (2_400_000, (2, 0)),
        (9_600_000 - 1, (6, 1 - 1 / 800_000)),
        (9_600_000, (6, 1)),
        (11_000_000, (6, 1)),
        (10**9, (6, 1)),
    ],
)
def test_the_paper_s_schedule(examples, stage):
    """800,000 examples at the first resolution, then 1.6 million for each of six, half of them a fade."""
    assert Growth().stage(examples) == pytest.approx(stage)


def test_progress_rises_without_a_jump_to_the_last_resolution():
    growth = Growth(fade=5, stable=3)
    progress = [growth.stage(n, n_resolutions=4).progress for n in range(60)]
    steps = torch.tensor(progress).diff()
    assert progress[0] == 0 and progress[-1] == 3
    assert (steps >= 0).all() and steps.max().item() == pytest.approx(1 / 5)
    assert [progress.count(k) for k in (1, 2)] == [
        4,
        4,
    ]  # its three, and the end of the fade before


def test_without_examples_for_growing_the_finest_resolution_is_used_at_once():
    assert Growth(0, 0).stage(0, 5) == (4, 1)
    assert Growth(0, 2).stage(2, 5) == Growth(0, 2).stage(3, 5) == (1, 1)  # a jump, not a fade
    assert [Growth(2, 0).stage(n, 3) for n in range(4)] == [(1, 0), (1, 0.5), (2, 0), (2, 0.5)]
    with pytest.raises(ConfigError, match="fade -1"):
        Growth(fade=-1)


@pytest.mark.parametrize("progress", PROGRESSES)
def test_the_weights_of_resolutions_add_up_to_one(progress):
    weights = resolution_weights(progress, 7)
    assert sum(weights) == pytest.approx(1, abs=1e-12) and min(weights) >= 0
    assert sum(w > 0 for w in weights) == (1 if progress == int(progress) else 2)
    assert Stage(3, 0.25).progress == 2.25 and resolution_weights(2.25, 7)[3] == 0.25


@pytest.mark.parametrize("progress", PROGRESSES)
def test_the_image_s_weight_in_the_discriminator_lies_between_zero_and_one(progress):
    for k in range(7):
        assert 0 <= input_weight(progress, k) <= 1
    coarser, finest = int(progress), -int(-progress // 1)
    # Below the resolutions in use the image does not come in again; the finest only has it.
    assert all(input_weight(progress, k) == 0 for k in range(coarser))
    assert input_weight(progress, finest) == 1
    assert input_weight(progress, coarser) == pytest.approx(1 - (progress - coarser))


def test_at_whole_progress_a_blend_is_that_resolution_and_nothing_else():
    image = torch.randn(2, 2, 8, 16)
    for k in range(4):
        factor = 2 ** (3 - k)
        assert torch.equal(blend(image, k, 4), upscale(downscale(image, factor), factor))
    assert torch.equal(blend(image, 3, 4), image)
    between = 0.75 * blend(image, 1, 4) + 0.25 * blend(image, 2, 4)
    torch.testing.assert_close(blend(image, 1.25, 4), between)


def test_networks_keep_the_progress_they_were_trained_to():
    nets = [Progressive(3), Progressive(3)]
    assert [net.progress_or_own(None) for net in nets] == [2, 2]
    progress = growing(nets, Growth(4, 4), batch_size=2)
    assert [net.progress_or_own(None) for net in nets] == [0, 0]
    assert progress(3) == 0.5 == nets[0].progress.item() == nets[1].state_dict()["progress"].item()
    assert nets[0].progress_or_own(1) == 1
    for wrong in (-0.1, 2.5, float("nan")):
        with pytest.raises(UserError, match="must be from 0 to 2"):
            nets[0].progress_or_own(wrong)
