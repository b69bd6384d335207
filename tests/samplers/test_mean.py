"""The mean of several draws: of those that the seeds decide, piece by piece, and quieter where they differ."""

from dataclasses import replace

import pytest
import torch

from tests.samplers.told import KINDS, told
from tinyaudio.errors import UserError
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.represent import mulaw
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.mean import mean_of_draws, seeds_of, stream_draws
from tinyaudio.samplers.native import native

SMALL = WaveNetConfig(stacks=2, layers=3, residual_channels=8, gate_channels=6, skip_channels=12)
T = 90


def two(kinds="all, pitch and draft"):
    """A network, and what it is told of two clips."""
    both = told(replace(SMALL, condition=KINDS[kinds]), n_frames=14)
    return both.model, both.condition


def of_clip(condition, i):
    parts = vars(condition).items()
    return replace(condition, **{k: v[i : i + 1] for k, v in parts if v is not None})


@pytest.mark.parametrize("kinds", ["class and pitch", "all, pitch and draft"])
def test_a_mean_is_of_draws_that_nothing_else_decides(kinds):
    net, known = two(kinds)
    three = mean_of_draws(net, known, T, [5, 6], 1.0, n_draws=3)
    assert three.shape == (2, T)
    for i, seed in enumerate((5, 6)):
        one = Conditioned(net, of_clip(known, i))
        draws = mulaw.decode(native(one, T, seeds_of(seed, 3), 1.0), 256)
        assert not torch.equal(draws[0], draws[1])
        assert torch.equal(draws[0], mulaw.decode(native(one, T, [seed], 1.0), 256)[0])
        torch.testing.assert_close(three[i], draws.mean(0))
    # What is told of one clip serves all seeds.
    again = mean_of_draws(net, of_clip(known, 1), T, [6, 6], 1.0, 3)
    assert torch.equal(again[0], again[1]) and torch.equal(again[0], three[1])


def test_pieces_are_the_whole():
    net, known = two()
    long = 8 * 14
    pieces = list(stream_draws(net, known, long, [5, 6], 0.7, 4))
    assert torch.cat(pieces, dim=2).shape == (2, 4, long)
    whole = mean_of_draws(net, known, long, [5, 6], 0.7, 4)
    assert torch.equal(torch.cat(pieces, dim=2).mean(1), whole)


def test_what_draws_do_not_share_sinks_with_their_number():
    """A network that is told nothing it heeds draws white noise: n draws have an nth of its power."""
    net, known = two("pitch")
    one = of_clip(known, 0)
    with torch.no_grad():
        for part in (net.logits.weight, net.logits.bias):
            part.zero_()
    power = [mean_of_draws(net, one, 112, range(40), 1.0, n).var() for n in (1, 8)]
    assert power[1] / power[0] == pytest.approx(
        1 / 8, rel=0.15
    )  # three deviations of 4,480 samples


def test_seeds_of_neighbours_are_not_shared():
    many = [s for seed in range(50) for s in seeds_of(seed, 8)]
    assert len(set(many)) == len(many)
    assert [seeds_of(seed, 1) for seed in (0, 7)] == [[0], [7]]


@pytest.mark.parametrize("n", [0, -3])
def test_not_one_draw_is_told(n):
    with pytest.raises(UserError, match=f"{n} draws: at least one"):
        stream_draws(*two(), 10, [0], 1.0, n)
