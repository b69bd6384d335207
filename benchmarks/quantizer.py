"""How well does a codebook cover what it quantizes, beside the quantizer that most people install?

The peer is `vector-quantize-pytorch`, at its defaults and at its best setting; ours is `VectorQuantizer` with
a k-means start, a running average and the reset of dead codes. Two kinds of latents, each in steps of 1,024
vectors that both get in the same order, no encoder learning:

toy     8 channels, 256 narrow Gaussian clusters in equal use; 256 codes, 200 steps
real    16 channels, the principal components of pairs of frames of log mel of procedural voices; 256 codes,
        400 steps; scored on voices of other speakers

For both sides the setting with the least squared error on a validation seed is taken, of those in `OURS` and
`PEERS`, then measured on other seeds; a number is the mean over these.

perplexity_fraction         of the codes that held-out toy latents get, over the number of clusters
perplexity_over_peer_best   over the peer's
mse_over_peer_best          mean squared error over the peer's; less is better
step_time_over_peer         CPU time of a training step, forward pass and update, on the toy over the peer's
                            at its best setting: the median over rounds in turn
toy, real                   for `ours`, `ours_default`, `peer_default` and `peer_best`: `perplexity`, `mse`
                            and the setting; for real latents the two ratios, too

Keys of the peer are null where it is not installed:

    pip install vector-quantize-pytorch
    python -m benchmarks.quantizer --json
"""

import importlib.util
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.command import parser
from benchmarks.timing import cpu, significant

N_CODES, N_VECTORS = 256, 1_024  # codes, and latents a step
STEPS = {"toy": 200, "real": 400}
VALIDATION_SEED, SEEDS = 100, (0, 1, 2)
N_HELD_OUT = 16_384  # toy latents that are scored
N_VOICES = {"train": 60, "test": 20}
ROUNDS, STEPS_A_ROUND = 15, 20  # of the times
OURS = [{"dead": dead} for dead in (0.1, 0.3, 0.5)]  # the middle one is the default
PEERS: list[dict[str, Any]] = [
    {
        "kmeans_init": kmeans,
        "threshold_ema_dead_code": dead,
        "decay": decay,
        "rotation_trick": trick,
    }
    for kmeans, dead, decay, trick in itertools.product(
        (False, True), (0, 1, 2), (0.8, 0.99), (False,)
    )
]
# The rotation trick changes gradients to an encoder, of which there is none here; it costs time.
Quantize = Callable[[Any], tuple[Any, Any]]  # latents (M, D) to quantized ones and codes (M,)


# ---------------------------------------------------------------------------- latents


def toy_latents(seed: int) -> Callable[[int], Any]:
    """Draws that many latents of 256 clusters, the centres 50 times as far spread as a cluster."""
    import torch

    g = torch.Generator().manual_seed(seed)
    centres = 5 * torch.randn(256, 8, generator=g)

    def draw(n: int) -> Any:
        chosen = torch.randint(len(centres), (n,), generator=g)
        return centres[chosen] + 0.1 * torch.randn(n, 8, generator=g)

    return draw


def voice_latents() -> tuple[Any, Any]:
    """Principal components of voices, (M, 16) to train on and (M, 16) to score."""
    import torch

    from tinyaudio.data.voices import Voices
    from tinyaudio.represent.logmel import log_mel

    pairs = {}
    for split, n in N_VOICES.items():
        voices = Voices(n, split=split)
        frames = torch.cat([log_mel(voices[i]["audio"][None], 16_000)[0] for i in range(n)], 1).T
        pairs[split] = frames[: len(frames) // 2 * 2].reshape(-1, 160)
    mean = pairs["train"].mean(0)
    axes = torch.linalg.svd(pairs["train"] - mean, full_matrices=False).Vh[:16].T
    return (pairs["train"] - mean) @ axes, (pairs["test"] - mean) @ axes


def drawn_from(latents: Any, seed: int) -> Callable[[int], Any]:
    """Draws that many of some latents."""
    import torch

    g = torch.Generator().manual_seed(seed)
    return lambda n: latents[torch.randint(len(latents), (n,), generator=g)]


# ---------------------------------------------------------------------------- quantizers


def our_steps(batches: Iterator[Any], n_channels: int, dead: float = 0.3) -> Iterator[Quantize]:
    """Trains our codebook a step at a time; yields what it does then."""
    from tinyaudio.models.quantizer import VectorQuantizer
    from tinyaudio.objectives.quantized import (
        commitment_loss,
        ema_update,
        kmeans_start,
        reset_dead_codes,
    )

    quantizer = VectorQuantizer(N_CODES, n_channels)

    def quantize(latents: Any) -> tuple[Any, Any]:
        quantized, codes = quantizer(latents.T[None])
        return quantized[0].T, codes[0]

    for step, batch in enumerate(batches):
        latents = batch.T[None]
        if step == 0:
            kmeans_start(quantizer, latents)
        _, codes = quantizer(latents)
        commitment_loss(latents, quantizer.lookup(codes))  # which the peer computes, too
        ema_update(quantizer, latents, codes)
        reset_dead_codes(quantizer, latents, codes, dead)
        yield quantize


def peer_steps(batches: Iterator[Any], n_channels: int, **setting: Any) -> Iterator[Quantize]:
    """Trains the peer's codebook likewise."""
    from vector_quantize_pytorch import VectorQuantize

    net = VectorQuantize(dim=n_channels, codebook_size=N_CODES, **setting)

    def quantize(latents: Any) -> tuple[Any, Any]:
        net.eval()
        quantized, codes, _ = net(latents[None])
        net.train()
        return quantized[0], codes[0]

    for batch in batches:
        net(batch[None])
        yield quantize


def trained(
    steps: Callable[..., Iterator[Quantize]],
    setting: Mapping[str, Any],
    draw: Callable[[int], Any],
    n_steps: int,
    seed: int,
) -> Quantize:
    """A codebook after so many steps."""
    import torch

    torch.manual_seed(seed)
    first = draw(N_VECTORS)
    batches = itertools.chain([first], (draw(N_VECTORS) for _ in range(n_steps - 1)))
    *_, last = steps(batches, first.shape[1], **setting)
    return last


def score(quantize: Quantize, latents: Any) -> dict[str, float]:
    """How held-out latents are covered."""
    from tinyaudio.objectives.quantized import code_counts, perplexity

    quantized, codes = quantize(latents)
    return {
        "perplexity": perplexity(code_counts(codes[None], N_CODES)).item(),
        "mse": (quantized - latents).square().mean().item(),
    }


# ---------------------------------------------------------------------------- tables


def scores_of(
    kind: str,
    voices: tuple[Any, Any] | None,
    steps: Callable,
    setting: Mapping[str, Any],
    seed: int,
) -> dict[str, float]:
    """One setting on one seed."""
    draw = toy_latents(seed) if voices is None else drawn_from(voices[0], seed)
    quantize = trained(steps, setting, draw, STEPS[kind], seed)
    return score(quantize, draw(N_HELD_OUT) if voices is None else voices[1])


def table(kind: str, voices: tuple[Any, Any] | None, with_peer: bool) -> dict[str, Any]:
    """Both sides, at their defaults and at their best setting."""

    def best(steps: Callable, settings: list[dict[str, Any]]) -> dict[str, Any]:
        def error(setting: dict[str, Any]) -> float:
            return scores_of(kind, voices, steps, setting, VALIDATION_SEED)["mse"]

        return min(settings, key=error)

    rows: dict[str, tuple[Callable, dict[str, Any]]] = {
        "ours": (our_steps, best(our_steps, OURS)),
        "ours_default": (our_steps, {}),
    }
    if with_peer:
        rows["peer_default"] = (peer_steps, {})
        rows["peer_best"] = (peer_steps, best(peer_steps, PEERS))
    found: dict[str, Any] = {"peer_default": None, "peer_best": None}
    for name, (steps, setting) in rows.items():
        all_scores = [scores_of(kind, voices, steps, setting, seed) for seed in SEEDS]
        means = {k: significant(statistics.mean(s[k] for s in all_scores)) for k in all_scores[0]}
        found[name] = means | {"setting": setting}
    ours, other = found["ours"], found["peer_best"]
    for quantity in ("perplexity", "mse"):
        over = significant(ours[quantity] / other[quantity]) if other else None
        found[f"{quantity}_over_peer_best"] = over
    return found


def time_ratio(setting: Mapping[str, Any], peer_setting: Mapping[str, Any]) -> float:
    """Time of our steps over the peer's, rounds in turn."""
    batch = toy_latents(0)(N_VECTORS)
    ways = [
        our_steps(itertools.repeat(batch), 8, **setting),
        peer_steps(itertools.repeat(batch), 8, **peer_setting),
    ]
    for way in ways:  # the start, and what is compiled or cached
        for _ in range(3):
            next(way)
    ratios = []
    for _ in range(ROUNDS):
        times = []
        for way in ways:
            start = time.thread_time()
            for _ in range(STEPS_A_ROUND):
                next(way)
            times.append(time.thread_time() - start)
        ratios.append(times[0] / times[1])
    return significant(statistics.median(ratios))


def measure() -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    with_peer = importlib.util.find_spec("vector_quantize_pytorch") is not None
    if not with_peer:
        hint = "pip install vector-quantize-pytorch"
        print(f"the peer is not installed ({hint}); its keys are null", file=sys.stderr)
    toy = table("toy", None, with_peer)
    real = table("real", voice_latents(), with_peer)
    ours, peer_best = toy["ours"]["setting"], toy["peer_best"] and toy["peer_best"]["setting"]
    return {
        "perplexity_fraction": significant(toy["ours"]["perplexity"] / 256),
        "perplexity_over_peer_best": toy["perplexity_over_peer_best"],
        "mse_over_peer_best": toy["mse_over_peer_best"],
        "step_time_over_peer": time_ratio(ours, peer_best) if with_peer else None,
        "targets": {
            "perplexity_fraction": 0.85,
            "perplexity_over_peer_best": 0.98,
            "mse_over_peer_best": 1.02,
            "step_time_over_peer": 1.05,
        },
        "toy": toy,
        "real": real,
        "cpu": cpu(),
    }


def show(found: Mapping[str, Any]) -> None:
    """The tables as text."""
    for name, target in found["targets"].items():
        print(f"{name:26} {found[name]}  (target {target})")
    for kind in ("toy", "real"):
        print(f"\n{kind}")
        for name, row in found[kind].items():
            print(f"  {name:26} {row}")


def main() -> None:
    options = parser("quantizer", __doc__).parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
