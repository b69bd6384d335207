"""A file of any rate and length to 48 kHz, in overlapping blocks without seams.

Every output sample depends on a stretch of the file that is known beforehand: what the resampling filters, the
frames, the network in each of its calls, and the crossover see.  A block is made with that much around it, and
the noise belongs to places in the sound (`tinyaudio.samplers.position_noise`), so that the length of the blocks
changes nothing but the last bits.  The band that the file has is its own in the end, whatever the network made.

A file between two models' rates, such as 44.1 kHz, is brought to the lower one for the network.  Its band
between the two comes from the file again, by the crossover.

Implements: `Upsampler`, what a network has to offer; `whitened` and `nuwave`, two that do; `open_source`;
            `UpsampledFile`.
See:        `tinyaudio.represent.crossover`; ``tinyaudio upsample``; chapter 21, "NU-Wave: up to 48 kHz".
"""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.interpolation import upsample_sinc
from tinyaudio.audio.resampling import resample
from tinyaudio.errors import UserError
from tinyaudio.models.high_band_ridge import HOP_LENGTH
from tinyaudio.models.nuwave import NuWave
from tinyaudio.models.whitened_residual import MARGIN, WhitenedResidual, fold, unfold
from tinyaudio.objectives.noise_schedule import NUWAVE, NUWAVE_FAST
from tinyaudio.objectives.upsampling import NUWAVE_DIFFUSION, WHITENED_DIFFUSION
from tinyaudio.represent.crossover import Crossover
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.diffusion import denoise
from tinyaudio.samplers.diffusion_steps import Step
from tinyaudio.samplers.diffusion_vocoder import equal_log_snr
from tinyaudio.samplers.position_noise import PositionNoise

BLOCK_S = 2.0  # of sound made at once
LOWEST_RATE = 8_000
EDGE = 72  # samples of the lower rate that the filter of `resample` sees to either side, and a little more
KEPT, GIVEN_WAY = (
    0.85,
    0.95,
)  # of half the file's rate: up to where its band is kept, from where it is replaced


@dataclass(frozen=True)
class Upsampler:
    """A trained network with its sampler.

    Attributes:
        ratio: The high rate over the low one.
        reach: Low-rate samples at either end of a stretch that `generate` cannot get right.
        generate: From a low-rate sound (1, 1, t), t a multiple of 128, and a source of noise (1, 1, ratio t)
            to the sound (1, 1, ratio t).
    """

    ratio: int
    reach: int
    generate: Callable[[Tensor, Callable[[], Tensor]], Tensor]


def whitened(net: WhitenedResidual, n_steps: int, step: Step) -> Upsampler:
    """The interpolated sound and a residual of the predicted level, out of noise of that level.

    Args:
        net: Trained.
        n_steps: Calls of the network, equally far apart in log-SNR.
        step: See `tinyaudio.samplers.diffusion_steps`.
    """
    ratio, diffusion = net.config.ratio, WHITENED_DIFFUSION
    alpha_bars = equal_log_snr(diffusion.time.schedule, n_steps)
    margin = MARGIN * ratio

    def generate(low: Float[Tensor, "1 1 t"], noise: Callable[[], Tensor]) -> Tensor:
        condition, scale = net.prepare(low)
        network = net.with_condition(condition)
        folded = lambda: fold(noise()[:, :, margin:-margin], ratio)  # noqa: E731
        *_, last = denoise(network, diffusion, alpha_bars, folded, step=step)
        return upsample_sinc(low, ratio) + F.pad(unfold(last.x) * scale, (margin, margin))

    return Upsampler(ratio, MARGIN + len(alpha_bars) * net.config.reach, generate)


def nuwave(net: NuWave, ratio: int, n_steps: int, step: Step) -> Upsampler:
    """The waveform out of noise, low band and all; 8 steps are the paper's.

    Args:
        net: Trained.
        ratio: The high rate over the low one.
        n_steps: Calls of the network; others than 8 are equally far apart in log-SNR.
        step: See `tinyaudio.samplers.diffusion_steps`; `ancestral` in the paper.
    """
    diffusion, per_call = NUWAVE_DIFFUSION, net.config.receptive_field // 2
    papers = n_steps == len(NUWAVE_FAST)
    alpha_bars = NUWAVE_FAST.alpha_bars if papers else equal_log_snr(NUWAVE, n_steps)

    def generate(low: Float[Tensor, "1 1 t"], noise: Callable[[], Tensor]) -> Tensor:
        network = net.with_low(upsample_sinc(low, ratio))
        *_, last = denoise(network, diffusion, alpha_bars, noise, step=step)
        return last.x

    return Upsampler(ratio, EDGE + -(-len(alpha_bars) * per_call // ratio), generate)


@dataclass(frozen=True)
class UpsampledFile:
    """A file at the new rate, made block by block; memory does not grow with its length.

    Iterating over it gives pieces (1, C, n), of `n_samples` in all, and a warning at the end if samples left
    [-1, 1].

    Attributes:
        file: At its own rate, below the new one, with all its channels.  They get the same noise, so that
            equal channels stay equal.
        upsampler: Made for this rate.
        sample_rate: The new one, in Hz; a multiple of the upsampler's ratio.
        seed: Of the noise.
        block_s: Length of a block, in seconds; rounded.
        device: Of the network.
    """

    file: AudioFile
    upsampler: Upsampler
    sample_rate: int
    seed: int = 0
    block_s: float | int = BLOCK_S
    device: str | torch.device = "cpu"

    @property
    def n_samples(self) -> int:
        """ceil(T sample_rate / file.sample_rate)."""
        return -(-self.file.n_samples * self.sample_rate // self.file.sample_rate)

    @property
    def crossover(self) -> Crossover:
        """Where the file's band ends."""
        half = self.file.sample_rate / 2
        return Crossover(KEPT * half, GIVEN_WAY * half, self.sample_rate)

    def __iter__(self) -> Iterator[Float[Tensor, "1 C n"]]:
        """The blocks, one behind the other."""
        source, ratio = self.file.sample_rate, self.upsampler.ratio
        # blocks begin at samples of the file that are also samples of the output, and at the network's frames
        unit = math.lcm(self.sample_rate // math.gcd(source, self.sample_rate), HOP_LENGTH * ratio)
        block = max(1, round(self.block_s * self.sample_rate / unit)) * unit
        edge = -(-EDGE * self.sample_rate // min(source, self.sample_rate // ratio))
        around = edge + self.upsampler.reach * ratio + self.crossover.reach
        margin = -(-around // unit) * unit
        beyond = 0
        for first in range(0, self.n_samples, block):
            n = min(block, self.n_samples - first)
            end = first - (-n // unit) * unit  # whole units, of which the last may be cut
            piece = self.stretch(first - margin, end + margin)[:, margin : margin + n].cpu()
            beyond += int((piece.abs() > 1).sum())
            yield piece[None]
        if beyond:
            warnings.warn(
                f"{self.file.path}: {beyond} samples left ±1 at the new rate and were clipped; make the file"
                " softer, by 3 dB for instance, if it matters",
                stacklevel=2,
            )

    @torch.no_grad()
    def stretch(self, begin: int, end: int) -> Float[Tensor, "C n"]:
        """Samples from begin to end of the new rate, wrong near both ends."""
        source, to = self.file.sample_rate, self.sample_rate
        audio = padded(self.file, begin * source // to, end * source // to).to(self.device)
        low = resample(audio, source, to // self.upsampler.ratio)[:, None]
        made = [
            self.upsampler.generate(
                low[c : c + 1], PositionNoise(self.seed, begin, end, self.device)
            )
            for c in range(len(low))
        ]
        return self.crossover.replace_low_band(torch.cat(made)[:, 0], resample(audio, source, to))


def open_source(path: Path, sample_rate: int, ratio: int) -> AudioFile:
    """The file to upsample, if there is anything to do.

    Args:
        path: An audio file, of any format.
        sample_rate: To bring it to.
        ratio: Of the network.

    Raises:
        AudioError: The file cannot be read, or a sample is no number.
        UserError: Its rate is the new one already or higher, or below 8 kHz.

    Warns:
        UserWarning: Its rate is below that of the network's input.
    """
    file = AudioFile(path, None, mono=False)
    if file.sample_rate >= sample_rate:
        raise UserError(
            f"{path}: is at {file.sample_rate} Hz already; upsampling to {sample_rate} Hz needs a lower rate"
        )
    if file.sample_rate < LOWEST_RATE:
        raise UserError(
            f"{path}: is at {file.sample_rate} Hz; there is too little sound below {LOWEST_RATE} Hz to"
            " tell a high band by"
        )
    if file.sample_rate < sample_rate // ratio:
        warnings.warn(
            f"{path}: from {file.sample_rate // 2} to {sample_rate // ratio // 2} Hz stays nearly empty: the"
            f" model was trained on input of {sample_rate // ratio} Hz, and makes what lies above",
            stacklevel=2,
        )
    return file


def padded(file: AudioFile, begin: int, end: int) -> Float[Tensor, "C T"]:
    """Samples from begin to end, with silence before the file and after it."""
    audio = file.read(max(0, begin), min(end, file.n_samples))
    before = max(0, -begin)
    return F.pad(audio, (before, end - begin - before - audio.shape[1]))
