"""How long a note takes: GANSynth's generator against this project's WaveNet, naive, cached and native.

Seconds of one thread's CPU time for one note and for 64 of the same length.  The WaveNet is WN30 of
`benchmarks.wavenet`, with sampling.  Naive computes the whole receptive field for each sample; it is timed on
200 samples of one note, cached and native on `N_CACHED` and `N_NATIVE` of each note, and scaled to the note's
length.

The paper does not say which of these its WaveNet was.  It took 17 ms a sample; to compute the receptive field
of 30 layers of 512 channels would take 37 ms at 11 trillion operations a second, so that it is likely to have
had a cache (chapter 17, correction 12).
"""

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.timing import seconds, significant
from benchmarks.wavenet import network

# 1,077.53 s over 20 ms, for one note of 4 s on a TitanX [Engel et al. 2019, section 6]
PAPER_RATIO = 53_880
N_NAIVE, N_CACHED, N_NATIVE = 200, 200, 1_000  # samples
MANY, ROUNDS = 64, 3


def median_seconds(generate: Callable[[], Any], rounds: int) -> float:
    """CPU time of this thread, the median of some rounds after one to warm up."""
    generate()
    return statistics.median(seconds(generate) for _ in range(rounds))


def naive_seconds(net: Any, n: int) -> float:
    """Of n samples, each from a forward pass over the receptive field."""
    import torch

    from tinyaudio.samplers.autoregressive import draw

    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(net.config.n_levels, (1, net.receptive_field), generator=generator)

    def sample() -> None:
        draw(net(codes)[:, :, -1], [generator])

    with torch.inference_mode():
        sample()
        return seconds(lambda: [sample() for _ in range(n)])


def speed(generate: Callable[[int], Any], n_samples: int, net: Any = None) -> dict[str, Any]:
    """Seconds and ratios.

    Args:
        generate: Makes so many notes with GANSynth.
        n_samples: Of a note.
        net: The WaveNet; WN30 by default.
    """
    from tinyaudio.samplers.autoregressive import cached
    from tinyaudio.samplers.native import native

    net = net or network()
    naive = naive_seconds(net, N_NAIVE) * n_samples / N_NAIVE
    wavenet = {"naive": {1: naive, MANY: MANY * naive}, "cached": {}, "native": {}}
    ours = {}
    for n in (1, MANY):
        ours[n] = median_seconds(lambda n=n: generate(n), ROUNDS)  # type: ignore[misc]
        for name, sampler, timed in (("cached", cached, N_CACHED), ("native", native, N_NATIVE)):
            per_note = median_seconds(lambda s=sampler, t=timed, n=n: s(net, t, range(n)), 1)  # type: ignore[misc]
            wavenet[name][n] = per_note * n_samples / timed
    return {
        "seconds_of_one": significant(ours[1]),
        "seconds_of_64": significant(ours[MANY]),
        **{
            f"{name}_over_gansynth_{label}": significant(found[n] / ours[n])
            for name, found in wavenet.items()
            for n, label in ((1, "one"), (MANY, "64"))
        },
        "paper": PAPER_RATIO,
    }
