"""The losses of upsamplers in closed form, and whom each of them moves."""

import math

import pytest
import torch

from tinyaudio.objectives.feature_gan import (
    copy_loss,
    feature_gan_discriminator,
    feature_gan_generator,
    root_square_error,
)

AUDIO = torch.tensor([[[1.0, -1.0]], [[3.0, 1.0]]])
BATCH = {"audio": AUDIO, "low": torch.zeros(2, 1, 2)}


def low(batch):
    return batch["low"]


def test_a_clip_counts_by_its_root_mean_square():
    """Not the root of the mean over the batch: sqrt(1) and sqrt(5), not sqrt(3)."""
    found = root_square_error(torch.zeros_like(AUDIO), AUDIO).item()
    assert found == pytest.approx((1 + math.sqrt(5)) / 2, abs=1e-5)
    assert root_square_error(AUDIO, AUDIO).item() == pytest.approx(1e-3)


def test_the_best_answer_to_a_squared_error_is_too_quiet():
    """Of tones of unknown phase the mean is silence; a tone of the right level costs 3 dB more."""
    torch.manual_seed(0)
    phases = 2 * torch.pi * torch.rand(4_000, 1, 1)
    tones = torch.cos(torch.arange(16) * torch.pi / 8 + phases)
    silence, tone = torch.zeros_like(tones), tones.roll(1, 0)
    costs = [(made - tones).square().mean().item() for made in (silence, tone)]
    assert 10 * math.log10(costs[1] / costs[0]) == pytest.approx(10 * math.log10(2), abs=0.2)


def test_a_discriminator_that_cannot_tell_pays_ln_2_a_clip():
    loss = feature_gan_discriminator(lambda x: torch.zeros(len(x)), lambda x: x, low)
    assert loss(BATCH, 0)[0].item() == pytest.approx(2 * math.log(2))
    sure = feature_gan_discriminator(
        lambda x: 20 * (x.abs().sum((1, 2)) - 0.5).sign(), lambda x: x, low
    )
    value, logs = sure(BATCH, 0)
    assert value.item() < 1e-6 and logs["accuracy"] == 1


def test_the_generator_s_loss_is_its_three_terms():
    made = AUDIO + 2

    def features(x):
        return 3 * x.mean(dim=2)

    nets = (lambda x: torch.zeros(len(x)), lambda x: made, features, low)
    total, logs = feature_gan_generator(*nets, 0.5, 0.25)(BATCH, 0)
    assert logs["squared_error"] == 4 and logs["features"] == 36
    assert logs["adversarial"].item() == pytest.approx(math.log(2))
    assert total.item() == pytest.approx(4 + 18 + 0.25 * math.log(2))
    total, logs = feature_gan_generator(*nets, 0.0, 0.0)(BATCH, 0)
    assert total == 4 and "adversarial" not in logs


def test_each_loss_has_a_gradient_for_its_own_network():
    torch.manual_seed(0)
    g, d, e = (torch.nn.Conv1d(1, 1, 1) for _ in range(3))
    scores = lambda x: d(x).mean((1, 2))  # noqa: E731
    for loss, has in (
        (feature_gan_discriminator(scores, g, low), {"d"}),
        (feature_gan_generator(scores, g, e, low), {"g", "d", "e"}),  # but only g's learner moves
        (copy_loss(e), {"e"}),
    ):
        for net in (g, d, e):
            net.zero_grad()
        loss(BATCH, 0)[0].backward()
        found = {n for n, net in (("g", g), ("d", d), ("e", e)) if net.bias.grad is not None}
        assert found == has


def test_what_pulls_features_together_is_the_generator_not_the_features_of_the_sound():
    """The encoder's answer to the sound is a constant for the generator's loss."""
    encoder = torch.nn.Conv1d(1, 1, 1)
    loss = feature_gan_generator(lambda x: x, lambda x: x, encoder, low, 1.0, 0.0)
    loss(BATCH, 0)[0].backward()
    encoder_of_zeros = encoder(torch.zeros(2, 1, 2))
    wanted = 2 * (encoder_of_zeros - encoder(AUDIO)).mean()
    assert encoder.bias.grad.item() == pytest.approx(wanted.item(), rel=1e-4)
