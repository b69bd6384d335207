"""The systems of `benchmarks.upsampling`: each makes a clip at the high rate from one at the low rate.

A system also gets the original, which only the two oracles look at.
"""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.upsampling_clips import Clip

System = Callable[[Any, Any, int, int], Any]  # low (1, t), original (1, T), rate, ratio -> (1, T)
N_FIT, FIT_SAMPLES, N_FIT_SOUNDS, BATCH = 96, 48_000, 64, 8  # what the ridge regression sees
GAINS_DB = tuple(range(-12, 7))  # that are tried on validation speakers
MAGNITUDE_FRAMES = (2_048, 512)


def interpolations() -> dict[str, System]:
    """Interpolation without a network, whose low band is as it comes."""
    from tinyaudio.audio import interpolation

    def by(function: Any) -> System:
        return lambda low, original, rate, ratio: function(low, ratio)

    return {
        name: by(getattr(interpolation, f"upsample_{name}"))
        for name in ("nearest", "linear", "spline", "sinc")
    }


# ---------------------------------------------------------------------------- bands of noise


def noise_of_levels(levels: Any, n_samples: int, ratio: int, seed: int = 0) -> Any:
    """White noise above the low band, brought frame by frame to log-levels (12, N) of bands."""
    import torch

    from tinyaudio.models.high_band_ridge import HOP_LENGTH, N_FFT, N_HIGH
    from tinyaudio.represent.spectrum import istft, stft

    n_fft, hop = N_FFT * ratio, HOP_LENGTH * ratio
    noise = torch.randn(1, n_samples, generator=torch.Generator().manual_seed(seed))
    spectrum = stft(noise, n_fft, hop)
    n_bins = spectrum.shape[1]
    # linear in the logarithm between the bands' centres, so that there are no steps
    place = torch.arange(n_bins) / (n_bins - 1)
    width = (1 - 1 / ratio) / N_HIGH
    at = ((place - 1 / ratio) / width - 0.5).clamp(0, N_HIGH - 1)
    below = at.long().clamp(max=N_HIGH - 2)
    share = (at - below)[:, None]
    log_gain = (1 - share) * levels[below] + share * levels[below + 1]
    gain = log_gain.exp() * (place >= 1 / ratio)[:, None]
    n = min(gain.shape[1], spectrum.shape[2])
    return istft(spectrum[..., :n] * gain[None, :, :n], hop, n_samples)


def sinc_and(high: Any, low: Any, rate: int, ratio: int) -> Any:
    """The sinc's low band with a high band above it."""
    from tinyaudio.audio.interpolation import upsample_sinc
    from tinyaudio.represent.band_split import split_bands

    return upsample_sinc(low, ratio) + split_bands(high, rate, rate / 2 / ratio)[1]


class RidgeNoise:
    """Noise with the levels that a ridge regression predicts from the low band.

    Args:
        ratio: High rate over low.
        filters: That make the low rate of the sounds on which it is fitted and tuned.
    """

    def __init__(self, ratio: int, filters: Sequence[str] = ("sinc",)) -> None:
        import torch

        from tinyaudio.data.upsampling_crops import UpsamplingCrops
        from tinyaudio.models.high_band_ridge import HighBandRidge
        from tinyaudio.represent.band_split import split_bands

        self.ridge, self.filters, self.gain_db = HighBandRidge(ratio), tuple(filters), 0.0
        crops = UpsamplingCrops(
            None, ratio, FIT_SAMPLES, "train", 0, filters=self.filters, n_sounds=N_FIT_SOUNDS
        )
        for n in range(N_FIT // BATCH):
            items = [crops[i] for i in range(BATCH * n, BATCH * (n + 1))]
            audio, low = (torch.stack([item[k] for item in items]) for k in ("audio", "low"))
            self.ridge.update(low, split_bands(audio, 48_000, 24_000 / ratio)[1], n)

    def __call__(self, low: Any, original: Any, rate: int, ratio: int) -> Any:
        """The sinc with noise above it."""
        levels = self.ridge(low[None])[0] + self.gain_db / 8.685889638
        noise = noise_of_levels(levels, low.shape[1] * ratio, ratio)
        return sinc_and(noise, low, rate, ratio)

    def tune(self, clips: Sequence[Clip], ratio: int) -> float:
        """Take the gain, in dB, whose envelope error is least on these clips."""
        from tinyaudio.data.upsampling_crops import low_rate
        from tinyaudio.metrics.high_band import high_band_envelope_db

        def error(gain_db: float) -> float:
            self.gain_db = gain_db
            return sum(
                high_band_envelope_db(
                    self(low_rate(c.audio, ratio, name), None, c.sample_rate, ratio),
                    c.audio,
                    c.sample_rate,
                    c.sample_rate / 2 / ratio,
                )
                for c in clips
                for name in self.filters
            )

        self.gain_db = float(min(GAINS_DB, key=error))
        return self.gain_db


def oracle_envelope(low: Any, original: Any, rate: int, ratio: int) -> Any:
    """Noise with the original's own levels."""
    from tinyaudio.models.high_band_ridge import HOP_LENGTH, N_FFT, N_HIGH, band_levels
    from tinyaudio.represent.band_split import split_bands

    high = split_bands(original, rate, rate / 2 / ratio)[1]
    levels = band_levels(high[None], N_FFT * ratio, HOP_LENGTH * ratio, N_HIGH, 1 / ratio)[0]
    return sinc_and(noise_of_levels(levels, low.shape[1] * ratio, ratio), low, rate, ratio)


def oracle_magnitude(low: Any, original: Any, rate: int, ratio: int) -> Any:
    """The original's own spectrogram above the low band under a random phase, at the original's power."""
    import torch

    from tinyaudio.represent.band_split import split_bands
    from tinyaudio.represent.spectrum import istft, stft

    n_fft, hop = MAGNITUDE_FRAMES
    high = split_bands(original, rate, rate / 2 / ratio)[1]
    magnitude = stft(high, n_fft, hop).abs()
    turn = torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(0))
    made = istft(torch.polar(magnitude, 2 * torch.pi * turn), hop, high.shape[1])
    return sinc_and(made * high.norm() / made.norm(), low, rate, ratio)


# ---------------------------------------------------------------------------- networks


def by_spline_network(run: Any, name: str, ratio: int) -> System:
    """A U-Net or a MU-GAN, whose low band is as it comes."""
    import torch

    from tinyaudio.audio.interpolation import upsample_spline
    from tinyaudio.errors import UserError

    if name not in run.models or getattr(run.config, "ratio", None) != ratio:
        raise UserError(f"a run of {run.recipe.name} is no upsampler of ratio {ratio}")
    net = run.models[name].eval()

    @torch.no_grad()
    def system(low: Any, original: Any, rate: int, ratio: int) -> Any:
        return net(upsample_spline(low[None], ratio))[0]

    return system


def by_command(run: Any, ratio: int, **options: Any) -> System:
    """The command of a run of `upsampling`, which keeps the band that it is given.

    The clip counts as one at the run's rates, whatever its own.
    """
    from benchmarks.command import of_file
    from tinyaudio.errors import UserError

    command = run.recipe.commands.get("upsample")
    if command is None or getattr(run.config, "ratio", None) != ratio:
        raise UserError(f"a run of {run.recipe.name} is no upsampler of ratio {ratio}")
    rate = run.config.sample_rate // ratio

    def system(low: Any, original: Any, _: int, ratio: int) -> Any:
        made = of_file(run, command, "source", low, rate, **options)
        return made[:, : low.shape[1] * ratio]

    return system
