"""The best path is the best of all paths."""

from itertools import pairwise, product

import pytest
import torch

from tinyaudio.represent.viterbi import best_path


@pytest.mark.parametrize("seed", range(5))
def test_no_other_path_is_better(seed):
    """All 3 ^ 5 of them; the costs are not the same there and back."""
    draws = torch.Generator().manual_seed(seed)
    worth, costs = torch.rand(5, 3, generator=draws), torch.rand(3, 3, generator=draws)

    def total(path):
        return sum(worth[n, k] for n, k in enumerate(path)) - sum(
            costs[j, k] for j, k in pairwise(path)
        )

    best = max(product(range(3), repeat=5), key=total)
    assert best_path(worth, costs).tolist() == list(best)


def test_one_moment_is_its_best_choice():
    assert best_path(torch.tensor([[0.1, 0.3, 0.2]]), torch.ones(3, 3)).tolist() == [1]


def test_free_steps_take_the_best_of_every_moment():
    worth = torch.rand(20, 7, generator=torch.manual_seed(0))
    assert torch.equal(best_path(worth, torch.zeros(7, 7)), worth.argmax(1))
