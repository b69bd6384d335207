"""Drawing sample by sample: the right distribution, and fast equals slow."""

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


def test_at_temperature_zero_the_likeliest_wins():
    assert draw(torch.tensor([[1.0, 3.0, 2.0]]), generators(1), 0.0).item() == 1


@pytest.mark.parametrize("n_samples", [1, 14, 15, 16, 60])
def test_cached_equals_naive(net, n_samples):
    """Before, at and beyond the receptive field of 15."""
    assert torch.equal(cached(net, n_samples, [3, 4]), naive(net, n_samples, [3, 4]))


@pytest.mark.parametrize("n_given", [0, 1, 7, 40])
def test_a_prompt_is_gone_on_from(net, n_given):
    """As if the model had said the prompt itself, both ways."""
    whole = torch.randint(16, (2, n_given), generator=generators(1)[0])
    slow, fast = (generate(net, 20, [3, 4], prompt=whole) for generate in (naive, cached))
    assert torch.equal(slow, fast) and slow.shape == (2, 20)
    likeliest = cached(net, 60, [0], temperature=0.0)
    rest = cached(net, 60 - n_given or 1, [0], 0.0, prompt=likeliest[:, :n_given])
    assert torch.equal(rest, likeliest[:, n_given : n_given + rest.shape[1]])


def test_every_row_has_its_temperature(net):
    heat = [0.0, 0.5, 2.0]
    together = cached(net, 40, [5, 5, 5], heat)
    for row, temperature in zip(together, heat, strict=True):
        assert torch.equal(row, cached(net, 40, [5], temperature)[0])
    assert torch.equal(together, naive(net, 40, [5, 5, 5], heat))


def test_a_seed_s_clip_does_not_depend_on_its_neighbours(net):
    together = cached(net, 50, seeds=[5, 6, 7])
    for i, seed in enumerate([5, 6, 7]):
        assert torch.equal(together[i], cached(net, 50, seeds=[seed])[0])
    assert not torch.equal(together[0], together[1])


def test_leaves_the_number_of_threads_as_it_was(net):
    torch.set_num_threads(2)
    for _ in stream(net, 8, chunk=4):
        assert torch.get_num_threads() == 2  # also between two pieces
    net.logits.weight.data.fill_(1e38)
    net.head[1].bias.data.fill_(1e38)
    with pytest.raises(UserError, match="not finite"):
        cached(net, 3)
    assert torch.get_num_threads() == 2


def test_follows_new_weights(net):
    """Nothing computed from old weights may be left over."""
    before = cached(net, 50)
    other = CausalNet(SMALL)
    torch.nn.init.normal_(other.logits.weight, std=2)
    net.load_state_dict(other.state_dict())
    after = cached(net, 50)
    assert not torch.equal(before, after)
    assert torch.equal(after, naive(other, 50))


@pytest.mark.parametrize("chunk", [1, 7, 50, 1000])
def test_a_stream_is_cached_piece_by_piece(net, chunk):
    heat, prompt = [1.0, 0.5], torch.randint(16, (2, 9), generator=generators(1)[0])
    pieces = list(stream(net, 50, [3, 4], heat, prompt, chunk))
    assert {piece.shape[1] for piece in pieces[:-1]} <= {chunk}
    assert torch.equal(torch.cat(pieces, 1), cached(net, 50, [3, 4], heat, prompt))


def test_a_stream_may_be_left_at_any_time(net):
    endless = stream(net, 10**15, seeds=[3], chunk=8)
    first = torch.cat([next(endless), next(endless)], 1)
    assert torch.equal(first, cached(net, 16, seeds=[3]))


@pytest.mark.gpu
def test_the_gpu_draws_the_same(net):
    expected = cached(net, 50, seeds=[1, 2])
    assert torch.equal(cached(net.cuda(), 50, seeds=[1, 2]).cpu(), expected)
