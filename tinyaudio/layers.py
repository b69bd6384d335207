"""Causal convolution, the layer of `tinyaudio.models.causal`.

It has a file of its own because the book's readers build networks of it.

See: chapter 2, "One sample at a time", for why a convolution must look only backwards.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class CausalConv1d(nn.Conv1d):
    r"""A convolution over the present and the past, never the future.

    y[t] = b + \sum_{i=0}^{k-1} W_i\, x[t - (k-1-i)\, d]        (k taps, d samples apart)

    Causality comes from padding on the left alone: ``(k - 1) d`` zeros stand before the first
    sample, so the output is as long as the input.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Number of taps k.
        dilation: Distance d between taps, in samples.
        bias: Whether b is learned; without it, b = 0.

    Example:
        >>> conv = CausalConv1d(1, 1, kernel_size=2, dilation=4)
        >>> conv.history
        4
        >>> conv(torch.zeros(1, 1, 10)).shape
        torch.Size([1, 1, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, dilation=dilation, bias=bias)

    @property
    def history(self) -> int:
        """How many past samples a tap can reach, (k - 1) d."""
        return (self.kernel_size[0] - 1) * self.dilation[0]

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        """Filter a whole signal at once.

        Args:
            x: The signal; everything before its first sample counts as zero.

        Returns:
            The filtered signal, as long as the input.
        """
        return super().forward(F.pad(x, (self.history, 0)))

    def init_cache(self, batch_size: int) -> Float[Tensor, "B C history"]:
        """The ring buffer of past inputs before the first sample: zeros."""
        return self.weight.new_zeros(batch_size, self.in_channels, self.history)

    def step(
        self, x: Float[Tensor, "B C"], cache: Float[Tensor, "B C history"], t: int
    ) -> Float[Tensor, "B D"]:
        """Filter one more sample; equal to column ``t`` of `forward`.

        The cache is a ring buffer: sample t is in slot ``t % history``, so that nothing is ever moved
        and a step costs the same at any dilation.

        Args:
            x: The newest sample of every channel.
            cache: The last `history` samples, from `init_cache`; changed in place.
            t: How many samples came before this one.

        Returns:
            The filtered sample.
        """
        k, d = self.kernel_size[0], self.dilation[0]
        # Slots are modulo the history; t - (k-1) d is the slot that x is about to overwrite.
        taps = [cache[:, :, (t - i * d) % self.history] for i in range(k - 1, 0, -1)]
        columns = torch.cat([*taps, x], dim=1)  # (B, k C), oldest tap first, as in the weight below
        weight = self.weight.permute(0, 2, 1).reshape(self.out_channels, -1)
        y = F.linear(columns, weight, self.bias)
        if self.history:
            cache[:, :, t % self.history] = x
        return y
