"""What does WaveGAN learn from drum hits, and what from pitched notes, of the same length by the same network?

`drums` and `notes` have a table each.  Sounds are compared by log-mel spectra in dB, 17 frames of 80 bands, in
which 60 dB below the loudest level of all is silence, as where a room's reverberation time is measured; and of
these by the 32 principal components of the sounds that the run learned from.  The reference are sounds of the
test split, which no training had and on which nothing was chosen; as many are compared with it.  Rows:

wavegan        the run, one clip a seed, as its command `generate` makes them
ddpm_S_N       of drums, clips of the diffusion model by the sampler S in N calls of its network; at 1,000 calls
               no more than 100 clips, since 1,000 would take a core more than an hour; of so few,
               coverage is smaller
ddpm_S_50_few  the first 100 of the 1,000 clips at 50 calls, beside those at 1,000 calls
real_held_out  other sounds of the test split: what a perfect generator would have
mean           control without a network: the mean log spectrum of the training sounds, for every clip
gaussian       control without a network: draws from the Gaussian with the training sounds' mean and covariance
               in the principal components

and their keys:

frechet_db2           Fréchet distance from the reference, in squared dB, a mean over bands and frames: the
                      variance of the reference for `mean`, almost 0 for `gaussian`, which has its moments
ndb                   of k = 50 clusters of the training sounds, how many have another share of the clips; 2 or
                      3 by chance
coverage              share of the reference sounds that have a clip as near as their 5th nearest real one;
                      0.97 of other real ones
precision             share of the clips that are as near to some reference sound as its 5th nearest
nearest_train_ratio   median distance from the nearest training sound over that of the reference; 0 are copies

beside them in each material, `explained`: the share of the training sounds' variance in the principal
components.  Above the rows:

frechet_over_mean     Fréchet distance of the WaveGAN of drums over that of `mean`
ddpm_over_mean        the same of `ddpm_ancestral_50`; null with an empty --ddpm-run
train_step_over_peer  CPU time of a training step, critic and generator in their turns, over that of a WaveGAN
                      of equal size written straight from the paper, `benchmarks.wavegan_peer`: the median of
                      rounds in turn, one thread

`notes` is null without --notes-run: a WaveGAN of notes does not come with the package.

    python -m benchmarks.critics --json
    python -m benchmarks.critics --run runs/mine --notes-run runs/notes --ddpm-run runs/ddpm
    python -m benchmarks.critics --validation --run runs/mine

The last one takes the validation split, so that a setting can be chosen.
"""

import json
from typing import Any

from benchmarks.command import generate_with, one_line_errors, optional_run, parser
from benchmarks.conversion import table
from benchmarks.timing import cpu, ratio

RUN, DDPM_RUN = "wavegan-drums", "ddpm-drums"
N_SOUNDS, N_COMPONENTS, N_CLUSTERS = 1_000, 32, 50
SILENCE_DB = 60  # below the loudest level
BATCH = 100  # clips that are generated at once
SAMPLERS, CALLS = ("ancestral", "ddim", "dpm-solver"), (5, 10, 50, 1_000)
MANY_CALLS, FEW_SOUNDS = 1_000, 100  # with so many calls of the network, so many sounds at most


def spectra(clips: Any, sample_rate: int) -> Any:
    """Log-mel levels (N, F) of clips (N, 1, T), in dB."""
    from tinyaudio.represent.logmel import RANGE_DB, log_mel

    return RANGE_DB * log_mel(clips, sample_rate).flatten(1)


def features(levels: Any, loudest_db: float) -> Any:
    """Levels above silence, over the square root of their number.

    A squared distance of two is then the mean squared difference of their levels.
    """
    return levels.clamp(min=loudest_db - SILENCE_DB) / levels.shape[1] ** 0.5


def sounds(config: Any, split: str, n: int, skip: int = 0) -> Any:
    """The spectra of n sounds of a run's material, after some that are left out."""
    import torch

    from tinyaudio.data.one_shots import OneShots

    sizes = (skip + n, config.model.n_samples, config.sample_rate)
    shots = OneShots(config.material, *sizes, split, config.seed)
    clips = torch.stack([shots[i]["audio"] for i in range(skip, skip + n)])
    return spectra(clips, config.sample_rate)


def generated(run: Any, n: int, **options: Any) -> Any:
    """The spectra of a run's clips, of seeds 0 to n - 1; the options are those of its command."""
    import torch

    generate = generate_with(run, ("seeds", *options))
    clips = []
    for first in range(0, n, BATCH):
        seeds = range(first, min(n, first + BATCH))
        pieces = generate(run.config, run.models, seeds=seeds, **options)
        clips.append(torch.cat([*pieces], dim=2))
    return spectra(torch.cat(clips), run.config.sample_rate)


def scores(train: Any, reference: Any, made: Any) -> dict[str, float]:
    """One row; all three are principal components."""
    from tinyaudio.metrics import generative

    return {
        "frechet_db2": round(generative.frechet_distance(reference, made).item(), 3),
        "ndb": generative.n_different_bins(train, made, N_CLUSTERS),
        "coverage": round(generative.coverage(reference, made).item(), 3),
        "precision": round(generative.precision(reference, made).item(), 3),
        "nearest_train_ratio": round(
            generative.nearest_train_ratio(train, reference, made).item(), 3
        ),
    }


def diffused(run: Any, n: int) -> dict[str, Any]:
    """The spectra of a diffusion model's clips, by each sampler and at each number of calls."""
    found = {}
    for calls in CALLS:
        n_sounds = min(n, FEW_SOUNDS) if calls >= MANY_CALLS else n
        for sampler in SAMPLERS:
            options = {"sampler": sampler, "sampling_steps": calls}
            found[f"ddpm_{sampler}_{calls}"] = generated(run, n_sounds, **options)
    below = max(calls for calls in CALLS if calls < MANY_CALLS)
    for sampler in SAMPLERS:
        found[f"ddpm_{sampler}_{below}_few"] = found[f"ddpm_{sampler}_{below}"][:FEW_SOUNDS]
    return found


def rows(run: Any, split: str, n: int, ddpm_run: Any | None = None) -> dict[str, Any]:
    """All rows of a run's material."""
    import torch

    from tinyaudio.metrics.generative import PrincipalComponents, moments, square_root

    levels = sounds(run.config, "train", run.config.n_sounds)
    loudest_db = levels.max().item()
    raw = features(levels, loudest_db)
    components = PrincipalComponents(raw, N_COMPONENTS)

    def place(levels: Any) -> Any:
        return components(features(levels, loudest_db))

    train = place(levels)
    reference, other = place(sounds(run.config, split, 2 * n)).split(n)
    mean, covariance = moments(train)
    draws = torch.randn(n, N_COMPONENTS, generator=torch.Generator().manual_seed(0))
    made = {
        "wavegan": place(generated(run, n)),
        "real_held_out": other,
        "mean": mean.expand(n, -1),
        "gaussian": mean + draws @ square_root(covariance),
    }
    if ddpm_run is not None:
        made |= {key: place(levels) for key, levels in diffused(ddpm_run, n).items()}
    found: dict[str, Any] = {key: scores(train, reference, one) for key, one in made.items()}
    explained = covariance.trace() / moments(raw)[1].trace()
    return {"explained": round(explained.item(), 3), **found}


def measure(
    run: Any, notes_run: Any | None, ddpm_run: Any | None, split: str, n: int
) -> dict[str, Any]:
    import torch

    from benchmarks.wavegan_peer import step_times
    from tinyaudio.errors import UserError

    torch.set_num_threads(1)
    for one, material, option in ((run, "drums", "run"), (notes_run, "notes", "notes-run")):
        if one is not None and getattr(one.config, "material", None) != material:
            raise UserError(f"--{option}: is not a run of wavegan with --material {material}")
    check_alike(run, ddpm_run)
    drums = rows(run, split, n, ddpm_run)
    mean, ours = (drums[key]["frechet_db2"] for key in ("mean", "wavegan"))
    ddpm = drums.get("ddpm_ancestral_50", {}).get("frechet_db2")
    return {
        "sounds": n,
        "frechet_over_mean": round(ours / mean, 3),
        "ddpm_over_mean": None if ddpm is None else round(ddpm / mean, 3),
        "train_step_over_peer": ratio(*step_times(run.config)),
        "cpu": cpu(),
        "drums": drums,
        "notes": rows(notes_run, split, n) if notes_run is not None else None,
    }


def check_alike(run: Any, ddpm_run: Any | None) -> None:
    """Refuse a diffusion model of something else than a run's drums."""
    from tinyaudio.errors import UserError

    if ddpm_run is None:
        return
    image = getattr(ddpm_run.config, "image", None)
    theirs = (
        ddpm_run.recipe.name,
        getattr(ddpm_run.config, "material", None),
        getattr(image, "n_samples", None),
        ddpm_run.config.sample_rate,
    )
    ours = ("ddpm", "drums", run.config.model.n_samples, run.config.sample_rate)
    if theirs != ours:
        raise UserError(
            "--ddpm-run: is not a run of ddpm with --material drums, of the length and rate of --run"
        )


def main() -> None:
    options = parser("critics", __doc__)
    options.add_argument("--run", default=RUN, help=f"of wavegan, on drums (default: {RUN})")
    options.add_argument("--notes-run", default="", help="the same on notes (default: none)")
    ddpm_help = f'of ddpm, on drums; "" for none (default: {DDPM_RUN})'
    options.add_argument("--ddpm-run", default=DDPM_RUN, help=ddpm_help)
    options.add_argument(
        "--sounds", type=int, default=N_SOUNDS, help=f"a row (default: {N_SOUNDS})"
    )
    options.add_argument("--validation", action="store_true", help="for choices, not for figures")
    given = options.parse_args()
    with one_line_errors():
        from tinyaudio.checkpoints import open_run

        notes_run, ddpm_run = optional_run(given.notes_run), optional_run(given.ddpm_run)
        split = "valid" if given.validation else "test"
        found = measure(open_run(given.run), notes_run, ddpm_run, split, given.sounds)
    if given.json:
        print(json.dumps(found))
        return
    table({key: found[key] for key in ("drums", "notes")})
    print()
    for key in ("frechet_over_mean", "ddpm_over_mean", "train_step_over_peer"):
        print(f"{key} {found[key]}")


if __name__ == "__main__":
    main()
