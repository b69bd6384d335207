r"""A GANSynth small enough for one CPU core, with the positions of a pitch's harmonics given, or to be learned.

    G(z, y): latents and a pitch to an image,   D(x, y): an image and its pitch to a score

The pitch says where in the image the harmonics lie and what instantaneous frequency (IF) they have:
`tinyaudio.represent.harmonic_template`.  With the template, its maps weight the generator's features and are
channels of the discriminator, and IF is a deviation from what is expected.  The pitch of generated notes is
then given, not learned; without it, networks of the same layers have to find all this in the data.

Paper:      Engel, Agrawal, Chen, Gulrajani, Donahue & Roberts, "GANSynth", ICLR 2019 (arXiv:1902.08710), for
            the image, latents and pitch at the input, blocks of upsampling and two convolutions with pixel
            normalization; Aitken et al., "Checkerboard artifact free sub-pixel convolution", 2017; Karras,
            Laine & Aila, "A style-based generator architecture for generative adversarial networks", 2019,
            for the noise; Miyato & Koyama, "cGANs with projection discriminator", 2018, for D's pitch.
Implements: `Generator`, `Discriminator`, `GANSynthSmallConfig`.
Differs:    24 pitches, one second, up to 4 kHz; all resolutions at once instead of progressively; no auxiliary
            classifier and no minibatch deviation; the template.  IF is a point on a circle: the generator's is
            wrapped rather than squashed by a tanh, and the discriminator sees it as a phasor.
See:        `tinyaudio.models.gansynth` for the paper's size; part 4, "Sound as a picture".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar, cast, get_args

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.progressive import pixel_norm
from tinyaudio.represent.gansynth_image import RANGE, ImageConfig
from tinyaudio.represent.harmonic_template import harmonic_template
from tinyaudio.represent.ifreq import wrap
from tinyaudio.represent.image_config import Kind

N_NOISE = 2  # numbers a pixel
Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)
BINS_A_COLUMN = 8  # 32 columns of the last block are 256 bins


@dataclass(frozen=True)
class GANSynthSmallConfig:
    """Size of both networks.

    Attributes:
        template: Whether the networks are given the positions of the harmonics.
        kind: Of the image: phase, if, if_mel or complex_mel; the template is of "if".
        n_timbre: Latents of a note as a whole; there are two more for every pixel, its noise.
        channels: Of the generator's blocks, from 4 x 4 pixels to 32 x 32, and at full resolution.
        discriminator_channels: Of the discriminator's layers, from full resolution to 4 x 8 pixels.
        lowest_pitch: MIDI.
        n_pitches: Semitones from there on (P).
    """

    template: bool = True
    kind: str = "if"
    n_timbre: int = 64
    channels: Sequence[int] = (96, 96, 64, 32, 8)
    discriminator_channels: Sequence[int] = (32, 48, 64, 96)
    lowest_pitch: int = 48
    n_pitches: int = 24

    def __post_init__(self) -> None:
        for name, n in (("channels", 5), ("discriminator_channels", 4)):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
            if len(getattr(self, name)) != n:
                raise ConfigError(name, getattr(self, name), f"must be {n} numbers")
        if self.kind not in get_args(Kind):
            raise ConfigError("kind", self.kind, f"must be one of {', '.join(get_args(Kind))}")
        if self.template and self.kind != "if":
            raise ConfigError("kind", self.kind, "must be if, or have no template (--no-template)")

    @property
    def image(self) -> ImageConfig:
        """Size and conventions of the images."""
        return ImageConfig.small(cast(Kind, self.kind))

    @classmethod
    def tiny(cls) -> "GANSynthSmallConfig":
        """For tests."""
        return cls(n_timbre=8, channels=(8, 8, 8, 8, 4), discriminator_channels=(4, 8, 8, 8))

    @property
    def n_latents(self) -> int:
        """Random numbers that a note is made of, beside its pitch (D)."""
        return self.n_timbre + N_NOISE * self.image.n_frames * self.image.n_bins

    @property
    def pitches(self) -> range:
        """Pitches that a note can have, as MIDI numbers."""
        return range(self.lowest_pitch, self.lowest_pitch + self.n_pitches)


class Template(nn.Module):
    """Looks up the template of a batch of pitches, or, without one, no channels and an expected IF of 0."""

    maps: Tensor  # (P, 3, F)
    expected: Tensor  # (P, N, F)

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config, image = config, config.image
        maps = torch.zeros(config.n_pitches, 0, image.n_bins)
        expected = torch.zeros(config.n_pitches, image.n_frames, image.n_bins)
        if config.template:
            level, offset, parity, expected = harmonic_template(config.pitches, image)
            maps = torch.stack([level, offset, parity], dim=1)
        self.n_channels = maps.shape[1]
        self.register_buffer("maps", maps, persistent=False)
        self.register_buffer("expected", expected, persistent=False)

    def forward(
        self, pitch: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B K N F"], Float[Tensor, "B N F"], Int[Tensor, " B"]]:
        """Channels, expected IF in half turns, and the number of each pitch from the lowest."""
        index = pitch - self.config.lowest_pitch
        maps = self.maps[index][:, :, None].expand(-1, -1, self.config.image.n_frames, -1)
        return maps, self.expected[index], index


def kaiming(layer: Layer) -> Layer:
    """Initial weights that keep the scale of activations through leaky ReLU [He et al., 2015]."""
    nn.init.kaiming_normal_(layer.weight, 0.2)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def conv(n_in: int, n_out: int, n: int, f: int, stride: tuple[int, int] = (1, 1)) -> nn.Conv2d:
    """A convolution over n frames and f bins, padded by half its size."""
    return kaiming(nn.Conv2d(n_in, n_out, (n, f), stride, ((n - 1) // 2, (f - 1) // 2)))


class Block(nn.Module):
    """Nearest-neighbour upsampling and two convolutions, with leaky ReLU and pixel normalization."""

    def __init__(self, n_in: int, n_out: int, up: int) -> None:
        super().__init__()
        self.up = up
        self.convs = nn.ModuleList([conv(n_in, n_out, 3, 3), conv(n_out, n_out, 3, 3)])

    def forward(self, x: Float[Tensor, "B C N F"]) -> Float[Tensor, "B D _ _"]:
        """Activations at `up` times the resolution."""
        x = F.interpolate(x, scale_factor=self.up, mode="nearest")
        for one in self.convs:
            x = pixel_norm(F.leaky_relu(one(x), 0.2))
        return x


class Generator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["gan"]):
    """Latents and a pitch to the image of a note.

    Example:
        >>> config = GANSynthSmallConfig.tiny()
        >>> Generator(config)(torch.randn(2, config.n_latents), torch.tensor([48, 71])).shape
        torch.Size([2, 2, 32, 256])
    """

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config = config
        self.template, (*widths, fine) = Template(config), config.channels
        self.dense = kaiming(nn.Linear(config.n_timbre + config.n_pitches, 16 * widths[0]))
        blocks = [Block(a, b, up=2) for a, b in pairwise(widths)]
        self.blocks = nn.ModuleList([Block(widths[0], widths[0], up=1), *blocks])
        self.bins = conv(widths[-1], (1 + self.template.n_channels) * fine * BINS_A_COLUMN, 1, 1)
        # The bins of a column begin alike [Aitken et al.].
        first = self.bins.weight.data[::BINS_A_COLUMN]
        self.bins.weight.data.copy_(first.repeat_interleave(BINS_A_COLUMN, dim=0))
        self.join = conv(fine + N_NOISE, 2 * fine, 1, 1)
        self.image = conv(2 * fine, 2, 1, 1)
        nn.init.normal_(self.image.weight, std=0.1 * fine**-0.5)

    def forward(
        self, latents: Float[Tensor, "B D"], pitch: Int[Tensor, " B"]
    ) -> Float[Tensor, "B 2 N F"]:
        """Make one image for each row of latents.

        Args:
            latents: From N(0, I).  The first ones are of the whole note; the others are noise, two numbers a
                pixel, for what is random in every bin and frame: level and phase of breath and bow.
            pitch: MIDI, within `GANSynthSmallConfig.pitches`.

        Returns:
            Log magnitude in (-1, 1), and IF in [-0.8, 0.8], in the first frame the phase.

        Raises:
            UserError: The latents have another size.
        """
        config = self.config
        if latents.shape[1] != config.n_latents:
            raise UserError(f"{latents.shape[1]} latents: this network has {config.n_latents}")
        maps, expected, index = self.template(pitch)
        timbre, noise = latents.tensor_split([config.n_timbre], dim=1)
        one_hot = F.one_hot(index, config.n_pitches) * config.n_pitches**0.5
        x = self.dense(torch.cat([pixel_norm(timbre), one_hot], dim=1))
        x = pixel_norm(F.leaky_relu(x.unflatten(1, (-1, 4, 4)), 0.2))
        for block in self.blocks:
            x = block(x)
        # Every column becomes eight bins.
        x = self.bins(x).unflatten(1, (-1, BINS_A_COLUMN)).permute(0, 1, 3, 4, 2).flatten(3)
        # A feature is a sum: one part as it is, and one part times each map of the template.
        x, *parts = x.chunk(1 + self.template.n_channels, dim=1)
        x = x + sum(m[:, None] * part for m, part in zip(maps.unbind(1), parts, strict=True))
        x = torch.cat([x, noise.reshape(-1, N_NOISE, *maps.shape[2:])], dim=1)
        magnitude, deviation = self.image(F.leaky_relu(self.join(x), 0.2)).unbind(1)
        return torch.stack([torch.tanh(magnitude), RANGE * wrap(expected + deviation)], dim=1)


class Discriminator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["gan"]):
    """Image of a note and its pitch to one number, high for real notes.

    Example:
        >>> discriminator = Discriminator(GANSynthSmallConfig.tiny())
        >>> discriminator(torch.zeros(2, 2, 32, 256), torch.tensor([48, 71])).shape
        torch.Size([2])
    """

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config = config
        self.template, (a, b, c, d) = Template(config), config.discriminator_channels
        layers = [
            conv(3 + self.template.n_channels, a, 4, 8, stride=(2, 4)),  # 16 x 64
            conv(a, b, 4, 4, stride=(2, 2)),  # 8 x 32
            conv(b, c, 4, 4, stride=(2, 2)),  # 4 x 16
            conv(c, d, 3, 3, stride=(1, 2)),  # 4 x 8
        ]
        self.convs = nn.ModuleList(layers)
        self.dense = kaiming(nn.Linear(4 * 8 * d, d))
        self.score = nn.Linear(d, 1)
        self.pitch = nn.Embedding(config.n_pitches, d)
        nn.init.normal_(self.pitch.weight, std=d**-0.5)

    def forward(self, image: Float[Tensor, "B 2 N F"], pitch: Int[Tensor, " B"]) -> Tensor:
        """Score images (B,), each with its pitch.

        Returns:
            A score with no scale of its own; only differences mean something.
        """
        maps, expected, index = self.template(pitch)
        magnitude, frequency = image.unbind(1)
        # A phasor: as long as the note is loud, since the phase of silence means nothing.
        length, angle = (magnitude + RANGE) / 2 / RANGE, math.pi * (frequency / RANGE - expected)
        seen = [magnitude, length * torch.cos(angle), length * torch.sin(angle)]
        x = torch.cat([torch.stack(seen, dim=1), maps], dim=1)
        for layer in self.convs:
            x = F.leaky_relu(layer(x), 0.2)
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.2)
        projection = (self.pitch(index) * x).sum(1)  # [Miyato & Koyama, eq. 3]
        return self.score(x)[:, 0] + projection  # type: ignore[no-any-return]
