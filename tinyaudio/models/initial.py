"""Initial weights that shorten training.

With PyTorch's defaults, codes of nearly the same amplitude have unrelated embeddings, and a signal is
fourteen times smaller at a WaveNet's last layer than at its input: training must first undo both.

Implements: `init_ordinal_embedding` for a table of codes, `unit_variance` for the linear layers after it,
            `init_uniform_output` for the last layer.
See:        chapter 5, "WaveNet".
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


@torch.no_grad()
def init_ordinal_embedding(weight: Float[Tensor, "levels R"]) -> None:
    r"""Initialise an embedding so that codes of nearly the same amplitude have nearly the same vector.

        E_{c r} = \sqrt{2} \cos(\omega_r u_c + \varphi_r)

    with u_c in [-1, 1], the code's companded amplitude, and frequencies omega from 0.5 to 32.

    Args:
        weight: Changed in place; its mean square becomes about one.
    """
    n, R = weight.shape
    u = (torch.arange(n) + 0.5) * 2 / n - 1
    slow, fast = 0.5, 32.0  # radians a unit of u: nearly linear, and a period of 25 of 256 codes
    omega = slow * (fast / slow) ** torch.rand(R)
    phi = 2 * math.pi * torch.rand(R)
    weight.copy_(math.sqrt(2) * torch.cos(u[:, None] * omega + phi))


def unit_variance(linear: nn.Linear, gain: float = 1.0) -> None:
    """Initialise a layer so that its output has the variance of its input, times gain squared.

    PyTorch's default keeps a third of the variance, and over three layers a twenty-seventh.

    Args:
        linear: Changed in place; its bias becomes zero.
        gain: Compensates what the activation before it takes.
    """
    nn.init.normal_(linear.weight, std=gain / math.sqrt(linear.in_features))
    nn.init.zeros_(linear.bias)


@torch.no_grad()
def init_uniform_output(last: nn.Linear, n_mixtures: int = 0) -> None:
    """Make an untrained network the uniform predictor: exactly log2(n_levels) bits a sample.

    Args:
        last: The output layer; its weights become zero.
        n_mixtures: Components of a mixture, 0 for a softmax.  Equal components would have equal
            gradients and stay equal, so their means are spread evenly over [-1, 1].

    Example:
        >>> last = nn.Linear(8, 6)
        >>> init_uniform_output(last, n_mixtures=2)
        >>> last(torch.randn(8)).detach()  # weights, means, log scales
        tensor([ 0.0000,  0.0000, -0.5000,  0.5000, -0.6931, -0.6931])
    """
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    if n_mixtures:
        _, means, log_scales = last.bias.chunk(3)
        means.copy_((torch.arange(n_mixtures) + 0.5) * 2 / n_mixtures - 1)
        log_scales.fill_(-math.log(n_mixtures))
