"""Initial weights from which little training goes a long way.

With PyTorch's own, codes that stand for nearly the same amplitude begin as strangers, and what reaches
a WaveNet's last layer is fourteen times smaller than what came in: training must first undo both.

Implements: `init_ordinal_embedding` for a table of codes, `unit_variance` for everything behind it, `init_uniform_output` for
            what comes last.
See:        chapter 5, "WaveNet".
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


@torch.no_grad()
def init_ordinal_embedding(weight: Float[Tensor, "levels R"]) -> None:
    r"""Draw a table in which codes of nearly the same amplitude begin alike, not as strangers.

        E_{c r} = \sqrt{2} \cos(\omega_r u_c + \varphi_r)

    with the code's place u_c in [-1, 1] (its amplitude, companded) and frequencies from slow to fast.

    Args:
        weight: Changed in place; its mean square becomes about one.
    """
    n, R = weight.shape
    u = (torch.arange(n) + 0.5) * 2 / n - 1
    slow, fast = 0.5, 32.0  # radians a unit of u: nearly a line, and a wave every 25 of 256 codes
    omega = slow * (fast / slow) ** torch.rand(R)
    phi = 2 * math.pi * torch.rand(R)
    weight.copy_(math.sqrt(2) * torch.cos(u[:, None] * omega + phi))


def unit_variance(linear: nn.Linear, gain: float = 1.0) -> None:
    """Draw weights anew, so that what comes out has the variance of what enters, times gain squared.

    PyTorch's own leave a third of it, and through three layers a twenty-seventh.

    Args:
        linear: Changed in place; its bias becomes zero.
        gain: What makes up for what was lost on the way in.
    """
    nn.init.normal_(linear.weight, std=gain / math.sqrt(linear.in_features))
    nn.init.zeros_(linear.bias)


@torch.no_grad()
def init_uniform_output(last: nn.Linear, n_mixtures: int = 0) -> None:
    """Let a network that has learned nothing yet know that it knows nothing.

    For a softmax that is log2(n_levels) bits a sample, exactly.

    Args:
        last: Gives the outputs; its weights become zero.
        n_mixtures: Bells of a mixture, 0 for a softmax.  Those that start alike would stay alike:
            they are spread evenly over the amplitudes.

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
