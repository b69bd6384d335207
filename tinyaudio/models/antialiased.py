r"""Activations without aliasing: computed at twice the sample rate, where their new harmonics have room.

    y = decimate(f(upsample(x)))

A nonlinearity gives a sine harmonics without end.  Those above half the sample rate fold down to frequencies
that are multiples of nothing; a network that works on samples makes such a mistake in every layer.

    snake:   f(x) = x + \sin^2(\alpha x) / \alpha

Snake rises with its input, as a residual connection does, and swings about it, which helps a network to go on
with something periodic.

Paper:      Karras et al., "Alias-free generative adversarial networks", 2021 (arXiv:2106.12423), section 2, for
            the activation between two resamplings; Ziyin, Hartwig & Ueda, "Neural networks fail to learn
            periodic functions and how to fix it", 2020 (arXiv:2006.08195), for Snake; Lee et al., "BigVGAN",
            2023 (arXiv:2206.04658), section 3.2, for both in a vocoder.
Implements: `Antialiased`, around any activation; `Snake`.
Differs:    BigVGAN's filters have 12 taps; these are the longer ones of `tinyaudio.audio`.
See:        the chapter "What came after".
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.audio.decimation import decimate_sinc
from tinyaudio.audio.interpolation import upsample_sinc


class Snake(nn.Module):
    """x + sin^2(alpha x) / alpha, with an alpha for each channel that is learned.

    Args:
        channels: Of the input.
        alpha: To begin with, in radians; higher values swing faster, and less.

    Example:
        >>> Snake(2, alpha=torch.pi / 2)(torch.ones(1, 2, 3))[0, 0]
        tensor([1.6366, 1.6366, 1.6366], grad_fn=<SelectBackward0>)
    """

    def __init__(self, channels: int, alpha: float | int = 1.0) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.full((channels, 1), float(alpha)))

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """Every number by itself."""
        return x + (self.alpha * x).sin().square() / self.alpha


class Antialiased(nn.Module):
    """An activation at a multiple of the sample rate, between two filters.

    Args:
        activation: Of any kind, such as `Snake` or ``torch.nn.LeakyReLU``.
        ratio: How many times the rate; harmonics up to that many times half the rate do not fold.

    Example:
        >>> x = torch.sin(0.3 * torch.arange(400.0)).expand(1, 2, 400)
        >>> y = Antialiased(torch.nn.Identity())(x)
        >>> bool((y - x)[:, :, 100:-100].abs().max() < 0.01)
        True
    """

    def __init__(self, activation: nn.Module, ratio: int = 2) -> None:
        super().__init__()
        self.activation, self.ratio = activation, ratio

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """As long as its input, and not delayed."""
        return decimate_sinc(self.activation(upsample_sinc(x, self.ratio)), self.ratio)
