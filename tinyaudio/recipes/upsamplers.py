"""What the recipes of upsamplers that see the low rate as a spline share: material, input and scores.

Implements: `UpsamplerConfig`, `dataset`; `spline_of`, the networks' input; `scores`, of held-out crops.
See:        `tinyaudio.recipes.audiounet` and `tinyaudio.recipes.mugan`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.interpolation import upsample_spline
from tinyaudio.data.upsampling_crops import UpsamplingCrops
from tinyaudio.errors import ConfigError
from tinyaudio.metrics.high_band import high_band_energy_db, high_band_envelope_db
from tinyaudio.metrics.upsampling import SNR, signal_to_noise_db
from tinyaudio.recipe import RunConfig, option
from tinyaudio.train import Batch

RATIOS = (2, 3)


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
    """Means over held-out crops: signal-to-noise ratio, and the high band's energy and envelope error, in dB."""
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
