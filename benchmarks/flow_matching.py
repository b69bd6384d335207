r"""One network, one training, two objectives: diffusion or flow matching, at few calls of the network?

The network of `ddpm --size narrow` is trained on the same drums with the same batches, optimizer, steps and
average, once to predict v of diffusion, once the velocity of flow matching:

    tinyaudio train ddpm --size narrow --steps 1000 --ema-decay 0.995 --out runs/ddpm-1000
    tinyaudio train --recipe benchmarks/flow_drums.py --size narrow --steps 1000 --ema-decay 0.995 \
        --out runs/flow-1000

Sounds are compared as by `benchmarks.critics`, in the principal components of log-mel spectra of the training
sounds, with the test split.  A row each:

ddpm_S_N       the diffusion model by the sampler S, in N calls of its network
flow_S_N       flow matching by Euler's steps or Heun's, in N calls; Heun's are two a step
real_held_out  other sounds of the test split: what a perfect generator would have
mean           control without a network: the mean log spectrum of the training sounds, for every clip
gaussian       control without a network: draws from their Gaussian in the principal components

with `frechet_db2`, in squared dB, `coverage`, `precision` and the others of `benchmarks.critics`.  Beside them:

best_N         for each number of calls the smallest Fréchet distance of each model, diffusion first
seconds_a_call CPU time of one call of the network for one clip, one thread, either objective

    python -m benchmarks.flow_matching --json
    python -m benchmarks.flow_matching --validation --sounds 100

The last one takes the validation split.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks import critics
from benchmarks.command import one_line_errors, parser
from benchmarks.conversion import table
from benchmarks.timing import cpu, seconds, significant

DDPM_RUN, FLOW_RUN = "runs/ddpm-1000", "runs/flow-1000"
RECIPE_FILE = Path(__file__).with_name("flow_drums.py")
N_SOUNDS = 300
CALLS = (1, 2, 4, 8)
CALLS_A_STEP = {"euler": 1, "heun": 2}
ALIKE = ("model", "image", "material", "n_sounds", "batch_size", "learning_rate", "ema_decay")


def open_flow(place: str) -> Any:
    """A run of `benchmarks.flow_drums`."""
    from tinyaudio.checkpoints import open_run
    from tinyaudio.recipes import load_recipe_file

    return open_run(place, load_recipe_file(RECIPE_FILE))


def check_alike(ddpm: Any, flow: Any) -> None:
    """Refuse two runs that differ in more than the objective."""
    from tinyaudio.errors import UserError

    if ddpm.recipe.name != "ddpm":
        raise UserError("--ddpm-run: is not a run of ddpm")
    for name in (*ALIKE, "sample_rate", "seed", "steps"):
        ours, theirs = getattr(ddpm.config, name), getattr(flow.config, name)
        if ours != theirs:
            raise UserError(
                f"--flow-run: has {name} {theirs} where --ddpm-run has {ours}; train both alike"
            )


def made_by(ddpm: Any, flow: Any, n: int) -> dict[str, Any]:
    """The spectra of both models' clips, by each sampler and at each number of calls."""
    found = {}
    for calls in CALLS:
        for sampler in critics.SAMPLERS:
            options = {"sampler": sampler, "sampling_steps": calls}
            found[f"ddpm_{sampler}_{calls}"] = critics.generated(ddpm, n, **options)
        for sampler, cost in CALLS_A_STEP.items():
            if calls % cost == 0:
                options = {"sampler": sampler, "sampling_steps": calls // cost}
                found[f"flow_{sampler}_{calls}"] = critics.generated(flow, n, **options)
    return found


def rows(ddpm: Any, flow: Any, split: str, n: int) -> dict[str, Any]:
    """All rows; the reference is the half of the split's sounds that `real_held_out` is not."""
    import torch

    from tinyaudio.metrics.generative import PrincipalComponents, moments, square_root

    def real(split: str, count: int) -> Any:
        from tinyaudio.data.one_shots import OneShots

        config = ddpm.config
        sizes = (count, config.image.n_samples, config.sample_rate)
        shots = OneShots(config.material, *sizes, split, config.seed)
        clips = torch.stack([shots[i]["audio"] for i in range(count)])
        return critics.spectra(clips, config.sample_rate)

    levels = real("train", ddpm.config.n_sounds)
    loudest_db = levels.max().item()
    raw = critics.features(levels, loudest_db)
    components = PrincipalComponents(raw, critics.N_COMPONENTS)

    def place(levels: Any) -> Any:
        return components(critics.features(levels, loudest_db))

    train = place(levels)
    reference, other = place(real(split, 2 * n)).split(n)
    mean, covariance = moments(train)
    draws = torch.randn(n, critics.N_COMPONENTS, generator=torch.Generator().manual_seed(0))
    made = {key: place(levels) for key, levels in made_by(ddpm, flow, n).items()}
    made |= {
        "real_held_out": other,
        "mean": mean.expand(n, -1),
        "gaussian": mean + draws @ square_root(covariance),
    }
    return {key: critics.scores(train, reference, one) for key, one in made.items()}


def best(found: dict[str, Any]) -> dict[str, list[float]]:
    """The smallest Fréchet distances of both models at each number of calls."""
    smallest = {}
    for calls in CALLS:
        pair = []
        for model in ("ddpm", "flow"):
            names = [key for key in found if key.startswith(model) and key.endswith(f"_{calls}")]
            pair.append(min(found[key]["frechet_db2"] for key in names))
        smallest[f"best_{calls}"] = pair
    return smallest


def seconds_a_call(ddpm: Any) -> float:
    """CPU time of the network for one clip of a batch of 50."""
    import torch

    net, shape = ddpm.models["net"], ddpm.config.image.shape
    x, t = torch.zeros(50, *shape), torch.zeros(50)
    with torch.no_grad():
        times = [seconds(lambda: net(x, t)) for _ in range(4)]
    return significant(min(times[1:]) / len(x))


def measure(ddpm: Any, flow: Any, split: str, n: int) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    check_alike(ddpm, flow)
    found = rows(ddpm, flow, split, n)
    return {
        "sounds": n,
        "steps": ddpm.config.steps,
        "parameters": sum(p.numel() for p in ddpm.models["net"].parameters()),
        "seconds_a_call": seconds_a_call(ddpm),
        "cpu": cpu(),
        **best(found),
        "drums": found,
    }


def main() -> None:
    options = parser("flow_matching", __doc__)
    options.add_argument("--ddpm-run", default=DDPM_RUN, help=f"default: {DDPM_RUN}")
    options.add_argument("--flow-run", default=FLOW_RUN, help=f"default: {FLOW_RUN}")
    options.add_argument(
        "--sounds", type=int, default=N_SOUNDS, help=f"a row (default: {N_SOUNDS})"
    )
    options.add_argument("--validation", action="store_true", help="for choices, not for figures")
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        split = "valid" if given.validation else "test"
        runs = open_run(given.ddpm_run), open_flow(given.flow_run)
        found = measure(*runs, split, given.sounds)
    if given.json:
        print(json.dumps(found))
        return
    table({"drums": found.pop("drums")})
    print()
    for key, value in found.items():
        print(f"{key:16} {value}")


if __name__ == "__main__":
    main()
