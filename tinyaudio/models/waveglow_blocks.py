r"""The steps of a WaveGlow, each with its inverse and the logarithm of its Jacobian's determinant.

    squeeze                     x_c[j] = x[8 j + c]                                     log |det| = 0
    invertible 1x1 convolution  y[j] = W x[j]                                T/8 log |det W|
    affine coupling             y_a = x_a,   y_b = exp(s) * x_b + t          sum of s
                                (t, s) = WN(x_a, mel)

The coupling leaves one half of the channels as it is, so that whatever WN makes of that half can be made again
when going back: WN itself need not be invertible.

Paper:      Prenger, Valle & Catanzaro, "WaveGlow: A flow-based generative network for speech synthesis", ICASSP
            2019 (arXiv:1811.00002), sections 2.1 and 2.2; Kingma & Dhariwal, "Glow", 2018 (arXiv:1807.03039).
Implements: `squeeze` and `unsqueeze`; `InvertibleConv`; `AffineCoupling` with its `WN`.
Differs:    nothing; the layers are those of NVIDIA's public code, one to one.
See:        `tinyaudio.models.waveglow`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.models.weight_norm import weight_normalized

KERNEL = 3  # of the dilated convolutions


def squeeze(x: Float[Tensor, "B C T"], n_group: int) -> Float[Tensor, "B {n_group}*C T//{n_group}"]:
    """Groups of neighbouring samples become channels: each channel's samples, one behind the other.

    Example:
        >>> squeeze(torch.arange(6.0)[None, None], 3)
        tensor([[[0., 3.],
                 [1., 4.],
                 [2., 5.]]])
    """
    return x.unflatten(2, (-1, n_group)).transpose(2, 3).flatten(1, 2)


def unsqueeze(
    x: Float[Tensor, "B C T"], n_group: int
) -> Float[Tensor, "B C//{n_group} T*{n_group}"]:
    """Undo `squeeze`.

    Example:
        >>> unsqueeze(squeeze(torch.arange(6.0)[None, None], 3), 3)
        tensor([[[0., 1., 2., 3., 4., 5.]]])
    """
    return x.unflatten(1, (-1, n_group)).transpose(2, 3).flatten(2, 3)


class InvertibleConv(nn.Module):
    """A learned mixture of the channels, at first a rotation.

    Args:
        channels: Of input and output.

    Example:
        >>> conv, x = InvertibleConv(4), torch.randn(1, 4, 9)
        >>> y, log_det = conv(x)
        >>> torch.allclose(conv.inverse(y), x, atol=1e-5), torch.allclose(log_det, torch.zeros(1), atol=1e-4)
        (True, True)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        rotation = nn.init.orthogonal_(torch.empty(channels, channels))
        rotation[:, 0] *= torch.linalg.det(rotation).sign()  # no reflection
        self.weight = nn.Parameter(rotation)

    def forward(
        self, x: Float[Tensor, "B C T"]
    ) -> tuple[Float[Tensor, "B C T"], Float[Tensor, " B"]]:
        """The mixture, and the log-determinant of each clip."""
        log_det = x.shape[2] * torch.linalg.slogdet(self.weight).logabsdet
        return self.weight @ x, log_det.expand(len(x))

    def inverse(self, y: Float[Tensor, "B C T"]) -> Float[Tensor, "B C T"]:
        """The channels before the mixture."""
        return torch.linalg.solve(self.weight, y)


class WN(nn.Module):
    """A WaveNet without causality: dilated gated layers that see the condition, and a sum of skips.

    Args:
        in_channels: Of the half that is seen.
        condition_channels: Of the condition.
        channels: Of the layers.
        n_layers: Their dilations are 1, 2, 4, ...

    Example:
        >>> WN(2, 6, 8, n_layers=3)(torch.zeros(1, 2, 9), torch.zeros(1, 6, 9)).shape  # t and s
        torch.Size([1, 4, 9])
    """

    def __init__(
        self, in_channels: int, condition_channels: int, channels: int, n_layers: int
    ) -> None:
        super().__init__()
        self.start = weight_normalized(nn.Conv1d(in_channels, channels, 1))
        gates = nn.Conv1d(condition_channels, 2 * channels * n_layers, 1)
        self.condition = weight_normalized(gates)
        self.dilated, self.residual_and_skip = nn.ModuleList(), nn.ModuleList()
        for i in range(n_layers):
            dilated = nn.Conv1d(channels, 2 * channels, KERNEL, padding=2**i, dilation=2**i)
            self.dilated.append(weight_normalized(dilated))
            # The last layer has no residual, for nobody sees it.
            n_outputs = 2 * channels if i < n_layers - 1 else channels
            self.residual_and_skip.append(weight_normalized(nn.Conv1d(channels, n_outputs, 1)))
        self.end = nn.Conv1d(channels, 2 * in_channels, 1)
        nn.init.zeros_(self.end.weight)  # at first the coupling does nothing
        nn.init.zeros_(self.end.bias)  # type: ignore[arg-type]

    def forward(
        self, x: Float[Tensor, "B C T"], condition: Float[Tensor, "B D T"]
    ) -> Float[Tensor, "B 2*C T"]:
        """Shifts t, then logarithms of scales s."""
        h = self.start(x)
        channels, skips = h.shape[1], torch.zeros_like(h)
        conditions = self.condition(condition).chunk(len(self.dilated), dim=1)
        for dilated, mix, seen in zip(
            self.dilated, self.residual_and_skip, conditions, strict=True
        ):
            filtered, gate = (dilated(h) + seen).chunk(2, dim=1)
            *residual, skip = mix(torch.tanh(filtered) * torch.sigmoid(gate)).split(channels, dim=1)
            skips = skips + skip
            if residual:
                h = h + residual[0]
        return self.end(skips)


class AffineCoupling(nn.Module):
    """Shift and scale one half of the channels by what the other half and the condition say.

    Args:
        channels: An even number.
        condition_channels: Of the condition.
        wn_channels: Of the WN.
        n_layers: Of the WN.
    """

    def __init__(
        self, channels: int, condition_channels: int, wn_channels: int, n_layers: int
    ) -> None:
        super().__init__()
        self.wn = WN(channels // 2, condition_channels, wn_channels, n_layers)

    def forward(
        self, x: Float[Tensor, "B C T"], condition: Float[Tensor, "B D T"]
    ) -> tuple[Float[Tensor, "B C T"], Float[Tensor, " B"]]:
        """The channels, one half of them moved, and the log-determinant of each clip."""
        seen, moved = x.chunk(2, dim=1)
        t, s = self.wn(seen, condition).chunk(2, dim=1)
        return torch.cat([seen, s.exp() * moved + t], dim=1), s.sum(dim=(1, 2))

    def inverse(
        self, y: Float[Tensor, "B C T"], condition: Float[Tensor, "B D T"]
    ) -> Float[Tensor, "B C T"]:
        """The channels before they were moved."""
        seen, moved = y.chunk(2, dim=1)
        t, s = self.wn(seen, condition).chunk(2, dim=1)
        return torch.cat([seen, (moved - t) * (-s).exp()], dim=1)
