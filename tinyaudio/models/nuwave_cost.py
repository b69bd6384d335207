r"""What NU-Wave costs, in multiplications with an addition each (MACs), and what a cached condition saves.

    ratio = \frac{c + n d}{n (c + d)}

c are those for the condition, d the others of a call, n the calls of a generation.  A convolution of stride 1
uses each of its weights once a sample.

Implements: `macs_per_sample`, `cached_macs_ratio`.
See:        `tinyaudio.models.nuwave`; ``python -m benchmarks.nuwave`` measures the ratio of times.
"""

from tinyaudio.models.nuwave import KERNEL, NuWaveConfig


def macs_per_sample(config: NuWaveConfig) -> tuple[int, int]:
    """Multiplications and additions that one call takes for each sample.

    Those for a whole clip, of the noise level, do not count.

    Returns:
        What follows from the condition alone, and the rest; 1,724,608 together at the paper's size.

    Example:
        >>> macs_per_sample(NuWaveConfig.paper())
        (737344, 987264)
    """
    C, L = config.channels, config.n_layers
    condition = C + L * 2 * C * C * config.condition_kernel
    layers = L * (2 * C * C * KERNEL + 2 * C * C)  # W, then R and S
    return condition, C + layers + C * C + C


def cached_macs_ratio(config: NuWaveConfig, n_steps: int) -> float:
    """The cost of a generation that computes its condition once, over that of one that does so at each step.

    Args:
        config: Size of the network.
        n_steps: Calls, 8 in the paper.

    Example:
        >>> round(cached_macs_ratio(NuWaveConfig.paper(), 8), 3)
        0.626
    """
    condition, rest = macs_per_sample(config)
    return (condition + n_steps * rest) / (n_steps * (condition + rest))
