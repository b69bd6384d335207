"""Activations at twice the rate: less aliasing, in dB, and nothing else changed."""

import pytest
import torch
from torch import nn

from tinyaudio.models.antialiased import Antialiased, Snake

N = 2_048


@torch.no_grad()
def aliasing_db(activation, k):
    """Power where no harmonic of a sine of k cycles belongs, under that of the whole but for its mean."""
    x = torch.sin(2 * torch.pi * k * torch.arange(3 * N) / N)[None, None]
    power = torch.fft.rfft(activation(x)[0, 0, N : 2 * N].double()).abs().square()
    harmonics = power[::k].sum()
    return (10 * torch.log10((power.sum() - harmonics) / power[1:].sum())).item()


@pytest.mark.parametrize("k", [199, 509])
@pytest.mark.parametrize("activation", [nn.LeakyReLU(0.1), nn.ReLU(), Snake(1)])
def test_twice_the_rate_folds_less_and_four_times_still_less(activation, k):
    once, twice, four = (
        aliasing_db(f, k) for f in (activation, Antialiased(activation), Antialiased(activation, 4))
    )
    assert twice < once - 10
    assert four < twice - 10 or four < -65


def test_a_sine_that_no_harmonic_of_which_folds_is_as_it_was():
    """x + sin^2(x) of a low sine has but a few harmonics worth the name."""
    x = torch.sin(0.05 * torch.arange(800.0))[None, None]
    snake = Snake(1)
    difference = (Antialiased(snake)(x) - snake(x))[:, :, 100:-100].abs().max()
    assert difference < 0.01


def test_snake_rises_swings_and_learns_its_rate():
    snake = Snake(2, alpha=2.0)
    x = torch.linspace(-3, 3, 601).expand(1, 2, -1).clone().requires_grad_()
    y = snake(x)
    torch.testing.assert_close(y, x + torch.sin(2 * x) ** 2 / 2)
    assert (y.diff() > -1e-6).all()
    y.square().sum().backward()
    assert snake.alpha.grad.shape == (2, 1) and snake.alpha.grad.abs().min() > 0


def test_a_gradient_passes_the_filters():
    x = torch.randn(1, 2, 64, requires_grad=True)
    Antialiased(nn.LeakyReLU())(x).sum().backward()
    assert x.grad.shape == x.shape and x.grad.abs().max() > 0
