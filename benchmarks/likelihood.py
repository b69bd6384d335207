"""How many bits a sample do trained networks need for held-out sound?

Four kinds of sound, all of it held out, 16 kHz, 256 mu-law codes:

notes       procedural notes of 1 s by instruments of the test split
soundfont   recorded instruments' notes of 1 s: instruments of the test split, from the soundfont that is
            installed; without one, the package's recorded notes of held-out instruments
voices      procedural sentences by speakers of the test split
recorded    recorded speech: held-out sentences, by speakers of whom others are in the training set

Each has
runs                 causal-notes, and those of --run, each with its `bits` and
margin_bits          best_linear_bits less bits, and its standard error over the clips
best_linear_bits     control: one linear predictor of order 32 for all clips, the best that was found:
                     amplitudes or companded, plain or weighted least squares, Gaussian or logistic, global
                     or adaptive scale. All of it is fitted to and chosen on `training_seconds` of the
                     training set, the part of it that is of this kind, which favours the predictor
plain_linear_bits    control: the best one with plain least squares, which loud notes dominate
adapted_linear_bits  control: one whose coefficients are fitted to each clip that it scores. An oracle:
                     they come from the samples that they predict and cost nothing
uniform_bits         control: the uniform predictor

The same codes are scored, from the first sample on, with silence before it, so that a long receptive
field is no advantage. The linear predictors are unconditional. Networks are conditioned on the labels of
their recipe, whose bits are not counted: `wavenet` on family and pitch of notes, `speech` on phones and
pitch of procedural voices, but not on the speaker, who is held out, and on nothing in recorded speech.
`unconditional_bits` is its score on procedural voices without labels. An unconditional network is scored
on all kinds, those that it was not trained on, too; causal-notes was trained on procedural notes.

    python -m benchmarks.likelihood --json
    python -m benchmarks.likelihood --run runs/notes runs/speech
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.command import RUN, one_line_errors, open_runs, parser
from benchmarks.held_out_sound import HOP_LENGTH, KINDS, N_LEVELS, SAMPLE_RATE, Clip, Kind
from benchmarks.linear_prediction import Predictor, tuned

N_ADAPTED = 32  # training clips to choose the constants of the predictor that adapts
DEFAULT_RUN = "causal-notes"
Conditioning = Callable[
    [dict[str, Any], int], Any
]  # from labels and length in samples to a Condition


def note_condition(labels: dict[str, Any], n_samples: int) -> Any:
    """Family and pitch, as the recipe `wavenet` has them."""
    import torch

    from tinyaudio.models.condition import Condition

    return Condition(classes=torch.tensor([[labels["instrument_family"], labels["pitch"]]]))


def speech_condition(labels: dict[str, Any], n_samples: int) -> Any:
    """Phones and pitch, if there are labels, of an unknown speaker, as the recipe `speech` has them."""
    import torch

    from tinyaudio.data.speech.linguistic import N_CHANNELS, linguistic_frames
    from tinyaudio.data.speech_crops import UNKNOWN_SPEAKER
    from tinyaudio.models.condition import Condition

    frames = torch.zeros(1, N_CHANNELS, n_samples // HOP_LENGTH)
    if "phones" in labels:
        frames = linguistic_frames(labels)[None, :, : frames.shape[2]]
    return Condition(classes=torch.tensor([[UNKNOWN_SPEAKER]]), frames=frames)


# What networks of a recipe are conditioned on, for the kinds of sound whose labels it takes.
CONDITIONS: dict[str, dict[str, Conditioning]] = {
    "wavenet": {"notes": note_condition, "soundfont": note_condition},
    "speech": {"voices": speech_condition, "recorded": speech_condition},
}


def conditions_of(place: str, run: Any) -> Mapping[str, Conditioning | None]:
    """The kinds of sound that a run is scored on, each with its conditioning, None for none.

    Raises:
        UserError: The run's bits cannot be compared with the others'.
    """
    from tinyaudio.errors import UserError
    from tinyaudio.models.causal import CausalNet
    from tinyaudio.models.wavenet import WaveNet

    net = network_of(run)
    if (
        not isinstance(net, CausalNet | WaveNet)
        or net.logits.out_features != N_LEVELS
        or run.config.sample_rate != SAMPLE_RATE
    ):
        raise UserError(
            f"--run {place}: bits can be compared only of a network with a softmax over {N_LEVELS}"
            f" mu-law codes at {SAMPLE_RATE} Hz"
        )
    if isinstance(net, CausalNet) or net.config.condition is None:
        return dict.fromkeys(KINDS)
    if run.recipe.name not in CONDITIONS:
        raise UserError(
            f"--run {place}: a run of {run.recipe.name} is conditioned on more than labels; its bits"
            " cannot be compared"
        )
    return CONDITIONS[run.recipe.name]


def network_of(run: Any) -> Any:
    """The first network of a run, its only one in the recipes that are scored here."""
    return next(iter(run.models.values()))


def network_bits(
    net: Any,
    held_out: Sequence[Clip],
    condition: Conditioning | None = None,
) -> list[np.ndarray]:
    """Bits for each sample of each clip, (T,) each.

    Args:
        net: Maps codes (1, T), and a condition if it takes one, to logits (1, 256, T), column t from
            codes before t only.
        held_out: Clips.
        condition: From a clip's labels and length; None for an unconditional network.
    """
    import torch
    from torch.nn import functional as F

    found = []
    for one in held_out:
        codes = torch.from_numpy(one.codes)[None]
        conditions = [condition(one.labels, codes.shape[1])] if condition else []
        with torch.inference_mode():
            lengths = F.cross_entropy(net(codes, *conditions), codes, reduction="none")[0]
        found.append(lengths.double().numpy() / math.log(2))
    return found


def linear_bits(held_out: Sequence[Clip], predictor: Predictor, adapt: bool) -> list[np.ndarray]:
    """Bits for each sample of each clip, (T,) each."""
    return [
        (predictor.fitted_to([one.codes]) if adapt else predictor).code_lengths(one.codes)
        for one in held_out
    ]


def mean(lengths: Sequence[np.ndarray]) -> float:
    """Bits a sample over all clips."""
    return round(float(np.concatenate(lengths).mean()), 3)


def compare(kind: Kind, scored: Mapping[str, Sequence[np.ndarray]]) -> dict[str, Any]:
    """What networks and linear predictors need for the same clips.

    Args:
        kind: Sound to fit the linear predictors to, and to score.
        scored: `network_bits` of each run.
    """
    training = [one.codes for one in kind.training]
    candidates = tuned(training)
    best, plain = candidates[0], next(one for one in candidates if not one.weighted)
    adapted = tuned(training[:N_ADAPTED], adapt=True)[0]
    by_best = linear_bits(kind.held_out, best, adapt=False)
    runs = {}
    for place, by_net in scored.items():
        margins = [float((b - n).mean()) for b, n in zip(by_best, by_net, strict=True)]
        runs[place] = {
            "bits": mean(by_net),
            "margin_bits": round(mean(by_best) - mean(by_net), 3),
            "margin_standard_error": round(
                float(np.std(margins, ddof=1)) / math.sqrt(len(margins)), 3
            ),
        }
    return {
        "runs": runs,
        "best_linear_bits": mean(by_best),
        "plain_linear_bits": mean(linear_bits(kind.held_out, plain, adapt=False)),
        "adapted_linear_bits": mean(linear_bits(kind.held_out, adapted, adapt=True)),
        "uniform_bits": math.log2(N_LEVELS),
        "best_linear": str(best),
        "plain_linear": str(plain),
        "adapted_linear": str(adapted),
        "source": kind.source,
        "clips": len(kind.held_out),
        "seconds": round(sum(len(one.codes) for one in kind.held_out) / SAMPLE_RATE, 1),
        "training_seconds": round(sum(map(len, training)) / SAMPLE_RATE, 1),
    }


def measure(places: Sequence[str] = (), kinds: Sequence[str] = tuple(KINDS)) -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    runs = open_runs([DEFAULT_RUN, *places])
    conditions = {place: conditions_of(place, run) for place, run in runs.items()}
    found = {}
    for name in kinds:
        kind, scored, unconditional = KINDS[name](), {}, {}
        for place, run in runs.items():
            if name not in conditions[place]:
                continue
            condition = conditions[place][name]
            scored[place] = network_bits(network_of(run), kind.held_out, condition)
            if name == "voices" and condition:
                unlabelled = [Clip(one.codes, {}) for one in kind.held_out]
                unconditional[place] = mean(network_bits(network_of(run), unlabelled, condition))
        found[name] = compare(kind, scored)
        for place, bits in unconditional.items():
            found[name]["runs"][place]["unconditional_bits"] = bits
    return found


def main() -> None:
    options_of = parser("likelihood", __doc__)
    options_of.add_argument(
        "--run", nargs="+", default=[], metavar="RUN", help=f"{RUN}; beside {DEFAULT_RUN}"
    )
    options_of.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS], metavar="KIND")
    options = options_of.parse_args()
    with one_line_errors():
        found = measure(options.run, options.kinds)
    if options.json:
        print(json.dumps(found))
        return
    for kind, values in found.items():
        print(kind)
        for place, bits in values.pop("runs").items():
            print(f"  {place:22} " + "  ".join(f"{name} {value}" for name, value in bits.items()))
        for name, value in values.items():
            print(f"  {name:22} {value}")


if __name__ == "__main__":
    main()
