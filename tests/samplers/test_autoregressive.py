"""Ancestral sampling: the right distribution, and cached equals naive."""

import pytest
import torch
from scipy import stats

from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.samplers.autoregressive import cached, draw, naive, stream

SMALL = CausalNetConfig(n_levels=16, channels=8, stacks=2, layers=3)


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = CausalNet(SMALL)
    torch.nn.init.normal_(net.logits.weight, std=2)
    return net.eval()


def generators(n):
    return [torch.Generator().manual_seed(i) for i in range(n)]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax(temperature):
    logits = torch.tensor([0.0, 1.0, -1.0, 2.0])
    n = 4000
    counts = draw(logits.expand(n, 4), generators(n), temperature).bincount(minlength=4)
    expected = n * torch.softmax(logits / temperature, 0)
    # seeds 0..n-1 are fixed, so this either always passes or never does
    assert (
        stats.chisquare(
            counts.numpy(), expected.double().numpy() * (n / expected.double().sum().item())
        ).pvalue
        > 0.01
    )


def test_temperature_zero_is_the_argmax():
    assert draw(torch.tensor([[1.0, 3.0, 2.0]]), generators(1), 0.0).item() == 1


@pytest.mark.parametrize("n_samples", [1, 40])
def test_cached_equals_naive(net, n_samples):
    """Before, at and beyond the receptive field of 15: a longer clip begins as a shorter one."""
    assert torch.equal(cached(net, n_samples, [3, 4]), naive(net, n_samples, [3, 4]))


def test_naive_scores_all_that_a_network_sees(net, monkeypatch):
    """Its outputs are those of the whole recording at once, the oldest sample seen among them."""
    outputs = []

    def step(model, logits, *others, t):
        outputs.append(logits)
        return draw(logits, *others)

    monkeypatch.setattr("tinyaudio.samplers.autoregressive.sample_step", step)
    codes = naive(net, 40, [3])
    with torch.inference_mode():
        expected = net(codes)[0].T
    torch.testing.assert_close(torch.cat(outputs), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("n_prompt", [0, 1, 7, 40])
def test_a_prompt_is_continued(net, n_prompt):
    """As if the model had generated the prompt itself, by both samplers."""
    prompt = torch.randint(16, (2, n_prompt), generator=generators(1)[0])
    slow, fast = (generate(net, 20, [3, 4], prompt=prompt) for generate in (naive, cached))
    assert torch.equal(slow, fast) and slow.shape == (2, 20)
    likeliest = cached(net, 48, [0], temperature=0.0)
    rest = cached(net, 48 - n_prompt, [0], 0.0, prompt=likeliest[:, :n_prompt])
    assert torch.equal(rest, likeliest[:, n_prompt : n_prompt + rest.shape[1]])


def test_every_row_has_its_temperature(net):
    temperatures = [0.0, 0.5, 2.0]
    batch = cached(net, 24, [5, 5, 5], temperatures)
    for row, temperature in zip(batch, temperatures, strict=True):
        assert torch.equal(row, cached(net, 24, [5], temperature)[0])
    assert torch.equal(batch, naive(net, 24, [5, 5, 5], temperatures))


def test_a_clip_does_not_depend_on_the_rest_of_the_batch(net):
    batch = cached(net, 24, seeds=[5, 6, 7])
    for i, seed in enumerate([5, 6, 7]):
        assert torch.equal(batch[i], cached(net, 24, seeds=[seed])[0])
    assert not torch.equal(batch[0], batch[1])


def test_leaves_the_number_of_threads_as_it_was(net):
    torch.set_num_threads(2)
    for _ in stream(net, 8, chunk=4):
        assert torch.get_num_threads() == 2  # also between two chunks
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="not finite"):
        cached(net, 3)
    assert torch.get_num_threads() == 2


def test_follows_new_weights(net):
    """Nothing computed from old weights may be reused."""
    before = cached(net, 24)
    other = CausalNet(SMALL)
    torch.nn.init.normal_(other.logits.weight, std=2)
    net.load_state_dict(other.state_dict())
    after = cached(net, 24)
    assert not torch.equal(before, after)
    assert torch.equal(after, naive(other, 24))


def test_a_stream_is_cached_in_chunks(net):
    """Chunks that divide the clip and that do not, one that is all of it and one that is longer."""
    temperatures, prompt = [1.0, 0.5], torch.randint(16, (2, 9), generator=generators(1)[0])
    whole = cached(net, 30, [3, 4], temperatures, prompt)
    for chunk in (1, 7, 30, 1000):
        chunks = list(stream(net, 30, [3, 4], temperatures, prompt, chunk))
        assert {codes.shape[1] for codes in chunks[:-1]} <= {chunk}
        assert torch.equal(torch.cat(chunks, 1), whole)


def test_a_stream_may_be_abandoned(net):
    endless = stream(net, 10**15, seeds=[3], chunk=8)
    first = torch.cat([next(endless), next(endless)], 1)
    assert torch.equal(first, cached(net, 16, seeds=[3]))


@pytest.mark.gpu
def test_the_gpu_draws_the_same(net):
    expected = cached(net, 50, seeds=[1, 2])
    assert torch.equal(cached(net.cuda(), 50, seeds=[1, 2]).cpu(), expected)
