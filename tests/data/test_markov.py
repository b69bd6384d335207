"""A source of known entropy: closed forms, and long sequences that agree with them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyaudio.data.markov import MarkovSource
from tinyaudio.errors import DataError


@st.composite
def sources(draw):
    K = draw(st.integers(2, 8))
    g = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    P = torch.rand(K, K, generator=g).double() ** 2 + 1e-3
    return MarkovSource(P / P.sum(1, keepdim=True))


@given(sources())
@settings(max_examples=25, deadline=None)
def test_the_long_run_stays_as_it_is(source):
    pi = source.stationary
    assert torch.allclose(pi @ source.transition, pi, atol=1e-9)
    assert pi.sum().item() == pytest.approx(1) and pi.min() >= 0


@given(sources())
@settings(max_examples=25, deadline=None)
def test_memory_never_costs_bits(source):
    """0 <= entropy rate <= entropy of a single value <= log2 K."""
    pi = source.stationary
    alone = -float(torch.xlogy(pi, pi).sum()) / math.log(2)
    assert -1e-9 <= source.entropy_rate <= alone + 1e-9
    assert alone <= math.log2(len(pi)) + 1e-9


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5])
def test_a_binary_symmetric_source(p):
    source = MarkovSource(torch.tensor([[1 - p, p], [p, 1 - p]]))
    expected = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    assert source.entropy_rate == pytest.approx(expected)


def test_certainty_is_free_and_ignorance_costs_everything():
    assert MarkovSource(torch.eye(4).roll(1, dims=1)).entropy_rate == 0
    assert MarkovSource(torch.full((4, 4), 0.25)).entropy_rate == pytest.approx(2)


def test_long_sequences_follow_the_matrix():
    source = MarkovSource(torch.tensor([[0.7, 0.3, 0.0], [0.1, 0.8, 0.1], [0.0, 0.5, 0.5]]))
    codes = source.draw(60_000, seed=0)
    counts = torch.zeros(3, 3).index_put(
        (codes[:-1], codes[1:]), torch.tensor(1.0), accumulate=True
    )
    # Standard error of a share at 60,000 draws is below 0.004.
    assert torch.allclose(
        counts / counts.sum(1, keepdim=True), source.transition.float(), atol=0.02
    )
    assert counts[0, 2] == counts[2, 0] == 0
    assert source.bits(codes) == pytest.approx(source.entropy_rate, abs=0.02)


def test_the_seed_decides():
    source = MarkovSource(torch.full((4, 4), 0.25))
    assert torch.equal(source.draw(100, seed=3), source.draw(100, seed=3))
    assert not torch.equal(source.draw(100, seed=3), source.draw(100, seed=4))


@pytest.mark.parametrize(
    "matrix", [[[0.5, 0.4], [0.5, 0.5]], [[1.5, -0.5], [0.5, 0.5]], [[math.nan, 1], [0, 1]]]
)
def test_what_is_no_transition_matrix_is_refused(matrix):
    with pytest.raises(DataError, match="not a transition matrix"):
        MarkovSource(torch.tensor(matrix))
