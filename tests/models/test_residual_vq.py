"""Residual quantization: each stage quantizes what is left, and one gradient passes all of them."""

import math

import pytest
import torch

from tinyaudio.models.residual_vq import ResidualVectorQuantizer
from tinyaudio.objectives.residual_codebook import residual_start


def fitted(n_stages=4, n_codes=8, n_channels=3, n=400, seed=0):
    """A quantizer whose codebooks are means of residuals, and the latents that they are of."""
    latents = torch.randn(1, n_channels, n, generator=torch.Generator().manual_seed(seed))
    quantizer = ResidualVectorQuantizer(n_stages, n_codes, n_channels)
    residual_start(quantizer, latents, seed)
    return quantizer, latents


@pytest.mark.parametrize("seed", range(4))
def test_the_error_falls_at_each_stage(seed):
    quantizer, latents = fitted(seed=seed, n=100)
    errors = [(quantizer(latents, q).latents - latents).square().mean() for q in (1, 2, 3, 4)]
    assert latents.square().mean() > errors[0]
    assert all(after < before for before, after in zip(errors, errors[1:], strict=False))


def test_the_first_codes_are_the_same_however_many_stages_follow():
    quantizer, latents = fitted()
    codes = quantizer.encode(latents)
    assert codes.shape == (1, 4, 400)
    assert torch.equal(quantizer.encode(latents, 2), codes[:, :2])
    assert torch.equal(quantizer.stages[0](latents).codes, codes[:, 0])


def test_each_stage_takes_the_nearest_of_its_codes_to_the_residual():
    quantizer, latents = fitted()
    codes, residual = quantizer.encode(latents)[0], latents[0].T
    for stage, chosen in zip(quantizer.stages, codes, strict=True):
        distances = torch.cdist(residual, stage.codebook)
        torch.testing.assert_close(distances.min(1).values, distances[range(400), chosen])
        residual = residual - stage.codebook[chosen]


def test_the_value_is_the_sum_of_codes_and_the_gradient_the_identity():
    quantizer, latents = fitted()
    latents.requires_grad_()
    quantized = quantizer(latents, 3)
    assert torch.equal(quantized.latents, quantizer.decode(quantized.codes))
    upstream = torch.randn(latents.shape)
    quantized.latents.backward(upstream)
    assert torch.equal(latents.grad, upstream)


def test_one_stage_is_a_vector_quantizer():
    quantizer, latents = fitted(n_stages=1)
    one = quantizer.stages[0](latents)
    assert torch.equal(quantizer(latents).latents, one.latents)


def test_bits_are_those_of_the_codes_that_are_sent():
    quantizer = ResidualVectorQuantizer(8, 1_024, 4)
    assert quantizer.bits_per_second(75) == 6_000  # EnCodec at 24 kHz
    assert quantizer.bits_per_second(75, 2) == 1_500
    assert ResidualVectorQuantizer(3, 5, 2).bits_per_second(10) == pytest.approx(30 * math.log2(5))


def test_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="0 stages: 1 or more"):
        ResidualVectorQuantizer(0, 8, 2)
    quantizer = ResidualVectorQuantizer(2, 8, 2)
    for n_stages in (0, 3):
        with pytest.raises(ValueError, match=f"{n_stages} stages: from 1 to 2"):
            quantizer(torch.zeros(1, 2, 5), n_stages)
    with pytest.raises(ValueError, match="3 stages: from 1 to 2"):
        quantizer.decode(torch.zeros(1, 3, 5, dtype=torch.long))
    with pytest.raises(ValueError, match=r"takes \(B, 2, N\)"):
        quantizer(torch.zeros(1, 3, 5))
