"""Chapter 5, "WaveNet": the layer of exercise 5.5 with one thing changed, for its mistakes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.models.gated import shift


def _z(gates: Tensor) -> Tensor:
    f, g = gates.chunk(2, dim=2)
    return torch.tanh(f) * torch.sigmoid(g)


class Layer(nn.Module):
    """The layer with one thing changed: what stands for the past, how z is made, what comes out."""

    def __init__(
        self,
        channels: int,
        dilation: int,
        past: Callable[[Tensor, int], Tensor] = shift,
        swapped: bool = False,
        z: Callable[[Tensor], Tensor] = _z,
        offset: float = 1.0,
        out: Callable[[Tensor, Tensor, Tensor], Any] = lambda x, r, z: (x + r, z),
    ) -> None:
        super().__init__()
        self.gate = nn.Linear(2 * channels, 2 * channels)
        self.residual = nn.Linear(channels, channels)
        self.dilation, self.past, self.swapped = dilation, past, swapped
        self.z, self.offset, self.out = z, offset, out

    def forward(self, x: Tensor, offset: Tensor) -> Any:
        """What goes to the next layer, and z."""
        taps = [self.past(x, self.dilation), x]
        gates = self.gate(torch.cat(taps[::-1] if self.swapped else taps, dim=2))
        z = self.z(gates + self.offset * offset)
        return self.out(x, self.residual(z), z)


class Renamed(nn.Module):
    """Linear layers under other names."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.first, self.second = (
            nn.Linear(2 * channels, 2 * channels),
            nn.Linear(channels, channels),
        )


class Resized(nn.Module):
    """A gate of half the outputs."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.gate, self.residual = nn.Linear(2 * channels, channels), nn.Linear(channels, channels)
