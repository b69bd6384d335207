"""Each term of the loss reaches what it should and nothing else; perplexity and rate; the loss as a whole."""

import math

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.errors import DataError
from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.objectives.quantized import (
    code_counts,
    codebook_loss,
    commitment_loss,
    perplexity,
    vq_loss,
)
from tinyaudio.resume import load_state, save_state
from tinyaudio.train import Learner, State, train


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_codebook_term_reaches_only_the_codes_and_commitment_only_the_latents():
    z = torch.randn(2, 3, 7, generator=draws()).requires_grad_()
    e = torch.randn(2, 3, 7, generator=draws(1)).requires_grad_()
    codebook_loss(z, e).backward()
    assert z.grad is None
    torch.testing.assert_close(e.grad, 2 * (e - z).detach() / z.numel())
    e.grad = None
    commitment_loss(z, e).backward()
    assert e.grad is None
    torch.testing.assert_close(z.grad, 2 * (z - e).detach() / z.numel())


@pytest.mark.parametrize("n_codes", [2, 64, 512])
def test_perplexity_is_the_number_of_codes_in_equal_use(n_codes):
    codes = torch.arange(n_codes).repeat(5)[None]
    assert perplexity(code_counts(codes, n_codes)).item() == pytest.approx(n_codes, rel=1e-5)
    assert perplexity(code_counts(torch.full((2, 9), n_codes - 1), n_codes)).item() == 1
    half = code_counts(codes // 2 * 2, n_codes)
    assert perplexity(half).item() == pytest.approx(n_codes / 2, rel=1e-5)


def test_the_entropy_is_at_most_the_rate_of_codes_that_cost_log2_k():
    """K codes at f Hz cost f log2 K bits a second; a code of variable length could do with f H."""
    rate_hz, n_codes = 250, 512
    uniform = rate_hz * math.log2(n_codes)
    assert uniform == 2_250
    for weights in (torch.ones(512), torch.arange(1.0, 513), torch.eye(512)[3]):
        codes = torch.multinomial(weights, 100_000, replacement=True, generator=draws())
        measured = rate_hz * perplexity(code_counts(codes[None], n_codes)).log2().item()
        p = weights / weights.sum()
        entropy = rate_hz * torch.special.entr(p).sum().item() / math.log(2)
        assert measured <= uniform + 1e-3
        assert measured == pytest.approx(entropy, abs=0.005 * uniform)


class Toy(nn.Module):
    """Latents by a linear encoder, a quantizer, and a linear decoder."""

    def __init__(self, n_codes=16, learned=False):
        super().__init__()
        self.encoder = nn.Conv1d(4, 3, 1)
        self.quantizer = VectorQuantizer(n_codes, 3, learned)
        self.decoder = nn.Conv1d(3, 4, 1)

    def forward(self, x):
        latents = self.encoder(x)
        quantized, codes = self.quantizer(latents)
        return self.decoder(quantized), latents, codes


def loss_of(net, **options):
    def error(output, batch):
        return (output - batch["x"]).square().mean()

    return vq_loss(lambda batch: net(batch["x"]), net.quantizer, error, **options)


def batches(first=0):
    step = first
    while True:
        yield {"x": torch.randn(4, 4, 32, generator=draws(step))}
        step += 1


def state_of(learned):
    torch.manual_seed(0)
    net = Toy(learned=learned)
    adam = torch.optim.Adam(net.parameters(), 1e-2)
    return State([Learner("net", net, loss_of(net), adam)])


@pytest.mark.parametrize("learned", [False, True])
def test_both_ways_of_training_learn(learned):
    state, logs = state_of(learned), []
    for _ in train(state, batches(), 300):
        logs.append(state.logs)
    assert logs[-1]["net/reconstruction"] < 0.5 * logs[0]["net/reconstruction"]
    assert logs[-1]["net/perplexity"] > 0.7 * 16


@pytest.mark.parametrize("learned", [False, True])
def test_the_terms_are_added_as_equation_3_says(learned):
    net = Toy(learned=learned)
    total, logs = loss_of(net, commitment=0.5, start=None)(next(batches()), 0)
    expected = logs["reconstruction"] + 0.5 * logs["commitment"] + learned * logs["codebook"]
    torch.testing.assert_close(total, expected)
    total.backward()
    assert (net.quantizer.codebook.grad is not None) == learned


def test_the_encoder_s_gradient_is_the_decoder_s_and_the_commitment_s():
    """Straight through the argmin: as if the decoder had got the latents plus a constant."""
    net, batch = Toy(), next(batches())
    latents = net.encoder(batch["x"])
    offset = (net.quantizer(latents).latents - latents).detach()
    error = (net.decoder(latents + offset) - batch["x"]).square().mean()
    commitment = (latents - (latents + offset).detach()).square().mean()
    (expected,) = torch.autograd.grad(error + 0.25 * commitment, net.encoder.weight)
    total, _ = loss_of(net, start=None)(batch, 0)
    (found,) = torch.autograd.grad(total, net.encoder.weight)
    torch.testing.assert_close(found, expected)


def test_in_evaluation_nothing_moves():
    net = Toy().eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    _, logs = loss_of(net)(next(batches()), 0)
    assert "dead" not in logs and logs["perplexity"] >= 1
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("learned", [False, True])
def test_resume_is_bitwise(learned, tmp_path):
    whole = state_of(learned)
    for _ in train(whole, batches(), 12):
        if whole.step == 7:
            save_state(whole, tmp_path / "state.safetensors")
    resumed = state_of(learned)
    load_state(resumed, tmp_path / "state.safetensors")
    for _ in train(resumed, batches(7), 12):
        pass
    expected = whole.learners[0].module.state_dict()
    for name, value in resumed.learners[0].module.state_dict().items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("learned", [False, True])
def test_the_loss_leaves_nothing_on_the_cpu(learned):
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):
            net = Toy(learned=learned)
        batch = {"x": mode.from_tensor(torch.zeros(4, 4, 32)).to("cuda")}
        total, logs = loss_of(net)(batch, 0)
    assert total.device.type == "cuda"
    assert all(value.device.type == "cuda" and value.shape == () for value in logs.values())


def test_a_codebook_larger_than_the_first_batch_s_latents_is_refused():
    net = Toy(n_codes=129)
    with pytest.raises(DataError, match="129 codes needs as many latents, and there are 128"):
        loss_of(net)(next(batches()), 0)
    loss_of(net, start=None)(next(batches()), 0)


def test_one_clip_of_one_latent():
    net = Toy(n_codes=1)
    total, logs = loss_of(net)({"x": torch.zeros(1, 4, 1)}, 0)
    assert total.isfinite() and logs["perplexity"] == 1
