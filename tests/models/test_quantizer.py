"""The nearest code, whatever the scale or length of the latents; a straight-through gradient that is exact."""

import pytest
import torch

from tinyaudio.models import quantizer as module
from tinyaudio.models.quantizer import VectorQuantizer


def filled(n_codes, n_channels, offset=0.0, trainable=False):
    quantizer = VectorQuantizer(n_codes, n_channels, trainable)
    with torch.no_grad():
        quantizer.codebook.normal_(offset, 1, generator=torch.Generator().manual_seed(1))
    return quantizer


def latents(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_the_code_is_the_nearest_by_plain_distances(offset):
    quantizer = filled(37, 5, offset)
    z = latents(2, 5, 300) + offset
    distances = torch.cdist(z.mT.double(), quantizer.codebook.double().expand(2, 37, 5))
    assert torch.equal(quantizer(z).codes, distances.argmin(2))


def test_a_code_s_own_vector_gets_that_code_and_the_first_of_equals():
    quantizer = filled(64, 3)
    codes = torch.randint(64, (2, 50), generator=torch.Generator().manual_seed(2))
    assert torch.equal(quantizer.nearest(quantizer.lookup(codes)), codes)
    quantizer.codebook.fill_(1.0)
    assert quantizer.nearest(latents(1, 3, 9)).unique().tolist() == [0]


def test_chunks_do_not_change_the_codes(monkeypatch):
    quantizer, z = filled(16, 4), latents(3, 4, 101)
    whole = quantizer.nearest(z)
    monkeypatch.setattr(module, "MAX_SCORES", 16 * 7)
    assert torch.equal(quantizer.nearest(z), whole)


def test_no_tensor_of_all_distances_is_made(monkeypatch):
    """Beside the latents themselves, memory does not grow with their length."""
    largest = []
    addmm = torch.addmm
    monkeypatch.setattr(
        torch,
        "addmm",
        lambda *operands: (largest.append(len(operands[1]) * 512), addmm(*operands))[1],
    )
    filled(512, 2).nearest(latents(1, 2, 50_000))
    assert max(largest) <= module.MAX_SCORES < 512 * 50_000


@pytest.mark.parametrize("learned", [False, True])
def test_straight_through_is_the_identity(learned):
    """Bit for bit: the value is the code's vector, and the gradient before is that after."""
    quantizer = filled(8, 3, trainable=learned)
    z = latents(2, 3, 20).requires_grad_()
    quantized, codes = quantizer(z)
    assert torch.equal(quantized, quantizer.lookup(codes))
    after = torch.randn(2, 3, 20)
    quantized.backward(after)
    assert torch.equal(z.grad, after)
    assert quantizer.codebook.grad is None


def test_a_lookup_lets_the_gradient_through_to_a_learned_codebook():
    quantizer = filled(4, 2, trainable=True)
    quantizer.lookup(torch.tensor([[1, 1, 3]])).sum().backward()
    assert quantizer.codebook.grad.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]
    assert not filled(4, 2).lookup(torch.tensor([[1]])).requires_grad


def test_codebook_and_average_are_in_the_state_and_gradients_move_only_a_learned_one():
    for learned in (False, True):
        quantizer = VectorQuantizer(4, 2, learned)
        assert set(quantizer.state_dict()) == {"codebook", "counts", "sums"}
        assert [name for name, _ in quantizer.named_parameters()] == ["codebook"] * learned
        torch.testing.assert_close(quantizer.sums, quantizer.codebook.detach())
        assert quantizer.counts.tolist() == [1, 1, 1, 1]


def test_half_precision_latents_are_compared_in_float32():
    quantizer = filled(16, 4)
    z = latents(1, 4, 30).bfloat16()
    quantized, codes = quantizer(z)
    assert quantized.dtype == torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(quantizer.nearest(z), quantizer.nearest(z.float()))
    assert torch.equal(codes, quantizer.nearest(z.float()))


def test_one_clip_one_frame_one_code():
    quantizer = filled(1, 3)
    quantized, codes = quantizer(latents(1, 3, 1))
    assert codes.tolist() == [[0]] and torch.equal(quantized[0, :, 0], quantizer.codebook[0])


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match=r"this codebook takes \(B, 3, N\)"):
        filled(8, 3)(latents(2, 4, 9))


def test_an_empty_codebook_is_refused():
    with pytest.raises(ValueError, match="a codebook of 0 codes"):
        VectorQuantizer(0, 3)
