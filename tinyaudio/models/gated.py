r"""One layer of a WaveNet: look back, open or close the gate, pass on.

    z = \tanh(W_f * x + V_f y) \odot \sigma(W_g * x + V_g y),   x' = x + R z     [WaveNet, eq. 2, figure 4]

The sigmoid says how much of what the tanh has to say is let through.  z goes to the output, x' to
the next layer.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, sections 2.3, 2.4.
Implements: `GatedLayer` and `forward_layers` (all layers) for whole signals, `step` and `step_layers` for one sample.
See:        chapter 5, "WaveNet".
"""

from collections.abc import Iterable, Sequence
from itertools import repeat

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.initial import unit_variance


class GatedLayer(nn.Module):
    """A dilated causal convolution with two gates, and a residual connection.

    Time stands before channels here, (B, T, C): every convolution is a matrix on the channels, for
    a whole signal and for a single sample alike.

    Args:
        residual_channels: Width of the stream x (R).
        gate_channels: Width of z (G).
        kernel_size: Number of taps k, 2 or more.
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
        R, G = residual_channels, gate_channels
        self.delays = [i * dilation for i in range(kernel_size - 1, 0, -1)]  # oldest tap first
        # The convolution is one matrix on the taps side by side, the oldest first and the present
        # last; the G rows of the tanh stand above the G of the sigmoid.
        self.gate = nn.Linear(kernel_size * R, 2 * G)
        unit_variance(self.gate)
        self.residual = None if last else nn.Linear(G, R)

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
        gates = self.gate(torch.cat([*(shift(x, d) for d in self.delays), x], dim=2))
        if offset is not None:
            gates = gates + offset
        f, g = gates.chunk(2, dim=2)
        z = torch.tanh(f) * torch.sigmoid(g)
        return (x if self.residual is None else x + self.residual(z)), z

    def layer_weights(self) -> list[Tensor]:
        """What `step` multiplies by and adds: views of the weights, which follow all their changes."""
        both = [self.gate, self.residual] if self.residual else [self.gate]
        return [part for linear in both for part in (linear.weight.T, linear.bias)]


def init_cache(layers: Sequence[GatedLayer], batch_size: int) -> list[Tensor]:
    """The memory of `step` before the first sample: what enters every layer, in rings.

    A layer's sample t has place t % length of its ring, so that nothing is ever moved.

    Args:
        layers: All of a network.
        batch_size: Clips to be generated.

    Returns:
        All rings one after the other, zeros (places, B, R); then of every layer, in rows, where its
        ring begins, how long it is, and at which delays it is read.
    """
    weight = layers[0].gate.weight
    delays = torch.tensor([layer.delays for layer in layers], device=weight.device)
    lengths = delays[:, :1]  # the oldest tap's place is the one that the present will take
    R = weight.shape[1] // (delays.shape[1] + 1)
    past = weight.new_zeros(int(lengths.sum()), batch_size, R)
    return [past, lengths.cumsum(0) - lengths, lengths, delays]


def step(
    x: Float[Tensor, "B R"],
    taps: Float[Tensor, "B past"],
    offset: Float[Tensor, "B H"] | None,
    layer_weights: list[Tensor],
) -> tuple[Float[Tensor, "B R"], Float[Tensor, "B G"]]:
    """Refine one more sample; equal to a row of `GatedLayer.forward`, in as few operations as can be.

    Args:
        x: From the layer before.
        taps: What the layer before gave earlier, at the layer's `delays`, side by side.
        offset: What the condition adds to both gates, if there is one.
        layer_weights: Of the layer.

    Returns:
        What the next layer gets, and z.

    Example:
        >>> layer = GatedLayer(4, 8, kernel_size=2, dilation=16)
        >>> x, z = step(torch.zeros(1, 4), torch.zeros(1, 4), None, layer.layer_weights())
        >>> torch.allclose(z, layer(torch.zeros(1, 1, 4), None)[1][:, 0])
        True
    """
    W, b, *residual = layer_weights
    gates = torch.addmm(b, torch.cat([taps, x], dim=1), W)
    if offset is not None:
        gates += offset
    f, g = gates.chunk(2, dim=1)
    z = (
        f.tanh_().mul_(g.sigmoid_())
        if not gates.requires_grad
        else torch.tanh(f) * torch.sigmoid(g)
    )
    if residual:
        R, c = residual
        x = (x + c).addmm_(z, R)
    return x, z


def forward_layers(
    layers: Sequence[GatedLayer],
    x: Float[Tensor, "B n R"],
    offsets: Iterable[Float[Tensor, "B #n H"]] | None,
    memory: list[Tensor] | None = None,
    t: int = 0,
) -> list[Float[Tensor, "B n G"]]:
    """Refine a whole signal in all layers, and remember what `step_layers` through it would remember.

    Args:
        layers: All of a network.
        x: What enters the first.
        offsets: What the condition adds to the gates of each, if there is one.
        memory: From `init_cache`, to be filled, if steps are to follow.
        t: How many samples will then have come; x is the last of them.

    Returns:
        The z of each layer.
    """
    n, zs = x.shape[1], []
    each: Iterable[Tensor | None] = offsets or repeat(None, len(layers))
    for i, (layer, offset) in enumerate(zip(layers, each, strict=True)):
        if memory:
            past, begins, lengths, _ = memory
            newest = torch.arange(max(n - int(lengths[i]), 0), n, device=x.device)
            past[begins[i] + (t - n + newest) % lengths[i]] = x[:, newest].transpose(0, 1)
        x, z = layer(x, offset)
        zs.append(z)
    return zs


def step_layers(
    x: Float[Tensor, "B R"],
    offsets: Iterable[Float[Tensor, "B H"]] | None,
    memory: list[Tensor],
    layer_weights: list[Tensor],
    t: int,
) -> list[Float[Tensor, "B G"]]:
    """Refine one more sample in all layers; equal to a row of `forward_layers`.

    Args:
        x: What enters the first.
        offsets: What the condition adds to the gates of each, if there is one.
        memory: From `init_cache`; changed in place.
        layer_weights: Of all layers, one after the other.
        t: How many samples came before this one.

    Returns:
        The z of each layer.
    """
    past, begins, lengths, delays = memory
    places = begins + (t - delays) % lengths  # (L, k - 1)
    taps = past[places].transpose(1, 2).flatten(2)  # (L, B, (k - 1) R)
    xs, zs = [], []
    each: Iterable[Tensor | None] = offsets or repeat(None, len(taps))
    for i, (tap, offset) in enumerate(zip(taps.unbind(), each, strict=True)):
        xs.append(x)
        x, z = step(x, tap, offset, layer_weights[4 * i : 4 * i + 4])
        zs.append(z)
    past[places[:, 0]] = torch.stack(xs)
    return zs


def shift(x: Float[Tensor, "B T C"], d: int) -> Float[Tensor, "B T C"]:
    """The signal d samples later, zeros before it begins.

    Example:
        >>> shift(torch.arange(1.0, 4).reshape(1, 3, 1), 2).flatten().tolist()
        [0.0, 0.0, 1.0]
    """
    T = x.shape[1]
    return F.pad(x[:, : max(T - d, 0)], (0, 0, min(d, T), 0))
