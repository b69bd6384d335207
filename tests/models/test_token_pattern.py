"""Codes of several stages as one sequence, and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tinyaudio.errors import UserError
from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.models.token_pattern import flatten_codes, unflatten_codes


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_there_and_back(Q, N, K, seed):
    codes = torch.randint(K, (2, Q, N), generator=torch.Generator().manual_seed(seed))
    tokens = flatten_codes(codes, K)
    assert tokens.shape == (2, Q * N)
    assert torch.equal(unflatten_codes(tokens, Q, K), codes)
    assert torch.equal(tokens // K, torch.arange(Q).repeat(N).expand(2, -1))  # its stage


def test_a_frame_that_is_not_complete_is_left_out():
    assert unflatten_codes(torch.zeros(1, 8, dtype=torch.long), 3, 4).shape == (1, 3, 2)


def test_a_prediction_depends_on_the_tokens_before_it_alone():
    """A second stage's code is predicted from the first stage's of the same frame, and not the reverse."""
    torch.manual_seed(0)
    net = CausalNet(CausalNetConfig(n_levels=8, channels=8, layers=3))
    torch.nn.init.normal_(net.logits.weight)
    codes = torch.tensor([[[1, 2, 3], [0, 1, 2]]])
    for stage in (0, 1):
        changed = codes.clone()
        changed[0, stage, 1] += 1
        a, b = (net(flatten_codes(c, 4)) for c in (codes, changed))
        first = (a - b).abs().amax((0, 1)).gt(1e-6).nonzero()[0].item()
        assert first == 2 * 1 + stage + 1  # the token after the changed one


def test_codes_out_of_range_are_refused():
    with pytest.raises(UserError, match="do not fit 4 levels"):
        flatten_codes(torch.tensor([[[4]]]), 4)
    with pytest.raises(UserError, match="do not fit 8 levels"):
        unflatten_codes(torch.tensor([[8]]), 2, 4)
