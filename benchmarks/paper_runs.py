r"""What a run of paper size would cost, by arithmetic: nothing of this was run here.

    hours = \frac{FLOPs\ a\ step \times steps}{peak \times utilization \times 3600}

PyTorch counts the floating-point operations of one step, forward and backward, of all losses, on one or
a few clips; they grow in proportion to the batch and to the clip's length.  What back-translation generates,
compiled code computes, and is not counted.  Peak and price of a card and the share of the peak that small
convolutions reach are assumptions.

Implements: `count`, of one recipe; the record ``book/records/paper-runs.json``.
See:        the chapter "Growing up"; `hours` in ``tools/book/paper_runs.py``;
            ``python -m benchmarks.paper_runs --json`` takes some CPU minutes.
"""

import json
import sys
from dataclasses import fields, replace
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.command import parser
from tinyaudio.errors import UserError
from tools.book.paper_runs import hours

# Recipes with a size that is a paper's, or that its authors published, and its name.
SIZES = {
    "gansynth": "paper",
    "wavegan": "paper",
    "audiounet": "paper",
    "upsampling": "paper",
    "ddpm": "paper",
    "hifigan": "v1",
    "wavegrad": "paper",
    "univnet": "c32",
    "mugan": "paper",
    "wavenet": "paper",
    "diffwave": "paper",
    "vqvae-wavenet": "paper",
    "wavenet-autoencoder": "paper",
    "waveglow": "paper",
    "translation-wavenet": "paper",
    "singing-wavenet": "paper",
}
CLIPS = {"gansynth": 2, "mugan": 2, "vqvae-wavenet": 2}  # else one
SHORTER = {"translation-wavenet": 3}  # six decoders: a third of the clip fits the memory
PEAK_TFLOPS = 312.0  # of an A100's bfloat16, NVIDIA's data sheet
UTILIZATION = 0.2  # assumed: convolutions of 32 to 512 channels are far from the peak
DOLLARS_AN_HOUR = 2.0  # assumed: an order of magnitude of what clouds ask for such a card


class Counter(TorchDispatchMode):
    """Adds up PyTorch's own counts of what convolutions and matrix products compute, also backward.

    `torch.utils.flop_counter.FlopCounterMode` does, too, but not where a loss differentiates by itself, as
    a gradient penalty does.
    """

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute, and count."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if formula := flop_registry.get(func._overloadpacket):
            self.total += formula(*args, **kwargs, out_val=result)
        return result


def count(name: str, size: str) -> dict[str, Any]:
    """Parameters, operations a step, batch and steps of a recipe at a size."""
    import torch
    from torch.utils.data import default_collate

    from tinyaudio.models import fused
    from tinyaudio.recipes import load_recipe

    # What compiled code computes in training, PyTorch cannot count.
    fused.unsupported = lambda net: "its operations are counted"
    recipe, n = load_recipe(name), CLIPS.get(name, 1)
    config = recipe.sizes[size]
    few = {"n_sounds": 4} if any(f.name == "n_sounds" for f in fields(config)) else {}
    if shorter := SHORTER.get(name):
        few["n_samples"] = config.n_samples // shorter
    clips = recipe.dataset(replace(config, **few), "train", None)
    batch = default_collate([clips[i] for i in range(n)])
    learners, flops = recipe.learners(config), 0.0
    for one in learners:
        parameters = [p for p in one.module.parameters() if p.requires_grad]
        with Counter() as counter:
            loss, _ = one.loss(batch, config.steps - 1)  # networks that grow have grown
            torch.autograd.grad(loss, parameters, allow_unused=True)
        flops += counter.total * SHORTER.get(name, 1) / n / one.every
    return {
        "size": size,
        "parameters": sum(p.numel() for one in learners for p in one.module.parameters()),
        "seconds_a_clip": batch["audio"].shape[-1] * SHORTER.get(name, 1) / config.sample_rate,
        "batch": config.batch_size,
        "steps": config.steps,
        "flops_a_step": float(f"{flops * config.batch_size:.4g}"),
        "flops": float(f"{flops * config.batch_size * config.steps:.4g}"),
    }


def main() -> None:
    options = parser("paper_runs", __doc__)
    options.add_argument("recipes", nargs="*", default=[*SIZES], help="by default, all")
    wanted = options.parse_args()
    if unknown := [name for name in wanted.recipes if name not in SIZES]:
        options.error(f"no size of a paper for {', '.join(unknown)}; there are {', '.join(SIZES)}")
    found = {}
    for name in wanted.recipes:
        try:
            found[name] = count(name, SIZES[name])
        except (RuntimeError, UserError) as error:
            print(name, str(error).splitlines()[0], file=sys.stderr, flush=True)
            continue
        print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    record = {
        "assumed": {
            "card": "A100, bfloat16",
            "peak_tflops": PEAK_TFLOPS,
            "utilization": UTILIZATION,
            "dollars_an_hour": DOLLARS_AN_HOUR,
        },
        "run_here": False,
        "recipes": found,
    }
    if wanted.json:
        print(json.dumps(record, indent=1))
    else:
        for name, one in found.items():
            n_hours = hours(one["flops"], PEAK_TFLOPS, UTILIZATION)
            print(f"{name:20} {one['flops']:.1e} FLOPs, {n_hours:8.1f} h")


if __name__ == "__main__":
    main()
