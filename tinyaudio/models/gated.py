r"""One layer of a WaveNet: a dilated causal convolution, a gated activation, a residual connection.

    z = \tanh(W_f * x + V_f y) \odot \sigma(W_g * x + V_g y),   x' = x + R z     [WaveNet, eq. 2, figure 4]

The sigmoid is the gate of the tanh.  z goes to the output (skip connection), x' to the next layer.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, sections 2.3, 2.4.
            The cache: Le Paine et al., "Fast Wavenet Generation Algorithm", 2016.
Implements: `GatedLayer` and `forward_layers` (all layers) for whole signals, `step` and `step_layers`
            for one sample, with a `LayerCache` of past inputs.
See:        chapter 5, "WaveNet".
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.initial import unit_variance


class LayerWeights(NamedTuple):
    """Views of a layer's weights, as `step` multiplies by them; they follow changes in place.

    Attributes:
        gate: Of both gates, transposed: taps, oldest first, the present last.
        gate_bias: Of both gates.
        residual: R, transposed; None in the last layer.
        residual_bias: Of R; None in the last layer.
    """

    gate: Float[Tensor, "kR gates"]
    gate_bias: Float[Tensor, " gates"]
    residual: Float[Tensor, "G R"] | None
    residual_bias: Float[Tensor, " R"] | None


class LayerCache(NamedTuple):
    """The past inputs of all layers, as far back as their oldest taps: one ring buffer a layer.

    A layer's input at sample t is ``buffers[begins + t % lengths]``, so that nothing is ever moved.

    Attributes:
        buffers: All ring buffers, one after the other.
        begins: Where each layer's ring buffer begins.
        lengths: How long it is: the delay of the oldest tap.
        delays: Delays of each layer's past taps, oldest first.
    """

    buffers: Float[Tensor, "places B R"]
    begins: Int[Tensor, "L 1"]
    lengths: Int[Tensor, "L 1"]
    delays: Int[Tensor, "L taps"]


class GatedLayer(nn.Module):
    """A dilated causal convolution with two gates, and a residual connection.

    Time stands before channels here, (B, T, C): every convolution is a matrix on the channels, for
    a whole signal and for a single sample in the same way.

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
        """Apply the layer to a whole signal.

        Args:
            x: The previous layer's output; zeros stand before its first sample.
            offset: What the condition adds to both gates, if there is one.

        Returns:
            The input of the next layer, and z.
        """
        gates = self.gate(torch.cat([*(shift(x, d) for d in self.delays), x], dim=2))
        if offset is not None:
            gates = gates + offset
        f, g = gates.chunk(2, dim=2)
        z = torch.tanh(f) * torch.sigmoid(g)
        return (x if self.residual is None else x + self.residual(z)), z

    def layer_weights(self) -> LayerWeights:
        """Views of the weights, for `step`."""
        residual = (
            (None, None) if self.residual is None else (self.residual.weight.T, self.residual.bias)
        )
        return LayerWeights(self.gate.weight.T, self.gate.bias, *residual)


def init_cache(layers: Sequence[GatedLayer], batch_size: int) -> LayerCache:
    """The cache of `step_layers` before the first sample: ring buffers of zeros.

    Args:
        layers: All of a network.
        batch_size: Clips to be generated.
    """
    weight = layers[0].gate.weight
    delays = torch.tensor([layer.delays for layer in layers], device=weight.device)
    lengths = delays[:, :1]  # the present input overwrites the oldest tap
    R = weight.shape[1] // (delays.shape[1] + 1)
    buffers = weight.new_zeros(int(lengths.sum()), batch_size, R)
    return LayerCache(buffers, lengths.cumsum(0) - lengths, lengths, delays)


def step(
    x: Float[Tensor, "B R"],
    taps: Float[Tensor, "B past"],
    offset: Float[Tensor, "B H"] | None,
    weights: LayerWeights,
) -> tuple[Float[Tensor, "B R"], Float[Tensor, "B G"]]:
    """One layer, one sample; equal to a row of `GatedLayer.forward`, in as few operations as possible.

    Args:
        x: The previous layer's output.
        taps: The layer's inputs at its `delays`, side by side.
        offset: What the condition adds to both gates, if there is one.
        weights: Of the layer.

    Returns:
        The input of the next layer, and z.

    Example:
        >>> layer = GatedLayer(4, 8, kernel_size=2, dilation=16)
        >>> x, z = step(torch.zeros(1, 4), torch.zeros(1, 4), None, layer.layer_weights())
        >>> torch.allclose(z, layer(torch.zeros(1, 1, 4), None)[1][:, 0])
        True
    """
    gates = torch.addmm(weights.gate_bias, torch.cat([taps, x], dim=1), weights.gate)
    if offset is not None:
        gates += offset
    f, g = gates.chunk(2, dim=1)
    z = (
        f.tanh_().mul_(g.sigmoid_())
        if not gates.requires_grad
        else torch.tanh(f) * torch.sigmoid(g)
    )
    if weights.residual is not None and weights.residual_bias is not None:
        x = (x + weights.residual_bias).addmm_(z, weights.residual)
    return x, z


def forward_layers(
    layers: Sequence[GatedLayer],
    x: Float[Tensor, "B n R"],
    offsets: Iterable[Float[Tensor, "B #n H"]] | None,
    cache: LayerCache | None = None,
    t: int = 0,
) -> list[Float[Tensor, "B n G"]]:
    """Apply all layers to a whole signal, and fill the cache as `step_layers` over it would (prefill).

    Args:
        layers: All of a network.
        x: The input of the first.
        offsets: What the condition adds to the gates of each, if there is one.
        cache: From `init_cache`, filled in place; None if no steps follow.
        t: How many samples will then have come; x ends with the last of them.

    Returns:
        The z of each layer.
    """
    n, zs = x.shape[1], []
    each_offset: Iterable[Tensor | None] = offsets or repeat(None, len(layers))
    for i, (layer, offset) in enumerate(zip(layers, each_offset, strict=True)):
        if cache:
            length = cache.lengths[i]
            newest = torch.arange(max(n - int(length), 0), n, device=x.device)
            places = cache.begins[i] + (t - n + newest) % length
            cache.buffers[places] = x[:, newest].transpose(0, 1)
        x, z = layer(x, offset)
        zs.append(z)
    return zs


def step_layers(
    x: Float[Tensor, "B R"],
    offsets: Iterable[Float[Tensor, "B H"]] | None,
    cache: LayerCache,
    weights: Sequence[LayerWeights],
    t: int | Int[Tensor, " 1"],
) -> list[Float[Tensor, "B G"]]:
    """All layers, one sample; equal to a row of `forward_layers`.

    Args:
        x: The input of the first layer.
        offsets: What the condition adds to the gates of each, if there is one.
        cache: From `init_cache`; changed in place.
        weights: Of all layers.
        t: How many samples came before this one; as a tensor, the step can be recorded in a CUDA graph.

    Returns:
        The z of each layer.
    """
    places = cache.begins + (t - cache.delays) % cache.lengths  # (L, k - 1)
    taps = cache.buffers[places].transpose(1, 2).flatten(2)  # (L, B, (k - 1) R)
    xs, zs = [], []
    each_offset: Iterable[Tensor | None] = offsets or repeat(None, len(weights))
    for tap, offset, layer in zip(taps.unbind(), each_offset, weights, strict=True):
        xs.append(x)
        x, z = step(x, tap, offset, layer)
        zs.append(z)
    cache.buffers[places[:, 0]] = torch.stack(xs)
    return zs


def shift(x: Float[Tensor, "B T C"], d: int) -> Float[Tensor, "B T C"]:
    """The signal d samples later, zeros before it begins.

    Example:
        >>> shift(torch.arange(1.0, 4).reshape(1, 3, 1), 2).flatten().tolist()
        [0.0, 0.0, 1.0]
    """
    T = x.shape[1]
    return F.pad(x[:, : max(T - d, 0)], (0, 0, min(d, T), 0))
