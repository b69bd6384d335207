"""What the recipes of upsamplers that see the low rate as a spline share: material, input, scores and command.

Implements: `UpsamplerConfig`, `dataset`; `spline_of`, the networks' input; `scores`, of held-out crops;
            `file_by`, the command.
See:        `tinyaudio.recipes.audiounet` and `tinyaudio.recipes.mugan`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.interpolation import upsample_spline
from tinyaudio.data.upsampling_crops import UpsamplingCrops
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.metrics.high_band import high_band_energy_db, high_band_envelope_db
from tinyaudio.metrics.upsampling import SNR, signal_to_noise_db
from tinyaudio.recipe import RunConfig, option
from tinyaudio.samplers.upsampling import UpsampledFile, Upsampler, open_source
from tinyaudio.train import Batch

# Keywords of the commands; those about noise are without effect here.
Source = Annotated[Path | None, "audio file of a lower rate"]
To = Annotated[int, "sample rate in Hz, the run's"]
Unused = Annotated[int, "without effect: nothing is random here"]
UnusedName = Annotated[str, "without effect: there is no noise to remove"]
SPLINE_REACH = 32  # samples of the low rate, as in `tinyaudio.audio.interpolation`


@dataclass(frozen=True)
class UpsamplerConfig(RunConfig):
    """What every run of these recipes is made of."""

    sample_rate: int = option(48_000, "the new sample rate, in Hz", minimum=1)
    ratio: int = option(3, "new rate over old: 2 or 3", minimum=2, maximum=3)
    n_samples: int = option(8_448, "length of a training crop, in samples", minimum=1)
    n_sounds: int = option(240, "sentences or recordings to take crops from", minimum=1)
    filters: str = option("sinc", "low-pass filters, by commas; each crop gets one of them")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples % self.ratio:
            raise ConfigError("n_samples", self.n_samples, "must be a multiple of the ratio")

    @property
    def low_rate(self) -> int:
        """The old sample rate, in Hz."""
        return self.sample_rate // self.ratio


def dataset(config: UpsamplerConfig, split: str, folder: Path | None) -> UpsamplingCrops:
    """Crops of the user's recordings, or of procedural voices, at both rates."""
    return UpsamplingCrops(
        folder,
        config.ratio,
        config.n_samples,
        split,
        config.seed,
        sample_rate=config.sample_rate,
        filters=config.filters.split(","),
        n_sounds=config.n_sounds,
    )


def spline_of(ratio: int) -> Callable[[Batch], Float[Tensor, "B 1 T"]]:
    """Of a batch, its low rate as a cubic spline at the new rate."""
    return lambda batch: upsample_spline(batch["low"], ratio)


@torch.no_grad()
def scores(
    config: UpsamplerConfig, net: torch.nn.Module, batches: Iterable[Batch]
) -> dict[str, float]:
    """Means over held-out crops, in dB: signal-to-noise ratio, the high band's energy and envelope error."""
    found, device = [], next(net.parameters()).device
    cutoff = config.low_rate // 2
    for batch in batches:
        low = spline_of(config.ratio)({"low": batch["low"].to(device)})
        for made, audio in zip(net(low).cpu(), batch["audio"].cpu(), strict=True):
            found.append(
                {
                    "snr_db": signal_to_noise_db(made, audio, SNR),
                    "high_band_energy_db": high_band_energy_db(
                        made, audio, config.sample_rate, cutoff
                    ),
                    "high_band_envelope_db": high_band_envelope_db(
                        made, audio, config.sample_rate, cutoff
                    ),
                }
            )
    return {name: sum(one[name] for one in found) / len(found) for name in found[0]}


def file_by(
    config: UpsamplerConfig, net: torch.nn.Module, reach: int, source: Path | None, to: int
) -> UpsampledFile:
    """A file at the run's rate by a network; what it had in its own band is kept.

    Args:
        config: Of the run.
        net: Spline (B, 1, T) to sound.
        reach: Samples to either side of one that can change it.
        source: The file.
        to: The rate that is asked for, in Hz.

    Raises:
        UserError: There is no file, its rate is not below the run's, or another rate is asked for.
    """
    if to != config.sample_rate:
        raise UserError(f"--to {to}: this run makes sound at {config.sample_rate} Hz")
    if source is None:
        raise UserError("name an audio file to upsample")

    def generate(low: Tensor, noise: Callable[[], Tensor]) -> Tensor:
        made: Tensor = net(upsample_spline(low, config.ratio))
        return made

    file = open_source(source, config.sample_rate, config.ratio)
    upsampler = Upsampler(config.ratio, SPLINE_REACH + -(-reach // config.ratio), generate)
    return UpsampledFile(file, upsampler, config.sample_rate, device=next(net.parameters()).device)
