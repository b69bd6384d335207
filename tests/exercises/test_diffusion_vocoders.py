"""Chapter 19's checkers: the package passes, as do other ways to write it."""

from functools import partial

import pytest
import torch
from torch import nn

from tinyaudio.exercises.film import check_film
from tinyaudio.exercises.log_snr_steps import LOG_SNR_STEPS, check_log_snr_steps
from tinyaudio.exercises.noise_level import NOISE_LEVEL, check_noise_level
from tinyaudio.exercises.two_sided_field import check_two_sided_field
from tinyaudio.exercises.vocoded import check_vocoded
from tinyaudio.models.diffwave import DiffWaveConfig
from tinyaudio.objectives.diffusion import GaussianDiffusion
from tinyaudio.objectives.diffusion_time import ContinuousLevel
from tinyaudio.objectives.noise_schedule import WAVEGRAD, NoiseSchedule
from tinyaudio.samplers.diffusion_steps import DDIM, Point
from tinyaudio.samplers.diffusion_vocoder import LAST_LOG_SNR, equal_log_snr


def test_one_level_for_the_whole_batch_is_among_the_mistakes():
    words = "One noise level, that of the first clip, serves the whole batch"
    assert sum(words in mistake.english for mistake in NOISE_LEVEL.mistakes) == 1


def test_the_receptive_field_of_a_stack_passes_by_its_gradient():
    def by_gradient(n_layers, cycle):
        dilations = DiffWaveConfig(n_layers=n_layers, dilation_cycle=cycle).dilations
        size = 2 * sum(dilations) + 9
        x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
        y = x
        for d in dilations:
            layer = nn.Conv1d(1, 1, 3, dilation=d, padding=d, bias=False, dtype=torch.float64)
            nn.init.constant_(layer.weight, 0.4)
            y = layer(y)
        y[0, 0, size // 2].backward()
        return int(x.grad.count_nonzero())

    assert check_two_sided_field(by_gradient)


def test_the_levels_that_the_package_draws_pass(monkeypatch):
    def drawn(alpha_bars, s, u):
        before = torch.cat([torch.ones(1), alpha_bars[:-1]])
        schedule = NoiseSchedule((1 - alpha_bars / before).sort().values)
        # the schedule wants rising betas, which the exercise does not
        object.__setattr__(schedule, "alpha_bars", alpha_bars.double())
        monkeypatch.setattr(torch, "randint", lambda *a: s)
        monkeypatch.setattr(torch, "rand", lambda *a, **k: u.double())
        _, level = ContinuousLevel(schedule).draw(len(s))
        monkeypatch.undo()
        return level.float()

    assert check_noise_level(drawn)


def test_modulation_passes_as_a_convolution_and_written_out():
    def convolved(h, features, code, weight):
        shift, scale = nn.functional.conv1d(features + code[..., None], weight[..., None]).chunk(
            2, 1
        )
        return torch.addcmul(shift, scale, h)

    def written_out(h, features, code, weight):
        C = h.shape[1]
        m = torch.einsum("cd,bdt->bct", weight, features) + (code @ weight.T)[..., None]
        return h * m[:, C:] + m[:, :C]

    assert check_film(convolved) and check_film(written_out)


def test_equal_steps_of_log_snr_pass_in_decibels_and_are_the_package_s():
    def in_decibels(first, last, n):
        a, b = (10 * torch.log10(torch.tensor(x / (1 - x))) for x in (first, last))
        ratio = 10 ** (torch.linspace(a, b, n) / 10)
        return ratio / (1 + ratio)

    assert check_log_snr_steps(in_decibels)
    steps = equal_log_snr(WAVEGRAD, 6)
    least = 1 / (1 + torch.tensor(-2 * LAST_LOG_SNR, dtype=torch.float64).exp())
    assert LOG_SNR_STEPS.right(float(least), float(WAVEGRAD.alpha_bars[-1]), 6) == pytest.approx(
        steps
    )


def test_the_package_s_ddim_passes_as_a_vocoder():
    def vocoded(network, level, alpha_bars, noise):
        diffusion = GaussianDiffusion(ContinuousLevel(WAVEGRAD))
        x = noise[None]
        for a, s in zip(alpha_bars[::-1], [*alpha_bars[-2::-1], 1.0], strict=True):
            clean = diffusion.clean(network(x, a**0.5), x, torch.tensor([a]))
            x = DDIM()([Point(x, clean, a)], s, partial(torch.zeros, 1))
        return level * x[0]

    assert check_vocoded(vocoded)
