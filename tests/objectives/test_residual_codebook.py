"""Codebooks of residuals: each stage moves towards what reaches it, and towards nothing else."""

import torch

from tinyaudio.models.residual_vq import ResidualVectorQuantizer
from tinyaudio.objectives.residual_codebook import (
    random_stages,
    residual_commitment,
    residual_start,
    residual_update,
    residuals,
)


def latents(n=600, n_channels=3, seed=0):
    return torch.randn(1, n_channels, n, generator=torch.Generator().manual_seed(seed))


def test_residuals_sum_with_the_codes_to_the_latents():
    z = latents()
    quantizer = ResidualVectorQuantizer(3, 8, 3)
    residual_start(quantizer, z)
    codes = quantizer.encode(z)
    for q, (_, residual, chosen) in enumerate(residuals(quantizer, z, codes)):
        before = quantizer.decode(codes[:, :q]) if q else torch.zeros_like(z)
        torch.testing.assert_close(before + residual, z)
        assert torch.equal(chosen, codes[:, q])


def test_updates_lower_the_error_of_every_number_of_stages():
    z = latents()
    quantizer = ResidualVectorQuantizer(3, 8, 3)  # codes near 0, not placed by k-means

    def errors():
        return [(quantizer(z, q).latents - z).square().mean().item() for q in (1, 2, 3)]

    before = errors()
    for _ in range(60):
        residual_update(quantizer, z, quantizer.encode(z), decay=0.8)
    after = errors()
    assert all(b < 0.9 * a for a, b in zip(before, after, strict=True))
    assert after == sorted(after, reverse=True)


def test_stages_that_were_dropped_do_not_move():
    z = latents()
    quantizer = ResidualVectorQuantizer(3, 8, 3)
    residual_start(quantizer, z)
    old = [stage.codebook.clone() for stage in quantizer.stages]
    residual_update(quantizer, z + 1, quantizer.encode(z + 1, 1))
    moved = [
        not torch.equal(a, stage.codebook) for a, stage in zip(old, quantizer.stages, strict=True)
    ]
    assert moved == [True, False, False]


def test_a_trained_codebook_can_be_the_first_stage():
    z = latents()
    quantizer = ResidualVectorQuantizer(3, 8, 3)
    first = quantizer.stages[0].codebook.clone()
    residual_start(quantizer, z, first=1)
    assert torch.equal(quantizer.stages[0].codebook, first)
    assert (quantizer(z).latents - z).square().mean() < 0.5 * z.square().mean()


def test_commitment_is_the_error_after_every_stage_and_pulls_the_latents_alone():
    z = latents().requires_grad_()
    quantizer = ResidualVectorQuantizer(2, 8, 3, trainable=True)
    residual_start(quantizer, z.detach())
    codes = quantizer.encode(z)
    loss = residual_commitment(quantizer, z, codes)
    errors = [(quantizer.decode(codes[:, :q]) - z).square().mean() for q in (1, 2)]
    torch.testing.assert_close(loss, sum(errors))
    loss.backward()
    assert z.grad.abs().max() > 0
    assert all(stage.codebook.grad is None for stage in quantizer.stages)


def test_quantizer_dropout_draws_every_number_of_stages_alike():
    generator = torch.Generator().manual_seed(0)
    drawn = torch.tensor([random_stages(4, generator) for _ in range(4_000)]).bincount()
    assert len(drawn) == 5 and drawn[0] == 0
    assert ((drawn[1:] / 4_000 - 0.25).abs() < 0.03).all()
