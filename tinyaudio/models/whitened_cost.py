r"""What the whitened residual costs: multiplications with an addition each (MACs), a second of sound.

    \text{macs} = \frac{f_s}{r} (c + n d)

c are those for the condition, once a generation, d the others of a call, n the calls; all at the low rate
f_s / r.  A convolution of stride 1 uses each of its weights once a sample.  The ridge, the resampling filters
and the crossover do not count.

Implements: `macs_per_second`.
See:        `tinyaudio.models.whitened_residual`; ``python -m benchmarks.streaming`` prints it beside the time.
"""

from tinyaudio.models.high_band_ridge import N_HIGH
from tinyaudio.models.nuwave import KERNEL
from tinyaudio.models.whitened_residual import WhitenedResidualConfig


def macs_per_second(
    config: WhitenedResidualConfig, n_steps: int, sample_rate: int = 48_000
) -> float:
    """Multiplications and additions for a second of one channel.

    Args:
        config: Size of the network.
        n_steps: Calls of the network, 8 by default in ``tinyaudio upsample``.
        sample_rate: The high one, in Hz.

    Example:
        >>> f"{macs_per_second(WhitenedResidualConfig.narrow(), 8) / 1e9:.1f} billion"
        '52.5 billion'
    """
    C, L, r = config.channels, config.n_layers, config.ratio
    condition = (N_HIGH + 3) * C * KERNEL + L * 2 * C * C
    layers = L * (2 * C * C * KERNEL + 2 * C * C)
    rest = r * C + layers + C * C + C * r
    return sample_rate / r * (condition + n_steps * rest)
