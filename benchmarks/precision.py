"""Does bfloat16 pay on this CPU?  Seconds of a step in bfloat16 over float32, of every recipe at tiny size.

Both take turns on the same batch, so that other work on the machine slows both down; CPU time of one
thread.  The loss is compared as well: how far rounding moves it.

Implements: `measure`; the record ``book/records/precision.json``.
See:        the chapter "Growing up"; ``python -m benchmarks.precision --json`` takes two CPU minutes.
"""

import json
import sys
from typing import Any

from benchmarks.command import parser
from benchmarks.timing import cpu, ratio, seconds, significant

ROUNDS = 3
CLIPS = {"vqvae": 16}  # a codebook begins with as many latents as it has codes; else 4


def measure(name: str) -> dict[str, Any]:
    """The ratio of the times of a step, and the relative difference of the first losses."""
    import torch
    from torch.utils.data import default_collate

    from tinyaudio.microbatches import micro_batch_loss
    from tinyaudio.recipes import load_recipe
    from tinyaudio.train import State, train

    torch.set_num_threads(1)
    recipe = load_recipe(name)
    clips = recipe.dataset(recipe.tiny, "train", None)
    batch = default_collate([clips[i] for i in range(CLIPS.get(name, 4))])

    def trainer(bf16: bool) -> tuple[State, Any]:
        torch.manual_seed(0)
        state = State(recipe.learners(recipe.tiny))
        for one in state.learners:
            one.every, one.loss = 1, micro_batch_loss(one, bf16=bf16)
        return state, train(state, [batch] * (ROUNDS + 1), ROUNDS + 1)

    (exact, steps_32), (rounded, steps_16) = trainer(False), trainer(True)
    losses = []
    for state, steps in ((exact, steps_32), (rounded, steps_16)):
        torch.manual_seed(1)
        next(steps)  # the first step also prepares
        losses.append(sum(v for k, v in state.logs.items() if k.endswith("/loss")))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, steps in zip(times, (steps_32, steps_16), strict=True):
            kept.append(seconds(lambda steps=steps: next(steps)))
    return {
        "seconds_float32": significant(sorted(times[0])[ROUNDS // 2]),
        "bf16_over_float32": ratio(times[1], times[0]),
        "loss_changes_by": significant(abs(losses[1] - losses[0]) / max(abs(losses[0]), 1e-3)),
    }


def main() -> None:
    from tinyaudio.errors import UserError
    from tinyaudio.recipes import NAMES

    options = parser("precision", __doc__)
    options.add_argument("recipes", nargs="*", default=[*NAMES], help="by default, all")
    wanted, found = options.parse_args(), {}
    for name in wanted.recipes:
        try:
            found[name] = measure(name)
        except (RuntimeError, UserError) as error:  # an operation that has no bfloat16
            found[name] = {"fails": str(error).splitlines()[0]}
        print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    if wanted.json:
        print(json.dumps({"cpu": cpu(), "recipes": found}, indent=1))


if __name__ == "__main__":
    main()
