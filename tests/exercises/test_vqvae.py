"""Chapter 9's checkers: right answers pass however they are written, and gradients are looked at."""

import pytest
import torch

from tinyaudio.exercises.gradients import flaw_of_gradient, gradients
from tinyaudio.exercises.vqvae import check_ema, check_nearest, check_quantize, check_two_terms
from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.objectives.codebook import ema_update
from tinyaudio.objectives.quantized import codebook_loss, commitment_loss


def quantizer(codebook):
    made = VectorQuantizer(*codebook.shape)
    made.codebook.copy_(codebook)
    return made


def test_nearest_passes_however_it_is_written():
    def by_loops(z, codebook):
        rows = [[sum((a - b) ** 2 for a, b in zip(v, e, strict=True)) for e in codebook] for v in z]
        return [row.index(min(row)) for row in rows]

    assert check_nearest(by_loops)
    assert check_nearest(lambda z, e: (2 * z @ e.T - e.square().sum(1)).argmax(1))
    assert check_nearest(lambda z, e: quantizer(e).nearest(z.T[None])[0])


def test_the_package_s_quantizer_has_the_gradient_that_is_asked_for():
    assert check_quantize(lambda z, e: quantizer(e.detach())(z.T[None]).latents[0].T)


def test_quantize_passes_as_a_function_of_autograd_s_own():
    class Straight(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, codebook):
            return codebook[torch.cdist(z, codebook).argmin(1)]

        @staticmethod
        def backward(ctx, g):
            return g, None

    assert check_quantize(Straight.apply)
    assert check_quantize(lambda z, e: z + (e[torch.cdist(z, e).argmin(1)] - z).detach())


def test_the_package_s_two_losses_are_the_two_terms():
    def by_package(z, e, beta):
        return codebook_loss(z[None], e[None]) + beta * commitment_loss(z[None], e[None])

    assert check_two_terms(by_package)


def test_the_package_s_update_is_the_one_that_is_asked_for():
    def by_package(N, m, z, codes, gamma):
        made = quantizer(m / N[:, None])
        made.counts.copy_(N)
        made.sums.copy_(m)
        ema_update(made, z.T[None], codes[None], gamma)
        return made.codebook

    def one_by_one(N, m, z, codes, gamma):
        counts, sums = (gamma * N).tolist(), [gamma * row for row in m]
        for vector, k in zip(z, codes.tolist(), strict=True):
            counts[k] += 1 - gamma
            sums[k] = sums[k] + (1 - gamma) * vector
        return torch.stack([s / n for s, n in zip(sums, counts, strict=True)])

    assert check_ema(by_package) and check_ema(one_by_one)


def test_a_gradient_that_no_planted_mistake_has_is_wrong_all_the_same():
    def doubled(z, codebook):
        return codebook[torch.cdist(z, codebook).argmin(1)].detach() + 2 * (z - z.detach())

    result = check_quantize(doubled)
    assert not result and "gradients are not" in result.message


def test_a_result_without_gradients_is_told_so():
    with pytest.raises(TypeError, match="no tensor"):
        gradients(lambda x: x.tolist(), [torch.ones(2)])
    found = gradients(lambda x: torch.ones(2), [torch.ones(2)])
    assert torch.equal(found[0], torch.zeros(2))


def test_right_gradients_are_no_mistake_even_if_a_planted_one_is_alike():
    assert flaw_of_gradient(lambda x: 2 * x, lambda x: x + x, [], [torch.ones(2)]) is None
