"""Chapter 13's checkers: right answers pass however they are written, and gradients are looked at."""

import math

import torch
from scipy.spatial.distance import jensenshannon
from torch.nn import functional as F

from tinyaudio.exercises.vae_and_gan import check_gv, check_js, check_losses
from tinyaudio.metrics.global_variance import variance_ratio
from tinyaudio.models.parametric import global_variance
from tinyaudio.objectives.gan import gan_discriminator, gan_generator


def test_the_package_s_losses_are_the_ones_that_are_asked_for():
    def by_package(D, G, x, z):
        def score(audio):
            return D(audio)[:, 0]

        losses = (one(score, G, lambda n: z) for one in (gan_discriminator, gan_generator))
        return [loss({"audio": x}, 0)[0] for loss in losses]

    assert check_losses(by_package)


def test_losses_pass_as_cross_entropies_and_as_logarithms():
    def by_entropies(D, G, x, z):
        real, made = D(x), G(z)
        fake, judged = D(made.detach()), D(made)
        loss = F.binary_cross_entropy_with_logits
        of_discriminator = loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake))
        return [of_discriminator, loss(judged, torch.ones_like(judged))]

    def by_logarithms(D, G, x, z):
        with torch.no_grad():
            made = G(z)
        of_discriminator = -(D(x).sigmoid().log().mean() + (1 - D(made).sigmoid()).log().mean())
        return of_discriminator, -D(G(z)).sigmoid().log().mean()

    assert check_losses(by_entropies) and check_losses(by_logarithms)


def test_what_the_generator_s_loss_does_to_the_discriminator_is_left_open():
    def frozen(D, G, x, z):
        made = G(z)
        of_discriminator = F.softplus(-D(x)).mean() + F.softplus(D(made.detach())).mean()
        w, b = D.weight.detach(), D.bias.detach()
        return of_discriminator, F.softplus(-F.linear(made, w, b)).mean()

    assert check_losses(frozen)


def test_a_gradient_that_no_planted_mistake_has_is_wrong_all_the_same():
    def doubled(D, G, x, z):
        made = G(z)
        second = F.softplus(-D(made)).mean()
        of_discriminator = F.softplus(-D(x)).mean() + F.softplus(D(made.detach())).mean()
        return of_discriminator, 2 * second - second.detach()

    result = check_losses(doubled)
    assert not result and "which loss reaches which network" in result.message


def test_js_passes_by_the_two_divergences_and_by_scipy():
    def by_divergences(p, q):
        m = ((p + q) / 2).clamp(min=1e-30)
        return sum(torch.xlogy(a, a / m).sum() for a in (p, q)) / 2

    def by_entropies(p, q):
        def entropy(a):
            return -torch.xlogy(a, a).sum()

        return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2

    assert check_js(by_divergences) and check_js(by_entropies)
    assert check_js(lambda p, q: jensenshannon(p.double(), q.double()) ** 2)


def test_js_in_words_of_the_discriminator():
    def by_discriminator(p, q):
        D = torch.where(p + q > 0, p / (p + q).clamp(min=1e-30), 0.5)
        value = torch.xlogy(p, D) + torch.xlogy(q, 1 - D)
        return value.sum() / 2 + math.log(2)

    assert check_js(by_discriminator)


def test_the_package_s_ratio_is_the_one_that_is_asked_for():
    def by_package(made, reference):
        return variance_ratio(global_variance(made.T), global_variance(reference.T))

    assert check_gv(by_package)
    assert check_gv(lambda made, reference: (made.var(1, correction=0) / reference.var(1, correction=0)).log().mean().exp())  # fmt: skip
