"""Chapter 18's checkers: right answers pass however they are written.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import torch
from torch.distributions import Normal

from tinyaudio.exercises.diffusion_from_scratch import (
    check_clean_from_v,
    check_ddim_step,
    check_expected_noise,
)
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.diffusion_time import DiscreteTime
from tinyaudio.objectives.noise_schedule import DDPM
from tinyaudio.samplers.diffusion_steps import DDIM, Point


def test_the_expected_noise_passes_as_a_score_and_as_a_regression():
    def by_score(x_t, alpha_bar, mean, std):
        x = x_t.double().requires_grad_()
        density = Normal(alpha_bar**0.5 * mean, (alpha_bar * std**2 + 1 - alpha_bar) ** 0.5)
        score = torch.autograd.grad(density.log_prob(x).sum(), x)[0]
        return -((1 - alpha_bar) ** 0.5) * score

    def by_regression(x_t, alpha_bar, mean, std):
        """Cov(noise, x_t) / Var(x_t), times how far x_t is from its mean."""
        covariance = (1 - alpha_bar) ** 0.5
        slope = covariance / (alpha_bar * std**2 + 1 - alpha_bar)
        return slope * (x_t - alpha_bar**0.5 * mean)

    assert check_expected_noise(by_score) and check_expected_noise(by_regression)


def test_the_package_means_the_same_clean_value_by_v():
    process = GaussianDiffusion(DiscreteTime(DDPM), "v")

    def by_package(v, x_t, alpha_bar):
        return process.clean(v, x_t, torch.full((len(v),), alpha_bar, dtype=torch.float64))

    assert check_clean_from_v(by_package)


def test_the_package_makes_the_same_step_of_ddim():
    def by_package(x_t, clean, before, alpha_bar):
        return DDIM()([Point(x_t, clean, before)], alpha_bar, lambda: torch.zeros(1))

    assert check_ddim_step(by_package)
