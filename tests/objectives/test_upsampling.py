"""What upsamplers learn: a residual of variance 1, a level fitted in training only, and a loss without a scale."""

import math

import pytest
import torch
from torch.utils.data import default_collate

from tinyaudio.data.upsampling_crops import UpsamplingCrops
from tinyaudio.models.nuwave import NuWave, NuWaveConfig
from tinyaudio.models.whitened_residual import MARGIN, WhitenedResidual, WhitenedResidualConfig
from tinyaudio.objectives.diffusion import mean_error
from tinyaudio.objectives.upsampling import (
    FIT_STEPS,
    NUWAVE_DIFFUSION,
    WHITENED_DIFFUSION,
    inner,
    nuwave_loss,
    whitened_loss,
)


@pytest.fixture(scope="module", params=[2, 3])
def batches(request):
    """Of voices, at one ratio."""
    ratio = request.param
    n_samples = (12 * 128 + 2 * MARGIN) * ratio
    crops = UpsamplingCrops(None, ratio, n_samples, "train", 0, n_sounds=8)
    return ratio, [default_collate([crops[8 * k + i] for i in range(8)]) for k in range(6)]


def test_the_logarithm_of_the_error_has_a_gradient_without_a_scale():
    """NU-Wave's: ten times the error, the same gradient of what scales it."""
    error = torch.randn(3, 1, 40)
    gradients = []
    for size in (1.0, 10.0, 1e-3):
        gain = torch.tensor(1.0, requires_grad=True)
        (gradient,) = torch.autograd.grad(mean_error(gain * size * error, "log-absolute"), gain)
        gradients.append(float(gradient))
    assert gradients == pytest.approx([1, 1, 1], rel=1e-5)
    gain = torch.tensor(1.0, requires_grad=True)
    (gradient,) = torch.autograd.grad(mean_error(gain * 10 * error, "absolute"), gain)
    assert float(gradient) == pytest.approx(10 * float(error.abs().mean()), rel=1e-5)


def test_it_is_the_mean_of_the_clips_logarithms():
    errors = torch.stack([torch.full((1, 4), 0.1), torch.full((1, 4), -10.0)])
    assert float(mean_error(errors, "log-absolute")) == pytest.approx(0, abs=1e-6)
    assert mean_error(torch.zeros(2, 1, 4), "log-absolute").isfinite()


def test_the_whitened_residual_has_a_variance_near_1(batches):
    """The target v of a network that returns 0 then has one, too."""
    ratio, found = batches
    torch.manual_seed(0)
    net = WhitenedResidual(WhitenedResidualConfig(ratio, 8, 2, 2))
    loss = whitened_loss(net)
    before = float(loss(found[-1], FIT_STEPS)[0].detach())
    for step, batch in enumerate(found[:-1]):
        loss(batch, step)
    after = sum(float(loss(batch, FIT_STEPS)[0].detach()) for batch in found) / len(found)
    assert 0.7 < after < 1.4 < before


def test_the_level_is_fitted_in_the_first_steps_of_training_only(batches):
    ratio, found = batches
    net = WhitenedResidual(WhitenedResidualConfig(ratio, 8, 2, 2))
    loss, zeros = whitened_loss(net), net.ridge.weights.clone()
    loss(found[0], FIT_STEPS)
    net.eval()
    loss(found[0], 0)
    assert torch.equal(net.ridge.weights, zeros)
    net.train()
    loss(found[0], 0)
    assert not torch.equal(net.ridge.weights, zeros)


def test_nuwave_gets_the_sound_and_the_interpolated_condition_of_one_time(batches):
    """In the place of the network, one that returns the noise which is left if the condition is right."""
    ratio, found = batches
    seen = {}

    def network(x, level, low):
        seen["x"], seen["low"], seen["level"] = x, low, level
        return torch.zeros_like(x)

    torch.manual_seed(0)
    loss, _ = nuwave_loss(network, ratio)(found[0], 0)
    audio = inner(found[0]["audio"], ratio)
    assert seen["low"].shape == audio.shape == seen["x"].shape
    error = (seen["low"] - audio).square().mean(dim=2).sqrt() / audio.square().mean(dim=2).sqrt()
    assert error.median() < 0.3
    assert float(loss) == pytest.approx(math.log(0.798), abs=0.02)  # E|noise|
    assert 0.22 <= float(seen["level"].min()) <= float(seen["level"].max()) <= 1


def test_both_have_gradients_everywhere(batches):
    ratio, found = batches
    for net, loss in (
        (n := WhitenedResidual(WhitenedResidualConfig(ratio, 8, 2, 2)), whitened_loss(n)),
        (n := NuWave(NuWaveConfig(8, 2, 2)), nuwave_loss(n, ratio)),
    ):
        if isinstance(net, WhitenedResidual):
            torch.nn.init.normal_(net.output.weight)
        loss(found[0], 0)[0].backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_what_is_predicted_and_how_strong_the_noise_is():
    assert (NUWAVE_DIFFUSION.prediction, WHITENED_DIFFUSION.prediction) == ("epsilon", "v")
    alpha_bars, _ = WHITENED_DIFFUSION.time.draw(4_000)
    log_snr = torch.logit(alpha_bars)
    assert log_snr.min() > -4.1
    assert float(((log_snr > -4.1) & (log_snr < 6)).double().mean()) == pytest.approx(
        0.97, abs=0.015
    )
