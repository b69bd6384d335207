r"""The best path through a sequence of choices, when what a choice is worth depends on the one before.

    s_n(k) = v_n(k) + \max_j (s_{n-1}(j) - c(j, k))

Paper:      Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding
            algorithm", 1967.
Implements: `best_path`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def best_path(worth: Float[Tensor, "N K"], costs: Float[Tensor, "K K"]) -> Int[Tensor, " N"]:
    """Choose one of K at each of N moments, so that the worth of all less the cost of all steps is highest.

    Args:
        worth: Of each choice at each moment, at least one.
        costs: Of a step from the first choice to the second.

    Example:
        >>> worth = torch.tensor([[0.0, 1.0], [0.5, 0.0], [0.0, 1.0]])
        >>> best_path(worth, costs=torch.zeros(2, 2))
        tensor([1, 0, 1])
        >>> best_path(worth, costs=1.0 - torch.eye(2))  # two steps would cost 2 and win 0.5
        tensor([1, 1, 1])
    """
    score, came_from = worth[0], []
    for now in worth[1:]:
        best, where = (score[:, None] - costs).max(dim=0)
        score = best + now
        came_from.append(where)
    path = [score.argmax()]
    for where in reversed(came_from):
        path.append(where[path[-1]])
    return torch.stack(path[::-1])
