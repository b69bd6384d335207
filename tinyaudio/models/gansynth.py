r"""GANSynth: a whole note at once, as an image of its log magnitude and instantaneous frequency.

Paper:      Engel, Agrawal, Chen, Gulrajani, Donahue & Roberts, "GANSynth: Adversarial neural audio synthesis",
            ICLR 2019 (arXiv:1902.08710), section 3 and table 3, and its code (magenta, `models/gansynth`).
Implements: `GANSynthConfig`, `Generator`, `Discriminator`.
Differs:    Table 3 draws both convolutions of a discriminator's block equally wide, and only kernels of 3 x 3.
            As in the code, the second has the width of the block below, and the last kernel covers what is left
            of the image: 6,831,230 parameters, and 7,311,246 of the generator.
            Resolutions that are not in use yet are not computed; the code multiplies them by 0.
            Images are scaled before the networks see them (`tinyaudio.represent.gansynth_image`); in the code
            the networks begin and end with the scale.
See:        part 4, "Sound as a picture"; `tinyaudio.models.progressive` and `tinyaudio.models.growth`.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast, get_args

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.growth import Progressive, input_weight, resolution_weights
from tinyaudio.models.progressive import (
    EqualizedConv2d,
    EqualizedLinear,
    activated,
    append_minibatch_deviation,
    downscale,
    pixel_norm,
    upscale,
)
from tinyaudio.represent.image_config import ImageConfig, Kind

N_CHANNELS = 2  # of an image: log magnitude, and phase or instantaneous frequency


@dataclass(frozen=True)
class GANSynthConfig:
    """Size of both networks.

    Attributes:
        n_latents: Random numbers that a note is made of, beside its pitch.
        lowest_pitch: MIDI number of the first class.
        n_pitches: Classes, a semitone apart.
        start_frames: Height of the coarsest image.
        start_bins: Width of the coarsest image.
        n_resolutions: Each doubles height and width.
        width: Channels at the coarse resolutions, and at most.
        width_base: Channels at resolution k are at most width_base / 2^(k + 1).
        n_samples: Of a note that an image holds.
    """

    n_latents: int = 256
    lowest_pitch: int = 24
    n_pitches: int = 61
    start_frames: int = 2
    start_bins: int = 16
    n_resolutions: int = 7
    width: int = 256
    width_base: int = 4096
    n_samples: int = 64_000

    @classmethod
    def tiny(cls) -> "GANSynthConfig":
        """Images of 16 frames and 128 bins: at 4 kHz, a quarter of a second."""
        return cls(n_latents=32, n_resolutions=4, width=32, width_base=128, n_samples=960)

    @classmethod
    def paper(cls) -> "GANSynthConfig":
        """High resolution, "+ H" in the paper's tables: images of 128 frames and 1024 bins."""
        return cls()

    @classmethod
    def low_resolution(cls) -> "GANSynthConfig":
        """The paper's other size: images of 256 frames and 512 bins, from 4 and 8."""
        return cls.paper().halve_bins()

    def halve_bins(self) -> "GANSynthConfig":
        """The same for an STFT with half the frame: half the bins, and twice as many frames.

        Example:
            >>> GANSynthConfig.paper().halve_bins().image_size
            (256, 512)
        """
        return replace(self, start_frames=2 * self.start_frames, start_bins=self.start_bins // 2)

    @property
    def channels(self) -> list[int]:
        """At every resolution, from the coarsest.

        Example:
            >>> GANSynthConfig.paper().channels
            [256, 256, 256, 256, 128, 64, 32]
        """
        return [min(self.width, self.width_base >> (k + 1)) for k in range(self.n_resolutions)]

    @property
    def image_size(self) -> tuple[int, int]:
        """Frames and bins of the finest image."""
        factor = 2 ** (self.n_resolutions - 1)
        return factor * self.start_frames, factor * self.start_bins

    def image(self, kind: str, sample_rate: int) -> ImageConfig:
        """The paper's image at this size: frames of twice the bins, a quarter of a frame apart.

        Raises:
            ConfigError: There is no such kind, or a note does not fit the image.

        Example:
            >>> GANSynthConfig.paper().image("if", 16_000) == ImageConfig.paper("if", high_resolution=True)
            True
        """
        if kind not in get_args(Kind):
            raise ConfigError("kind", kind, f"must be one of {', '.join(get_args(Kind))}")
        n_frames, n_bins = self.image_size
        return ImageConfig(
            cast(Kind, kind),
            n_fft=2 * n_bins,
            hop_length=n_bins // 2,
            n_frames=n_frames,
            n_bins=n_bins,
            phase_origin="middle" if kind == "complex_mel" else "start",
            n_samples=self.n_samples,
            sample_rate=sample_rate,
            # of a sinusoid at full scale, n_fft / 4 in its bin; in mel bands the power counts
            loudest=math.log(n_bins / 2) * (2 if kind == "if_mel" else 1),
        )


class Generator(Progressive, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan"]):
    """Latents and a pitch to an image (table 3).

    Example:
        >>> generator = Generator(GANSynthConfig.tiny())
        >>> generator(torch.randn(3, 32), torch.tensor([60, 60, 72])).shape
        torch.Size([3, 2, 16, 128])
    """

    def __init__(self, config: GANSynthConfig) -> None:
        super().__init__(config.n_resolutions)
        self.config = config
        start, n_in = (config.start_frames, config.start_bins), config.n_latents + config.n_pitches
        # Around one pixel stand so many zeros that the first image comes out.
        around = (start[0] - 1, start[1] - 1)
        widths = config.channels
        first = EqualizedConv2d(n_in, widths[0], start, around)
        pairs = [(first, EqualizedConv2d(widths[0], widths[0]))]
        pairs += [(EqualizedConv2d(b, c), EqualizedConv2d(c, c)) for b, c in pairwise(widths)]
        self.blocks = nn.ModuleList([activated(*pair, normalized=True) for pair in pairs])
        outputs = [EqualizedConv2d(c, N_CHANNELS, (1, 1), gain=1) for c in widths]
        self.to_image = nn.ModuleList(outputs)

    def forward(
        self,
        latents: Float[Tensor, "B D"],
        pitch: Int[Tensor, " B"],
        progress: float | int | None = None,
    ) -> Float[Tensor, "B 2 N F"]:
        """Make one note for each row of latents.

        Args:
            latents: From N(0, I).
            pitch: MIDI numbers of the classes.
            progress: How far the network has grown; by default as far as it was trained to.

        Returns:
            Images in (-1, 1), of the final size whatever the progress.

        Raises:
            UserError: The latents have another length, or the progress is out of range.
        """
        if latents.shape[1] != self.config.n_latents:
            raise UserError(
                f"latents of {latents.shape[1]} numbers: this generator takes {self.config.n_latents}"
            )
        p = self.progress_or_own(progress)
        one_hot = F.one_hot(pitch - self.config.lowest_pitch, self.config.n_pitches)
        x = pixel_norm(torch.cat([latents, one_hot.to(latents.dtype)], 1))[:, :, None, None]
        images = []
        for k, weight in enumerate(resolution_weights(p, self.last + 1)[: math.ceil(p) + 1]):
            x = self.blocks[k](upscale(x, 2) if k else x)
            if weight:
                images.append(weight * upscale(self.to_image[k](x).tanh(), 2 ** (self.last - k)))
        return torch.stack(images).sum(0)


class Discriminator(
    Progressive, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "gan"]
):
    """An image to a score, high for real notes, and to its pitch.

    Example:
        >>> scores, logits = Discriminator(GANSynthConfig.tiny())(torch.zeros(3, 2, 16, 128))
        >>> scores.shape, logits.shape
        (torch.Size([3]), torch.Size([3, 61]))
    """

    def __init__(self, config: GANSynthConfig) -> None:
        super().__init__(config.n_resolutions)
        self.config = config
        widths = config.channels
        inputs = [activated(EqualizedConv2d(N_CHANNELS, c, (1, 1))) for c in widths]
        self.from_image = nn.ModuleList(inputs)
        last, start = widths[0], (config.start_frames, config.start_bins)
        pairs = [(EqualizedConv2d(last + 1, last), EqualizedConv2d(last, last, start, (0, 0)))]
        pairs += [(EqualizedConv2d(c, c), EqualizedConv2d(c, b)) for b, c in pairwise(widths)]
        self.blocks = nn.ModuleList([activated(*pair) for pair in pairs])
        self.score = EqualizedLinear(last, 1)
        self.classify = EqualizedLinear(last, config.n_pitches)

    def forward(
        self, image: Float[Tensor, "B 2 N F"], progress: float | int | None = None
    ) -> tuple[Float[Tensor, " B"], Float[Tensor, "B K"]]:
        """Judge images.

        Args:
            image: Of the final size, whatever the progress.
            progress: As for the generator.

        Returns:
            Scores, of which only differences mean something, and the logits of the K pitches.

        Raises:
            UserError: The images have another size, or the progress is out of range.
        """
        size = self.config.image_size
        if tuple(image.shape[2:]) != size:
            raise UserError(
                f"images of {tuple(image.shape[2:])} frames and bins: this discriminator takes {size}"
            )
        p = self.progress_or_own(progress)
        finest = math.ceil(p)
        x = self._read(image, finest)
        for k in range(finest, 0, -1):
            x = downscale(self.blocks[k](x), 2)
            if alpha := input_weight(p, k - 1):
                x = alpha * self._read(image, k - 1) + (1 - alpha) * x
        features = self.blocks[0](append_minibatch_deviation(x)).flatten(1)
        scores: Tensor = self.score(features)
        return scores.squeeze(1), self.classify(features)

    def _read(self, image: Float[Tensor, "B 2 N F"], k: int) -> Float[Tensor, "B C M G"]:
        """The features of an image at resolution k."""
        features: Tensor = self.from_image[k](downscale(image, 2 ** (self.last - k)))
        return features
