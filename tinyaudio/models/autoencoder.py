r"""A spectrogram to a few numbers and back: the autoencoder, and the variational autoencoder (VAE).

    autoencoder:   z = f(x),   \hat x = g(z)

    VAE:   q(z | x) = N(\mu(x), \sigma^2(x)),   z = \mu + \sigma \epsilon,   \epsilon \sim N(0, I)

Strided convolutions halve the spectrogram, transposed ones double it.  Drawing epsilon rather than z, the
reparameterization trick, lets a gradient through to mu and sigma.

Paper:      Engel et al., "Neural audio synthesis of musical notes with WaveNet autoencoders", 2017
            (arXiv:1704.01279), section 2.2, for the baseline autoencoder; its sizes are those of the authors'
            code, magenta/models/nsynth/baseline/models/ae_configs/nfft_1024.py.  Kingma & Welling,
            "Auto-encoding variational Bayes", 2013 (arXiv:1312.6114), for the VAE.
Implements: `Autoencoder`, `Encoded`, `reparameterize`.
Differs:    the output is linear, since our levels are not between 0 and 1; batch normalization has a gain.
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.represent.logmel import N_MELS

SLOPE = 0.1  # of the leaky ReLU for negative numbers [nsynth/utils.py, leaky_relu]
N_PITCHES = 128  # of MIDI [nsynth/utils.py, pitch_embeddings]
Size = tuple[int, int]  # over bins and frames


@dataclass(frozen=True)
class AutoencoderConfig:
    """Size of the network.

    Attributes:
        n_bins: Height of a spectrogram: mel bands, or bins.
        n_frames: Its length.
        channels: Of the encoder's layers, each of which halves the height; the decoder mirrors them.
        n_time: The first so many layers of both also halve, or double, the length.
        n_hidden: Channels beside the bottleneck, where one frame of one bin is left.
        n_latents: Numbers of the bottleneck.
        n_pitch_channels: Of the pitch that the decoder is conditioned on; 0 for none.
        variational: Whether it is a VAE.
        batch_norm: Whether there is batch normalization; with it a batch needs two spectrograms or more.

    Raises:
        ValueError: The layers cannot halve the spectrogram.
    """

    n_bins: int = N_MELS
    n_frames: int = 64
    channels: Sequence[int] = (16, 32, 48, 48)
    n_time: int = 4
    n_hidden: int = 64
    n_latents: int = 2
    n_pitch_channels: int = 0
    variational: bool = False
    batch_norm: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))  # JSON has only lists
        height, length = 2 ** len(self.channels), 2**self.n_time
        if self.n_bins % height or self.n_frames % length or self.n_time > len(self.channels):
            raise ValueError(
                f"spectrograms of {self.n_bins} bins and {self.n_frames} frames: must be multiples of"
                f" {height} and {length}, since {len(self.channels)} layers halve them"
            )

    @classmethod
    def tiny(cls) -> "AutoencoderConfig":
        """A second of 80 mel bands at a hop of 256 and 16 kHz, through a plane; 0.2 million parameters."""
        return cls()

    @classmethod
    def paper(cls) -> "AutoencoderConfig":
        """The NSynth paper's baseline: 37 million parameters, for notes of four seconds at 16 kHz."""
        return cls(
            n_bins=512,  # nfft_1024.py: n_fft=1024; utils.py pads and crops to a power of two
            n_frames=256,  # ae.py: num_samples=64000, hop_length=256
            # nfft_1024.py, encode: layers 0 to 7, and 7_1 with a stride of (2, 1)
            channels=(128, 128, 128, 256, 256, 256, 512, 512, 512),
            n_time=8,
            n_hidden=1024,  # nfft_1024.py: layer 8 of the encoder, 0 of the decoder
            n_latents=1984,  # nfft_1024.py: num_latent
            n_pitch_channels=128,  # utils.py, pitch_embeddings: dim_embedding
            batch_norm=True,  # nfft_1024.py
        )

    @property
    def smallest(self) -> Size:
        """Bins and frames where the layers have halved all that they do."""
        return self.n_bins // 2 ** len(self.channels), self.n_frames // 2**self.n_time


class Encoded(NamedTuple):
    """What an encoder says of a spectrogram.

    Attributes:
        mean: (B, D), the latents of an autoencoder, and mu of a VAE.
        log_variance: (B, D), ln sigma^2 of a VAE; None of an autoencoder.
    """

    mean: Tensor
    log_variance: Tensor | None


def reparameterize(
    mean: Float[Tensor, "B *D"], log_variance: Float[Tensor, "B *D"], noise: Float[Tensor, "B *D"]
) -> Float[Tensor, "B *D"]:
    r"""A draw from N(\mu, \sigma^2), through which gradients reach both: z = \mu + \sigma \epsilon.

    Args:
        mean: mu.
        log_variance: ln sigma^2.
        noise: epsilon, drawn from N(0, 1).

    Example:
        >>> reparameterize(torch.ones(1, 1), torch.tensor([[4.0]]).log(), torch.tensor([[0.5]]))
        tensor([[2.]])
    """
    return mean + (log_variance / 2).exp() * noise


class Down(nn.Module):
    """A strided convolution, padded so that it divides height and length by its strides."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Size, stride: Size, batch_norm: bool
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, bias=not batch_norm)
        self.norm = normalization(outputs, batch_norm)
        self.padding = margins(kernel, stride)

    def forward(self, x: Float[Tensor, "B C F N"]) -> Float[Tensor, "B D f n"]:
        """One layer of the encoder."""
        return F.leaky_relu(self.norm(self.conv(F.pad(x, self.padding))), SLOPE)


class Up(nn.Module):
    """A transposed convolution, cropped so that it multiplies height and length by its strides."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Size, stride: Size, batch_norm: bool
    ) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, kernel, stride, bias=not batch_norm)
        self.norm = normalization(outputs, batch_norm)
        self.cropping = [-n for n in margins(kernel, stride)]

    def forward(self, x: Float[Tensor, "B C f n"]) -> Float[Tensor, "B D F N"]:
        """One layer of the decoder."""
        return F.leaky_relu(self.norm(F.pad(self.conv(x), self.cropping)), SLOPE)


def normalization(channels: int, batch_norm: bool) -> nn.Module:
    """Batch normalization [nsynth/utils.py: epsilon 0.001, decay 0.999], or nothing."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=1e-3) if batch_norm else nn.Identity()


def margins(kernel: Size, stride: Size) -> list[int]:
    """What a kernel reaches beyond its stride: left, right, top, bottom, the last more, as TensorFlow pads.

    Example:
        >>> margins((4, 5), (2, 2))
        [1, 2, 1, 1]
    """
    beyond = (kernel[1] - stride[1], kernel[0] - stride[0])
    return [part for n in beyond for part in (n // 2, n - n // 2)]


class Autoencoder(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "autoencoder"]
):
    """Spectrogram to latents to spectrogram.

    Example:
        >>> net = Autoencoder(AutoencoderConfig.tiny())
        >>> frames = torch.zeros(3, 80, 64)
        >>> net.encode(frames).mean.shape, net(frames)[0].shape
        (torch.Size([3, 2]), torch.Size([3, 80, 64]))
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        widths, norm = config.channels, config.batch_norm
        smallest, n_layers = config.smallest, len(widths)
        strides = [(2, 2 if i < config.n_time else 1) for i in range(n_layers)]

        kernels = [(5, 5)] + [(4, 4)] * (n_layers - 1)  # nfft_1024.py, encode
        sizes = zip((1, *widths), widths, kernels, strides, strict=False)
        self.down = nn.Sequential(*(Down(*size, batch_norm=norm) for size in sizes))
        self.hidden = Down(widths[-1], config.n_hidden, smallest, smallest, norm)
        n_outputs = config.n_latents * (2 if config.variational else 1)
        norm_latents = norm and not config.variational  # a VAE's are held by its loss
        self.latents = nn.Conv2d(config.n_hidden, n_outputs, 1, bias=not norm_latents)
        self.latents_norm = normalization(n_outputs, norm_latents)
        if config.n_pitch_channels:
            self.pitch = nn.Embedding(N_PITCHES, config.n_pitch_channels)
        n_inputs = config.n_latents + config.n_pitch_channels
        self.grow = Up(n_inputs, config.n_hidden, smallest, smallest, norm)
        widths = (*widths[-2::-1], widths[0])  # what went into the encoder's layers comes out
        kernels = [(4, 4)] * (n_layers - 2) + [(5, 5)] * 2  # nfft_1024.py, decode
        sizes = zip((config.n_hidden, *widths), widths, kernels, strides, strict=False)
        self.up = nn.Sequential(*(Up(*size, batch_norm=norm) for size in sizes))
        self.out = nn.Conv2d(widths[-1], 1, 1)

    def encode(self, frames: Float[Tensor, "B F N"]) -> Encoded:
        """Latents of spectrograms; of a VAE, the distribution of each.

        Raises:
            ValueError: They are not of the network's size.
        """
        size = (self.config.n_bins, self.config.n_frames)
        if frames.ndim != 3 or frames.shape[1:] != size:
            raise ValueError(
                f"frames of shape {tuple(frames.shape)}: must be (B, {size[0]}, {size[1]})"
            )
        x = self.hidden(self.down(frames[:, None]))
        z = self.latents_norm(self.latents(x)).flatten(1)
        if not self.config.variational:
            return Encoded(z, None)
        mean, log_variance = z.chunk(2, dim=1)
        return Encoded(mean, log_variance)

    def decode(
        self, latents: Float[Tensor, "B D"], pitch: Int[Tensor, " B"] | None = None
    ) -> Float[Tensor, "B F N"]:
        """Spectrograms of latents.

        Args:
            latents: Any numbers.
            pitch: MIDI pitches, if the network is conditioned on them.

        Raises:
            TypeError: They are missing.
        """
        if self.config.n_pitch_channels:
            if pitch is None:
                raise TypeError("this network is conditioned on a pitch: decode(latents, pitch)")
            latents = torch.cat([latents, self.pitch(pitch)], dim=1)
        return self.out(self.up(self.grow(latents[:, :, None, None]))).squeeze(1)

    def forward(
        self,
        frames: Float[Tensor, "B F N"],
        pitch: Int[Tensor, " B"] | None = None,
        noise: Float[Tensor, "B D"] | None = None,
    ) -> tuple[Float[Tensor, "B F N"], Encoded]:
        """Reconstruct spectrograms.

        Args:
            frames: Of the network's size.
            pitch: See `decode`.
            noise: epsilon of a VAE; without it, the mean is decoded.

        Returns:
            The reconstruction, and what `encode` said.
        """
        encoded = self.encode(frames)
        z = encoded.mean
        if encoded.log_variance is not None and noise is not None:
            z = reparameterize(encoded.mean, encoded.log_variance, noise)
        return self.decode(z, pitch), encoded
