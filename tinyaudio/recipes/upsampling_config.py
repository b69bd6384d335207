"""The settings of the recipe `upsampling`, for its two networks.

See:        `tinyaudio.recipes.upsampling`.
"""

from dataclasses import dataclass, replace
from typing import Any

from tinyaudio.errors import ConfigError
from tinyaudio.models.high_band_ridge import HOP_LENGTH
from tinyaudio.models.nuwave import NuWaveConfig
from tinyaudio.models.whitened_residual import WhitenedResidualConfig
from tinyaudio.recipe import RunConfig, option
from tinyaudio.recipes.conditional import check_multiple

FILTERS = ("sinc", "stft", "chebyshev", "butterworth")


@dataclass(frozen=True)
class UpsamplingConfig(RunConfig):
    """What makes a run."""

    sample_rate: int = option(48_000, "sample rate to upsample to, in Hz", minimum=1)
    ratio: int = option(3, "this rate over that of the input: 2 or 3", minimum=2, maximum=3)
    model: str = option("whitened", "whitened, or nuwave, the paper's")
    condition_kernel: int = option(3, "taps of nuwave's condition: 3, Bi-DilConv, or 1", minimum=1)
    filters: str = option("all", "decimation filter of the input, or all of them by chance")
    n_samples: int = option(4_608, "length of a training crop, in samples", minimum=1)
    n_sounds: int = option(240, "procedural sentences that crops are taken from", minimum=1)
    learning_rate: float = option(1e-3, "learning rate of Adam", minimum=0)
    ema_decay: float = option(0.998, "decay of the weights' moving average", minimum=0, maximum=1)
    whitened: WhitenedResidualConfig = WhitenedResidualConfig.tiny()
    nuwave: NuWaveConfig = NuWaveConfig.tiny()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model not in ("whitened", "nuwave"):
            raise ConfigError("model", self.model, "must be whitened or nuwave")
        whole = self.ratio * (HOP_LENGTH if self.model == "whitened" else 1)
        check_multiple("n_samples", self.n_samples, of=whole)
        check_multiple("sample_rate", self.sample_rate, of=self.ratio)
        nuwave = replace(self.nuwave, condition_kernel=self.condition_kernel)
        object.__setattr__(self, "whitened", replace(self.whitened, ratio=self.ratio))
        object.__setattr__(self, "nuwave", nuwave)


NARROW: dict[str, Any] = {
    "whitened": WhitenedResidualConfig.narrow(),
    "nuwave": NuWaveConfig(32, 12),
}
# Crops are two samples shorter than the paper's, a whole number at either ratio.
PAPER: dict[str, Any] = {
    "model": "nuwave",
    "nuwave": NuWaveConfig.paper(),
    "batch_size": 36,
    "n_samples": 32_766,
}
SIZES = {
    "tiny": UpsamplingConfig(),
    "narrow": UpsamplingConfig(batch_size=4, n_samples=9_984, steps=600, ema_decay=0.99, **NARROW),
    "paper": UpsamplingConfig(steps=1_000_000, learning_rate=3e-5, **PAPER),
}
