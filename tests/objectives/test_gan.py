"""The first GAN's losses against closed forms; conditions and labels as in test_adversarial."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.objectives.gan import gan_discriminator, gan_generator

LN2 = math.log(2)


def latents(n):
    return torch.ones(n, 4)


BATCH = {"audio": torch.zeros(3, 4), "pitch": torch.tensor([0, 1, 1])}


def test_an_undecided_discriminator_costs_a_bit_for_each_side():
    total, logs = gan_discriminator(lambda x: 0 * x.sum(1), lambda z: z, latents)(BATCH, 0)
    assert total.item() == pytest.approx(2 * LN2)
    assert logs["jensen_shannon"].item() == pytest.approx(0, abs=1e-7)
    for saturating, expected in ((False, LN2), (True, -LN2)):
        loss = gan_generator(lambda x: 0 * x.sum(1), lambda z: z, latents, saturating=saturating)
        assert loss(BATCH, 0)[0].item() == pytest.approx(expected)


def test_losses_are_the_paper_s_logarithms():
    """Real audio scores -1 and generated 2: ln sigma as it is written, without softplus."""
    discriminator, generator = lambda x: x.mean(1) - 1, lambda z: 3 * z
    real, fake = (torch.sigmoid(torch.tensor(score)) for score in (-1.0, 2.0))
    total, _ = gan_discriminator(discriminator, generator, latents)(BATCH, 0)
    torch.testing.assert_close(total, -real.log() - (1 - fake).log())
    total, _ = gan_generator(discriminator, generator, latents)(BATCH, 0)
    torch.testing.assert_close(total, -fake.log())
    total, _ = gan_generator(discriminator, generator, latents, saturating=True)(BATCH, 0)
    torch.testing.assert_close(total, (1 - fake).log())


def test_the_best_discriminator_measures_the_jensen_shannon_divergence():
    """P = (3/4, 1/4) and Q = (1/4, 3/4) on two points; the best D is ln P / Q."""
    p, q = torch.tensor([0.75, 0.25]), torch.tensor([0.25, 0.75])
    middle = (p + q) / 2
    divergence = ((p * (p / middle).log() + q * (q / middle).log()).sum() / 2).item()
    real = {"audio": torch.tensor([[0.0], [0.0], [0.0], [1.0]])}
    generated = torch.tensor([[0.0], [1.0], [1.0], [1.0]])
    for steepness, reached in ((1.0, True), (0.7, False), (1.3, False)):

        def discriminator(x, steepness=steepness):
            return steepness * torch.where(x[:, 0] == 0, math.log(3), -math.log(3))

        loss = gan_discriminator(discriminator, lambda z: z, lambda n: generated)
        bound = loss(real, 0)[1]["jensen_shannon"].item()
        assert bound == pytest.approx(divergence, abs=1e-6) if reached else bound < divergence


def test_only_the_non_saturating_loss_has_a_gradient_under_a_certain_discriminator():
    gradients = {}
    for saturating in (False, True):
        shift = torch.zeros(1, requires_grad=True)
        loss = gan_generator(
            lambda x: x.mean(1) - 21, lambda z, s=shift: z + s, latents, saturating=saturating
        )
        loss(BATCH, 0)[0].backward()
        gradients[saturating] = shift.grad.item()
    assert gradients[False] == pytest.approx(-1) and -1e-8 < gradients[True] < 0


def test_each_loss_reaches_its_own_network_with_condition_and_label():
    torch.manual_seed(0)
    trunk, heads, generator = nn.Linear(4, 4), nn.Linear(4, 3), nn.Linear(4, 4)

    def discriminator(audio):
        scores, *logits = heads(trunk(audio).tanh()).unbind(1)
        return scores, torch.stack(logits, 1)

    def generate(z, label):
        return generator(z) + label[:, None]

    total, logs = gan_discriminator(discriminator, generate, latents, label="pitch")(BATCH, 0)
    expected = F.cross_entropy(discriminator(BATCH["audio"])[1], BATCH["pitch"])
    torch.testing.assert_close(logs["cross_entropy"], expected.detach())
    total.backward()
    assert generator.weight.grad is None and trunk.weight.grad.abs().sum() > 0
    total, logs = gan_generator(discriminator, generate, latents, label="pitch")(BATCH, 0)
    made = generate(latents(3), BATCH["pitch"])
    expected = F.cross_entropy(discriminator(made)[1], BATCH["pitch"])
    torch.testing.assert_close(logs["cross_entropy"], expected.detach())
    (total - logs["cross_entropy"]).backward()
    assert generator.weight.grad.abs().sum() > 0


def test_a_conditional_discriminator_gets_the_condition():
    condition = {"condition": lambda batch: batch["pitch"]}
    args = (lambda x, c: x.mean(1) * c, lambda z, c: z * c[:, None], latents)
    value, _ = gan_generator(*args, **condition)(BATCH, 0)
    torch.testing.assert_close(value, F.softplus(-(BATCH["pitch"].float() ** 2)).mean())
