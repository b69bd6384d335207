r"""A GANSynth small enough for one CPU core, with the positions of a pitch's harmonics given, or to be learned.

    G(z, y, \epsilon): latents, pitch and noise to an image,   D(x, y): a score

The pitch says where in the image the harmonics lie and what instantaneous frequency (IF) they have:
`tinyaudio.represent.harmonic_template`.  With the template, both networks see this as additional channels, and
IF is a deviation from what is expected.  The pitch of generated notes is then given, not learned; without it,
networks of the same layers have to find all this in the data.

Paper:      Engel, Agrawal, Chen, Gulrajani, Donahue & Roberts, "GANSynth: adversarial neural audio
            synthesis", ICLR 2019 (arXiv:1902.08710), for the picture, latents and pitch at the input, and
            blocks of upsampling and two convolutions with pixel normalization; Miyato & Koyama, "cGANs with
            projection discriminator", 2018, for the discriminator's pitch; Karras, Laine & Aila, "A
            style-based generator architecture for generative adversarial networks", 2019, for the noise input.
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
from typing import ClassVar, TypeVar

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.represent.gansynth_image import RANGE, ImageConfig
from tinyaudio.represent.harmonic_template import harmonic_template
from tinyaudio.represent.ifreq import wrap

N_NOISE = 2  # numbers a pixel
Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)
BINS_A_COLUMN = 8  # 32 columns of the last block are 256 bins


@dataclass(frozen=True)
class GANSynthSmallConfig:
    """Size of both networks, and what their picture of a note shows.

    Attributes:
        template: Whether the networks are given the positions of the harmonics.
        n_latents: Random numbers that a note is made of (D), beside its pitch and noise.
        channels: Of the generator's blocks, from 4 x 4 pixels to 32 x 32, and at full resolution.
        discriminator_channels: Of the discriminator's layers, from full resolution to 4 x 8 pixels.
        lowest_pitch: MIDI.
        n_pitches: Semitones from there on (P).
    """

    image: ClassVar[ImageConfig] = ImageConfig.small()

    template: bool = True
    n_latents: int = 64
    channels: Sequence[int] = (96, 96, 64, 32, 16)
    discriminator_channels: Sequence[int] = (32, 48, 64, 96)
    lowest_pitch: int = 48
    n_pitches: int = 24

    def __post_init__(self) -> None:
        for name, n in (("channels", 5), ("discriminator_channels", 4)):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists
            if len(getattr(self, name)) != n:
                raise ConfigError(name, getattr(self, name), f"must be {n} numbers")

    @classmethod
    def tiny(cls) -> "GANSynthSmallConfig":
        """For tests."""
        return cls(n_latents=8, channels=(8, 8, 8, 8, 4), discriminator_channels=(4, 8, 8, 8))

    @property
    def pitches(self) -> range:
        """MIDI pitches that a note can have."""
        return range(self.lowest_pitch, self.lowest_pitch + self.n_pitches)


# ---------------------------------------------------------------------------- what the template adds


class Template(nn.Module):
    """Looks up the template of a batch of pitches, or, without one, no channels and an expected IF of 0."""

    maps: Tensor  # (P, 3, F)
    expected: Tensor  # (P, N, F)

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config = config
        found = harmonic_template(config.pitches, config.image)
        maps = torch.stack([found.level, found.offset, found.parity], dim=1)
        if not config.template:
            maps, found = maps[:, :0], found._replace(expected=torch.zeros_like(found.expected))
        self.n_channels = maps.shape[1]
        self.register_buffer("maps", maps, persistent=False)
        self.register_buffer("expected", found.expected, persistent=False)

    def forward(
        self, pitch: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B K N F"], Float[Tensor, "B N F"], Int[Tensor, " B"]]:
        """Channels, expected IF in half turns, and the number of each pitch from the lowest.

        Raises:
            UserError: A pitch is out of range.
        """
        index = pitch - self.config.lowest_pitch
        if not bool(((0 <= index) & (index < self.config.n_pitches)).all()):
            low, high = self.config.pitches[0], self.config.pitches[-1]
            raise UserError(f"pitch {pitch.tolist()}: this network plays {low} to {high}")
        maps = self.maps[index][:, :, None].expand(-1, -1, self.config.image.n_frames, -1)
        return maps, self.expected[index], index


# ---------------------------------------------------------------------------- the networks


def kaiming(layer: Layer) -> Layer:
    """Initial weights that keep the scale of activations through leaky ReLU [He et al., 2015]."""
    nn.init.kaiming_normal_(layer.weight, 0.2)
    nn.init.zeros_(layer.bias)
    return layer


def conv(n_in: int, n_out: int, *size: int, stride: tuple[int, int] = (1, 1)) -> nn.Conv2d:
    """A convolution padded by half its size."""
    padding = tuple((s - 1) // 2 for s in size)
    return kaiming(nn.Conv2d(n_in, n_out, size, stride, padding))


def pixel_norm(x: Float[Tensor, "B C *pixels"]) -> Float[Tensor, "B C *pixels"]:
    """Divide by the root mean square over channels, at every pixel [Karras et al., 2018].

    Example:
        >>> pixel_norm(torch.tensor([[3.0, -3.0, 3.0]]))
        tensor([[ 1., -1.,  1.]])
    """
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class Block(nn.Module):
    """Nearest-neighbour upsampling and two convolutions, each with leaky ReLU and pixel normalization."""

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


TAGS = ["audio", "gan", "music"]


class Generator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Latents and a pitch to the picture of a note.

    Example:
        >>> generator = Generator(GANSynthSmallConfig.tiny())
        >>> generator(torch.randn(2, 8), torch.tensor([48, 71])).shape
        torch.Size([2, 2, 32, 256])
    """

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config = config
        first, *_, coarse, fine = config.channels
        self.template = Template(config)
        self.dense = kaiming(nn.Linear(config.n_latents + config.n_pitches, 16 * first))
        sizes = [(first, first, 1), *((a, b, 2) for a, b in pairwise(config.channels[:-1]))]
        self.blocks = nn.ModuleList([Block(*size) for size in sizes])
        self.bins = conv(coarse, BINS_A_COLUMN * fine, 1, 1)
        self.join = conv(fine + self.template.n_channels + N_NOISE, fine, 1, 1)
        self.image = conv(fine, 2, 1, 1)
        nn.init.normal_(self.image.weight, std=0.1 * fine**-0.5)

    def forward(
        self,
        latents: Float[Tensor, "B D"],
        pitch: Int[Tensor, " B"],
        noise: Float[Tensor, "B 2 N F"] | None = None,
    ) -> Float[Tensor, "B 2 N F"]:
        """Make one picture for each row of latents.

        Args:
            latents: From N(0, I).
            pitch: MIDI.
            noise: From N(0, 1), two numbers a pixel, for what is random from bin to bin and frame to frame,
                such as breath: its level and its phase; drawn when left out.

        Returns:
            Log magnitude in (-1, 1) and IF over pi, in [-0.8, 0.8), with the first frame's phase.

        Raises:
            UserError: A pitch is out of range, or the latents have another size.
        """
        config = self.config
        if latents.shape[1] != config.n_latents:
            raise UserError(f"{latents.shape[1]} latents: this network has {config.n_latents}")
        maps, expected, index = self.template(pitch)
        if noise is None:
            noise = torch.randn(len(maps), N_NOISE, *maps.shape[2:], device=maps.device)
        one_hot = F.one_hot(index, config.n_pitches) * config.n_pitches**0.5
        x = self.dense(torch.cat([pixel_norm(latents), one_hot], dim=1))
        x = pixel_norm(F.leaky_relu(x.unflatten(1, (-1, 4, 4)), 0.2))
        for block in self.blocks:
            x = block(x)
        # Every column becomes eight bins, where template and noise join.
        x = self.bins(x).unflatten(1, (-1, BINS_A_COLUMN)).permute(0, 1, 3, 4, 2).flatten(3)
        x = F.leaky_relu(self.join(torch.cat([x, maps, noise], dim=1)), 0.2)
        magnitude, deviation = self.image(x).unbind(1)
        return torch.stack([torch.tanh(magnitude), RANGE * wrap(expected + deviation)], dim=1)


class Discriminator(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Picture of a note and its pitch to one number, high for real notes.

    Example:
        >>> discriminator = Discriminator(GANSynthSmallConfig.tiny())
        >>> discriminator(torch.zeros(2, 2, 32, 256), torch.tensor([48, 71])).shape
        torch.Size([2])
    """

    def __init__(self, config: GANSynthSmallConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c, d = config.discriminator_channels
        self.template = Template(config)
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

    def forward(
        self, image: Float[Tensor, "B 2 N F"], pitch: Int[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """Score pictures, each with its pitch.

        Returns:
            A score with no scale of its own; only differences mean something.

        Raises:
            UserError: A pitch is out of range.
        """
        maps, expected, index = self.template(pitch)
        magnitude, frequency = image.unbind(1)
        # A phasor: its angle is the deviation of IF, its length the log magnitude, since the phase of
        # silence means nothing.
        length, angle = (magnitude + RANGE) / 2 / RANGE, math.pi * (frequency / RANGE - expected)
        seen = [magnitude, length * torch.cos(angle), length * torch.sin(angle)]
        x = torch.cat([torch.stack(seen, dim=1), maps], dim=1)
        for layer in self.convs:
            x = F.leaky_relu(layer(x), 0.2)
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.2)
        projection = (self.pitch(index) * x).sum(1)  # [Miyato & Koyama, eq. 3]
        score: Tensor = self.score(x).squeeze(1) + projection
        return score
