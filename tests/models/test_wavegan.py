"""WaveGAN: the paper's shapes and sizes, and phase shuffle."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig, phase_shuffle


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_the_paper_s_size():
    """Tables 3 and 4 of arXiv:1802.04208, d = 64: kernel shapes, then biases."""
    config = WaveGANConfig.paper()
    widths = [1024, 512, 256, 128, 64, 1]
    convs = sum(25 * a * b for a, b in zip(widths, widths[1:], strict=False))
    assert config.n_samples == 16_384
    with torch.device("meta"):
        generator, critic = Generator(config), Critic(config)
        assert generator(torch.empty(64, 100)).shape == (64, 1, 16_384)
        assert critic(torch.empty(64, 1, 16_384)).shape == (64,)
    dense = 256 * 64
    assert count(generator) == (100 * dense + dense) + convs + sum(widths[1:])
    assert count(critic) == convs + sum(widths[:-1]) + dense + 1


def test_each_layer_is_four_times_as_long():
    generator = Generator(WaveGANConfig.tiny())
    x = torch.zeros(1, 64, 16)
    lengths = []
    for layer in generator.layers:
        x = layer(x)
        lengths.append(x.shape[-1])
    assert lengths == [64, 256, 1024, 4096]


@pytest.mark.parametrize("n", [-2, -1, 0, 1, 2])
def test_phase_shuffle_is_a_shift_with_reflected_edges(n):
    x = torch.randn(3, 2, 20)
    reflected = F.pad(x, (2, 2), mode="reflect")
    assert torch.equal(phase_shuffle(x, torch.full((3,), n)), reflected[..., 2 - n : 22 - n])


def test_phase_shuffle_shifts_every_example_by_its_own():
    x = torch.randn(1, 1, 20).expand(5, 1, 20)
    shifts = torch.arange(-2, 3)
    together = phase_shuffle(x, shifts)
    for i, n in enumerate(shifts):
        assert torch.equal(together[i], phase_shuffle(x[i : i + 1], n[None])[0])


def test_the_critic_shuffles_in_training_only():
    torch.manual_seed(0)
    critic, x = Critic(WaveGANConfig.tiny()), torch.randn(2, 1, 4096)
    assert not torch.equal(critic(x), critic(x))
    critic.eval()
    assert torch.equal(critic(x), critic(x))


def test_the_critic_draws_a_shift_for_each_example():
    torch.manual_seed(0)
    critic = Critic(WaveGANConfig.tiny())
    scores = critic(torch.randn(1, 1, 4096).expand(16, 1, 4096))  # the same clip sixteen times
    assert scores.unique().numel() > 8
    flat = Critic(replace(WaveGANConfig.tiny(), shuffle=0))
    assert flat(torch.randn(1, 1, 4096).expand(4, 1, 4096)).unique().numel() == 1


@pytest.mark.parametrize("n_samples", [1, 4_095, 16_384])
def test_clips_of_another_length_are_refused_in_a_line(n_samples):
    critic = Critic(WaveGANConfig.tiny())
    with pytest.raises(UserError, match=f"{n_samples} samples: this critic hears 4096"):
        critic(torch.zeros(2, 1, n_samples))


def test_silence_and_a_batch_of_one_are_scored():
    critic = Critic(WaveGANConfig.tiny())
    assert torch.isfinite(critic(torch.zeros(1, 1, 4096))).all()


@pytest.mark.parametrize("config", [WaveGANConfig.tiny(), WaveGANConfig(width=16, n_layers=5)])
def test_initial_weights_keep_the_scale(config):
    """Latents make different sounds, and the critic's slope is what the penalty asks for, within a factor of 5."""
    torch.manual_seed(0)
    generator, critic = Generator(config), Critic(config).eval()
    x = generator.dense(2 * torch.rand(16, config.n_latents) - 1).unflatten(1, (-1, 16))
    for layer in generator.layers:
        x = layer(F.relu(x))
        assert 0.3 < x.std() < 2
    assert x.std(0).mean() > 0.2  # between latents
    audio = (0.1 * torch.randn(16, 1, config.n_samples)).requires_grad_()
    (slope,) = torch.autograd.grad(critic(audio).sum(), audio)
    assert 0.2 < slope.flatten(1).norm(dim=1).mean() < 5


def test_every_parameter_is_reached():
    config = WaveGANConfig.tiny()
    generator, critic = Generator(config), Critic(config)
    critic(generator(torch.rand(2, config.n_latents))).sum().backward()
    for p in [*generator.parameters(), *critic.parameters()]:
        assert p.grad is not None and p.grad.abs().sum() > 0
