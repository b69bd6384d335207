r"""One layer of a WaveNet: look back, open or close the gate, pass on.

    z = \tanh(W_f * x + V_f y) \odot \sigma(W_g * x + V_g y),   x' = x + R z     [WaveNet, eqs. 2, 3]

The sigmoid says how much of what the tanh has to say is let through.  z goes to the output, x' to
the next layer.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, sections 2.3, 2.4.
Implements: `GatedLayer`.
See:        chapter 4, "WaveNet".
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class GatedLayer(nn.Module):
    """A dilated causal convolution with two gates, and a residual connection.

    Time stands before channels here, (B, T, C), so that the convolution is one matrix on the taps
    side by side, for a whole signal and for a single sample alike.

    Args:
        residual_channels: Width of the stream x (R).
        gate_channels: Width of z (G).
        kernel_size: Number of taps k.
        dilation: Distance between taps, in samples.
        last: There is no next layer, hence no x'.

    Example:
        >>> layer = GatedLayer(4, 8, kernel_size=2, dilation=16)
        >>> x, z = layer(torch.zeros(1, 100, 4), None)
        >>> x.shape, z.shape
        (torch.Size([1, 100, 4]), torch.Size([1, 100, 8]))
    """

    def __init__(
        self,
        residual_channels: int,
        gate_channels: int,
        kernel_size: int,
        dilation: int,
        last: bool = False,
    ) -> None:
        super().__init__()
        self.delays = [i * dilation for i in range(kernel_size - 1, 0, -1)]  # oldest tap first
        self.history = self.delays[0]
        # Columns: oldest tap first, the present last.  Rows: G of the tanh, then G of the sigmoid.
        self.gate = nn.Linear(kernel_size * residual_channels, 2 * gate_channels)
        self.residual = None if last else nn.Linear(gate_channels, residual_channels)

    def forward(
        self, x: Float[Tensor, "B T R"], offset: Float[Tensor, "B #T H"] | None
    ) -> tuple[Float[Tensor, "B T R"], Float[Tensor, "B T G"]]:
        """Refine a whole signal.

        Args:
            x: From the layer before; zeros stand before its first sample.
            offset: What the condition adds to both gates, if there is one.

        Returns:
            What the next layer gets, and z.
        """
        return self.gated(x, [delayed(x, d) for d in self.delays], offset)

    def start(self, batch_size: int) -> Float[Tensor, "history B R"]:
        """The memory before the first sample: a ring in which sample t has place t % history."""
        R = self.gate.in_features // (len(self.delays) + 1)
        return self.gate.weight.new_zeros(self.history, batch_size, R)

    def step(
        self,
        x: Float[Tensor, "B R"],
        past: Float[Tensor, "history B R"],
        t: int,
        offset: Float[Tensor, "B H"] | None,
    ) -> tuple[Float[Tensor, "B R"], Float[Tensor, "B G"]]:
        """Refine one more sample; equal to row ``t`` of `forward`.

        Args:
            x: From the layer before.
            past: From `start`; changed in place.
            t: How many samples came before this one.
            offset: What the condition adds to both gates, if there is one.

        Returns:
            What the next layer gets, and z.
        """
        x_and_z = self.gated(x, [past[(t - d) % self.history] for d in self.delays], offset)
        past[t % self.history] = x
        return x_and_z

    def gated(self, x: Tensor, taps: list[Tensor], offset: Tensor | None) -> tuple[Tensor, Tensor]:
        """The layer's equations, once its taps are at hand."""
        gates = self.gate(torch.cat([*taps, x], dim=-1))
        if offset is not None:
            gates = gates + offset
        f, g = gates.chunk(2, dim=-1)
        z = torch.tanh(f) * torch.sigmoid(g)
        return (x if self.residual is None else x + self.residual(z)), z


def delayed(x: Float[Tensor, "B T C"], d: int) -> Float[Tensor, "B T C"]:
    """The signal d samples later, zeros before it begins.

    Example:
        >>> delayed(torch.arange(1.0, 4).reshape(1, 3, 1), 2).flatten().tolist()
        [0.0, 0.0, 1.0]
    """
    T = x.shape[1]
    return F.pad(x[:, : max(T - d, 0)], (0, 0, min(d, T), 0))
