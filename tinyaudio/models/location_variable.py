r"""Location-variable convolution: each frame of a condition brings the kernel for its own samples.

    y_d[n h + s] = b_{d n} + \sum_c \sum_k W_{c d k n}\, x_c[n h + s + k - K/2],   0 \le s < h

A convolution filters a sound everywhere alike, so that a network that is to follow a mel spectrogram needs many
channels.  Here a small network, which runs once a frame, predicts W and b.

Paper:      Zeng, Wang, Cheng & Xiao, "LVCNet: Efficient condition-dependent modeling network for waveform
            generation", ICASSP 2021 (arXiv:2102.10815), section 2.1; Jang et al., "UnivNet", 2021.
Implements: `location_variable_loop`, frame by frame; `location_variable_convolution`, all at once;
            `KernelPredictor`.
See:        `tinyaudio.models.univnet`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.weight_norm import weight_normalized

N_RESIDUAL = 3  # pairs of convolutions in a `KernelPredictor`
INPUT_KERNEL = 5  # frames


def location_variable_loop(
    x: Float[Tensor, "B C T"],
    kernels: Float[Tensor, "B C D K N"],
    biases: Float[Tensor, "B D N"],
) -> Float[Tensor, "B D T"]:
    """Cut out each frame's samples and what its kernel reaches beside them, and filter that: slow, obvious.

    Args:
        x: T = N h samples, zero outside.
        kernels: Of each frame of each clip; K is odd.
        biases: Likewise.
    """
    n_frames, reach = kernels.shape[4], kernels.shape[3] // 2
    hop = x.shape[2] // n_frames
    padded = F.pad(x, (reach, reach))
    clips = []
    for clip, kernel, bias in zip(padded, kernels, biases, strict=True):
        parts = [
            F.conv1d(
                clip[None, :, n * hop : (n + 1) * hop + 2 * reach],
                kernel[..., n].transpose(0, 1),
                bias[:, n],
            )
            for n in range(n_frames)
        ]
        clips.append(torch.cat(parts, dim=2))
    return torch.cat(clips)


def location_variable_convolution(
    x: Float[Tensor, "B C T"],
    kernels: Float[Tensor, "B C D K N"],
    biases: Float[Tensor, "B D N"],
) -> Float[Tensor, "B D T"]:
    """The same in one product of matrices a frame, for all frames of all clips at once.

    Example:
        >>> x, kernels = torch.ones(1, 1, 6), torch.zeros(1, 1, 1, 3, 2)
        >>> kernels[..., 1, :] = torch.tensor([2.0, 5.0])  # the middle tap, of two frames of 3 samples
        >>> location_variable_convolution(x, kernels, torch.zeros(1, 1, 2))
        tensor([[[2., 2., 2., 5., 5., 5.]]])
    """
    n_frames, n_taps = kernels.shape[4], kernels.shape[3]
    windows = F.pad(x, (n_taps // 2, n_taps // 2)).unfold(2, n_taps, 1)  # (B, C, T, K), a view
    windows = windows.unflatten(2, (n_frames, -1))  # (B, C, N, h, K)
    y = torch.einsum("bcnhk,bcdkn->bdnh", windows, kernels) + biases[..., None]
    return y.flatten(2)


def predictor_reach(kernel_size: int) -> int:
    """Frames on either side that the kernels of one depend on: those of all convolutions in a row."""
    return INPUT_KERNEL // 2 + (2 * N_RESIDUAL + 1) * (kernel_size // 2)


class KernelPredictor(nn.Module):
    """The kernels and biases of several layers, from frames.

    Args:
        n_mels: Mel bands of a frame.
        hidden: Channels in between.
        kernel_size: Of the convolutions over frames but the first; odd.
        n_layers: Layers that get kernels.
        channels: Of these layers' input; their output has twice as many, for a gate.
        n_taps: Of the predicted kernels; odd.
        slope: Of the leaky ReLUs.

    Example:
        >>> predictor = KernelPredictor(80, 8, 3, n_layers=2, channels=4, n_taps=3, slope=0.2)
        >>> kernels, biases = predictor(torch.zeros(1, 80, 5))
        >>> kernels.shape, biases.shape
        (torch.Size([1, 2, 4, 8, 3, 5]), torch.Size([1, 2, 8, 5]))
    """

    def __init__(
        self,
        n_mels: int,
        hidden: int,
        kernel_size: int,
        n_layers: int,
        channels: int,
        n_taps: int,
        slope: float,
    ) -> None:
        super().__init__()
        self.shape = (n_layers, channels, 2 * channels, n_taps)

        def conv(in_channels: int, out_channels: int, size: int = kernel_size) -> nn.Conv1d:
            return weight_normalized(nn.Conv1d(in_channels, out_channels, size, padding=size // 2))

        act = nn.LeakyReLU(slope)
        self.input = nn.Sequential(conv(n_mels, hidden, INPUT_KERNEL), act)
        self.residual = nn.ModuleList(
            nn.Sequential(conv(hidden, hidden), act, conv(hidden, hidden), act)
            for _ in range(N_RESIDUAL)
        )
        self.kernels = conv(hidden, n_layers * channels * 2 * channels * n_taps)
        self.biases = conv(hidden, n_layers * 2 * channels)

    def forward(
        self, mel: Float[Tensor, "B M N"]
    ) -> tuple[Float[Tensor, "B L C D K N"], Float[Tensor, "B L D N"]]:
        """Kernels and biases of all layers, a set for each frame."""
        h = self.input(mel)
        for block in self.residual:
            h = h + block(h)
        n_layers, _, out_channels, _ = self.shape
        kernels = self.kernels(h).unflatten(1, self.shape)
        return kernels, self.biases(h).unflatten(1, (n_layers, out_channels))
