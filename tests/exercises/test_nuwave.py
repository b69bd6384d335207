"""Chapter 21's checkers: the package passes, as do other ways to write it.

That wrong answers are named is proved for every exercise at once, in test_every_exercise.py; the cached
condition is in test_upsampling.py.
"""

import torch

from tinyaudio.exercises.nuwave import (
    check_condition_field,
    check_log_absolute,
    check_noise_at,
    check_upsampled,
)
from tinyaudio.models.nuwave import NuWaveConfig
from tinyaudio.models.whitened_residual import fold, unfold
from tinyaudio.objectives.diffusion import GaussianDiffusion, mean_error
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import NUWAVE
from tinyaudio.samplers.diffusion import denoise
from tinyaudio.samplers.diffusion_steps import DDIM


def test_the_package_s_loss_passes():
    assert check_log_absolute(lambda a, b: mean_error(a - b, "log-absolute"))


def test_the_package_s_field_passes_and_so_does_the_lowest_layer_s():
    def of_config(n_layers, cycle, kernel):
        config = NuWaveConfig(4, n_layers, cycle, kernel)
        return config.condition_receptive_field

    def largest_by_steps(n_layers, cycle, kernel):
        reach = 0
        for i in range(n_layers):
            d = 2 ** (i % cycle)
            reach = max(reach + d, (kernel - 1) // 2 * d) if i else (kernel - 1) // 2 * d
        return 1 + 2 * reach

    assert check_condition_field(of_config) and check_condition_field(largest_by_steps)


def test_noise_passes_sample_by_sample():
    def one_by_one(chunk, size, begin, end):
        return torch.stack([chunk(i // size)[i % size] for i in range(begin, end)])

    assert check_noise_at(one_by_one)


def test_the_package_s_sampler_passes():
    def by_the_package(network, u, sigma, r, alpha_bars, noise):
        diffusion = GaussianDiffusion(ContinuousLevel(NUWAVE), "v")
        *_, last = denoise(
            lambda x, level: network(x[0], float(level[0]))[None],
            diffusion,
            torch.tensor(alpha_bars, dtype=torch.float64),
            lambda: fold(noise[None, None], r),
            step=DDIM(),
        )
        return u + sigma * unfold(last.x)[0, 0]

    assert check_upsampled(by_the_package)
