"""NU-Wave at the paper's size: what it saves to compute the condition once a generation, not at every step.

A generation is ancestral sampling in the eight steps of the fast schedule.  Weights are untrained: neither
time nor bits depend on them.

cached_over_recomputed   CPU time of a generation that computes the condition once, over that of one which does
                         so at each step; one thread, in turn, the median of five pairs
exact_mac_ratio          the same of multiplications and additions
max_difference           largest absolute difference of the two generated clips: 0
parameters               of the network
macs_per_sample          of one call

    python -m benchmarks.nuwave --json
"""

import json
from typing import Any

from benchmarks.command import one_line_errors, parser
from benchmarks.timing import ratio, seconds, significant

SAMPLES = 8_000  # a sixth of a second at 48 kHz; more than the receptive field of 6,139
PAIRS = 5


def generation(denoise: Any, n_samples: int, low: Any = None) -> Any:
    """One clip; the condition is given to the network, or is within it already."""
    from tinyaudio.objectives.diffusion import GaussianDiffusion
    from tinyaudio.objectives.diffusion_time import ContinuousLevel
    from tinyaudio.objectives.noise_schedule import NUWAVE, NUWAVE_FAST
    from tinyaudio.samplers.diffusion import sample

    diffusion = GaussianDiffusion(ContinuousLevel(NUWAVE))
    return sample(
        denoise, diffusion, NUWAVE_FAST.alpha_bars, (1, n_samples), seeds=[0], condition=low
    )


def measure(config: Any, n_samples: int, pairs: int) -> dict[str, Any]:
    """All keys."""
    import torch

    from tinyaudio.models.nuwave import NuWave
    from tinyaudio.models.nuwave_cost import cached_macs_ratio, macs_per_sample
    from tinyaudio.objectives.noise_schedule import NUWAVE_FAST

    n_steps = len(NUWAVE_FAST)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = NuWave(config).eval()
    low = torch.randn(1, 1, n_samples)

    def cached() -> Any:
        return generation(network.with_low(low), n_samples)

    def recomputed() -> Any:
        return generation(network, n_samples, low)

    over, under = [], []
    with torch.no_grad():
        difference = float((cached() - recomputed()).abs().max())  # and both are warm
        for _ in range(pairs):
            over.append(seconds(cached))
            under.append(seconds(recomputed))
    return {
        "cached_over_recomputed": ratio(over, under),
        "exact_mac_ratio": significant(cached_macs_ratio(config, n_steps)),
        "max_difference": difference,
        "parameters": sum(p.numel() for p in network.parameters()),
        "macs_per_sample": sum(macs_per_sample(config)),
        "steps": n_steps,
        "pairs": pairs,
    }


def main() -> None:
    options = parser("nuwave", __doc__)
    options.add_argument(
        "--samples", type=int, default=SAMPLES, help=f"of a clip (default: {SAMPLES})"
    )
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.models.nuwave import NuWaveConfig

        found = measure(NuWaveConfig.paper(), given.samples, PAIRS)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {value:.6g}")


if __name__ == "__main__":
    main()
