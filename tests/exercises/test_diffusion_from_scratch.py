"""Chapter 18's exact denoiser: right answers pass however they are written.

The other checkers of the chapter are in test_diffusion_mistakes.py; that wrong answers are named is proved for
every exercise at once, in test_every_exercise.py.
"""

import torch
from torch.distributions import Normal

from tinyaudio.exercises.diffusion_from_scratch import check_expected_noise


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
