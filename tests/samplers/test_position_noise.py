"""Noise of places: the same wherever one begins, other at every draw and seed, and white."""

import pytest
import torch

from tinyaudio.samplers.position_noise import CHUNK, PositionNoise


@pytest.mark.parametrize("begin", [-3 * CHUNK - 7, -1, 0, 5, CHUNK - 1, CHUNK, 2 * CHUNK + 3])
def test_a_part_is_that_of_the_whole(begin):
    whole, part = PositionNoise(3, -4 * CHUNK, 4 * CHUNK), PositionNoise(3, begin, begin + 500)
    for _ in range(3):
        here = slice(begin + 4 * CHUNK, begin + 4 * CHUNK + 500)
        assert torch.equal(whole()[:, :, here], part())


def test_draws_and_seeds_share_nothing():
    one, other = PositionNoise(0, 0, 20_000), PositionNoise(1, 0, 20_000)
    draws = torch.cat([one(), one(), other(), other()])[:, 0]
    correlation = torch.corrcoef(draws) - torch.eye(4)
    assert correlation.abs().max() < 0.03
    torch.testing.assert_close(draws.std(dim=1), torch.ones(4), atol=0.03, rtol=0)
    shifted = torch.corrcoef(torch.stack([draws[0, 1:], draws[0, :-1]]))[0, 1]
    assert abs(float(shifted)) < 0.03
