"""The losses of GAN vocoders: every term against a number found by hand, and where gradients go."""

import math

import pytest
import torch
from torch import nn

from tinyaudio.objectives.vocoder_gan import (
    discriminator_loss,
    discriminator_scores_loss,
    feature_matching,
    generator_loss,
    generator_scores_loss,
    mel_distance,
)


def maps(*scores):
    """Discriminators that have nothing but scores."""
    return [[torch.tensor(one)] for one in scores]


def test_scores_are_squared_distances_from_what_each_side_wants():
    real, generated = maps([1.0, 0.5], [2.0]), maps([0.0, 1.0], [-0.5])
    # (0 + 0.25) / 2 + (0 + 1) / 2;  1 + 0.25
    torch.testing.assert_close(
        discriminator_scores_loss(real, generated), torch.tensor([0.625, 1.25])
    )
    # (1 + 0) / 2;  2.25
    torch.testing.assert_close(generator_scores_loss(generated), torch.tensor([0.5, 2.25]))


def test_at_its_best_a_discriminator_scores_the_share_of_real_sound():
    """Where P and Q have the densities 3 : 1, D = 3 / 4 minimises the loss [Mao et al., equation 5]."""
    losses = []
    for score in (0.70, 0.75, 0.80):
        real = maps([score] * 3 + [1 - score])
        generated = maps([score] + [1 - score] * 3)
        losses.append(discriminator_scores_loss(real, generated).item())
    assert losses[1] == min(losses)


def test_features_are_means_of_each_map_and_a_sum_over_all():
    real = [[torch.tensor([1.0, 2.0]), torch.zeros(1, 3)], [torch.tensor([4.0])]]
    generated = [[torch.tensor([2.0, -1.0]), torch.ones(1, 3)], [torch.tensor([1.0])]]
    # (1 + 3) / 2 + 1 + 3
    assert feature_matching(real, generated).item() == 6


def test_features_of_real_sound_are_a_target():
    real, generated = (torch.tensor([x], requires_grad=True) for x in (1.0, 3.0))
    feature_matching([[2 * real]], [[2 * generated]]).backward()
    assert real.grad is None and generated.grad.item() == 2


def test_a_factor_is_its_logarithm_at_any_rate_and_a_wrong_rate_is_noticed():
    clip = 0.3 * torch.randn(2, 1, 4_096, generator=torch.manual_seed(0))
    for frames in ((8_000, 512, 64), (16_000, 1_024, 256)):
        distance = mel_distance(clip / 4, clip, *frames)
        assert distance.item() == pytest.approx(math.log(4), abs=1e-3)
    tone = torch.sin(2 * torch.pi * 440 / 8_000 * torch.arange(4_096))[None, None]
    near = torch.sin(2 * torch.pi * 470 / 8_000 * torch.arange(4_096))[None, None]
    right, wrong = (mel_distance(near, tone, rate, 512, 64) for rate in (8_000, 16_000))
    assert abs(right - wrong) > 0.05 * right
    assert mel_distance(torch.zeros_like(clip), torch.zeros_like(clip), 8_000, 512, 64) == 0


class Toy(nn.Module):
    """Two discriminators: of the level, and of its double."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.0))

    def forward(self, audio):
        level = self.gain * audio.mean((1, 2))
        return [[level, level], [2 * level]]


def test_the_sums_of_the_whole_losses():
    """Real audio is 1, generated 0.5: scores 1, 2 and 0.5, 1; features 0.5 + 0.5 + 1."""
    net, made = Toy(), nn.Parameter(torch.tensor(0.5))
    batch = {"audio": torch.ones(3, 1, 4)}

    def generate(batch):
        return made * torch.ones_like(batch["audio"])

    total, logs = discriminator_loss(net, generate)(batch, 0)
    assert total.item() == pytest.approx((0 + 0.25) + (1 + 1))
    assert logs["scores"].item() == pytest.approx(2.25 / 2)
    total.backward()
    assert made.grad is None and net.gain.grad.item() != 0

    def distance(a, b):
        return (a - b).abs().mean()

    total, logs = generator_loss(net, generate, distance, 10, 3)(batch, 0)
    assert total.item() == pytest.approx((0.25 + 0) + 10 * 0.5 + 3 * 2)
    assert {k: v.item() for k, v in logs.items()} == pytest.approx(
        {"scores": 0.125, "distance": 0.5, "features": 2.0}
    )
    net.gain.grad = None
    total.backward(inputs=[made])
    # d scores = 2 (0.5 - 1) + 2 (1 - 1) 2;  d distance = -1;  d features = -1 - 1 - 2
    assert made.grad.item() == pytest.approx(-1 - 10 - 3 * 4)
    assert net.gain.grad is None
    total, logs = generator_loss(net, generate, distance, 10, 0)(batch, 0)
    assert total.item() == pytest.approx(0.25 + 5) and "features" not in logs
    total, _ = generator_loss(net, generate, distance, 10, 0, scores_weight=1 / 2)(batch, 0)
    assert total.item() == pytest.approx(0.125 + 5)  # UnivNet's mean over two discriminators


def test_the_paper_s_weights_are_the_defaults():
    net, batch = Toy(), {"audio": torch.ones(1, 1, 4)}
    total, logs = generator_loss(net, lambda b: 0.5 * b["audio"], lambda a, b: torch.tensor(1.0))(
        batch, 0
    )
    expected = 2 * logs["scores"] + 45 * logs["distance"] + 2 * logs["features"]
    torch.testing.assert_close(total, expected)
