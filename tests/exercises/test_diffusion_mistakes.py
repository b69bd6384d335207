"""Chapter 18's checkers of noise, sampling, clipping and averages: the package passes, planted mistakes are named."""

import pytest
import torch
from torch import nn

from tinyaudio.exercises.ancestral_step import ANCESTRAL_STEP, check_ancestral_step
from tinyaudio.exercises.clipped_estimate import CLIPPED_ESTIMATE, check_clipped_estimate
from tinyaudio.exercises.noisy_clips import NOISY_CLIPS, check_noisy_clips
from tinyaudio.exercises.weight_average import WEIGHT_AVERAGE, check_weight_average
from tinyaudio.objectives.diffusion import add_noise
from tinyaudio.samplers.diffusion_steps import DDIM, Point
from tinyaudio.train import EMA

PLANTED = [
    (NOISY_CLIPS, "β in the place of ᾱ"),
    (NOISY_CLIPS, "One t, that of the first clip, serves the whole batch"),
    (ANCESTRAL_STEP, "Noise is added at the last step"),
    (CLIPPED_ESTIMATE, "clipped x_t and not the estimate of x_0"),
    (WEIGHT_AVERAGE, "The average is inverted"),
]


@pytest.mark.parametrize(("exercise", "words"), PLANTED)
def test_the_mistakes_of_public_code_are_among_them(exercise, words):
    assert sum(words in mistake.english for mistake in exercise.mistakes) == 1


def test_the_package_passes():
    def noisy(x_0, noise, t, betas):
        return add_noise(x_0, noise, (1 - betas).cumprod(0)[t])

    def clipped(x_t, epsilon, t, s):
        """The package finds the noise again from the clipped estimate; here it is the network's."""
        clean = ((x_t - (1 - t) ** 0.5 * epsilon) / t**0.5).clamp(-1, 1)
        consistent = t**0.5 * clean + (1 - t) ** 0.5 * epsilon
        return DDIM()([Point(consistent, clean, t)], s, torch.zeros)

    def average(average, weights, decay):
        net = nn.Linear(len(weights), 1, bias=False).requires_grad_(False)
        net.weight.copy_(average)
        ema = EMA(net, decay)
        net.weight.copy_(weights)
        ema.update(net, step=10**9)
        return ema.module.weight[0]

    assert check_noisy_clips(noisy)
    assert check_clipped_estimate(clipped)
    assert check_weight_average(average)


def test_the_posterior_s_variance_is_not_the_one_that_is_asked_for():
    """DDPM names two; the checker says which place differs rather than a mistake."""

    def posterior(x_t, epsilon, z, t, betas):
        a = (1 - betas).cumprod(0)
        before = a[t - 1] if t else torch.ones(())
        mean = (x_t - betas[t] / (1 - a[t]).sqrt() * epsilon) / (1 - betas[t]).sqrt()
        return mean + ((1 - before) / (1 - a[t]) * betas[t]).sqrt() * z

    result = check_ancestral_step(posterior)
    assert not result and result.mistake is None


def test_step_response_of_the_average():
    """1 - decay^n after n updates, by which an inverted average is found out."""
    net = nn.Linear(1, 1, bias=False).requires_grad_(False)
    net.weight.fill_(0.0)
    ema = EMA(net, decay=0.9)
    net.weight.fill_(1.0)
    for n in range(1, 20):
        ema.update(net, step=10**9)
        assert ema.module.weight.item() == pytest.approx(1 - 0.9**n, rel=1e-5)
    assert check_weight_average(lambda a, w, d: a + (1 - d) * (w - a))
