"""What does the size of a codebook change: in bits a second, in reconstruction, in what its codes tell?

Each is trained as by ``tinyaudio train vqvae --n-codes K --batch-size 32 --steps 250``.  Everything is measured
on sentences of the eight speakers that training did not have.

codes                  size of the codebook, K
codes_used             that occur at all
perplexity             how many codes of equal probability they amount to
nominal_bits           log2 K times the codes a second, in bits a second
measured_bits          their entropy times the codes a second
mel_db                 mean difference of a mel band from its reconstruction by the same speaker, in dB
phones_from_codes      share of the codes, silence left out, whose phone is the one that the code had most
                       often in training sentences
speakers_from_codes    the same of the speaker: what should not pass

The row `mean` is without a network and without codes: every frame is the speaker's mean one in training, and
the phone and the speaker are always the most frequent ones.

    python -m benchmarks.codebooks --json
    python -m benchmarks.codebooks --sizes 16 64 --steps 100
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from benchmarks.command import one_line_errors, parser

SIZES = (16, 64, 256, 512, 1024)
STEPS = 250
BATCH = 32  # clips of 32 codes: the largest codebook begins with as many latents as it has codes
N_SENTENCES = {"train": 24, "valid": 12}  # a speaker, for what codes tell


class Labelled(NamedTuple):
    """Sentences: frames (1, 82, N), their mean (1, 82), the phones of the codes (n,), and the speaker."""

    frames: list[Any]
    means: list[Any]
    phones: list[Any]
    speakers: list[int]


def labelled(config: Any, split: str, n: int) -> Labelled:
    """The first n sentences of every speaker, of those that training takes or never takes."""
    from tinyaudio.data.voices import Voices
    from tinyaudio.metrics.conversion import phone_labels
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT
    from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums

    rate, stride = config.sample_rate, config.model.stride
    found = Labelled([], [], [], [])
    for k, name in enumerate(config.speakers):
        voices = Voices(n, rate, split, config.seed, only_speaker=int(name))
        for item in (voices[i] for i in range(n)):
            frames = mel_and_pitch(item["audio"][None], rate, N_FFT, HOP_LENGTH)
            frames = frames[:, :, : frames.shape[2] // stride * stride]
            found.frames.append(frames)
            found.means.append(mean_voice(voice_sums(frames[0]))[None])
            found.phones.append(phone_labels(item, frames.shape[2], rate)[::stride])
            found.speakers.append(k)
    return found


def guessed(known: Any, wanted: Any, codes: Any, answers: Any) -> float:
    """Share of right answers, if each code is taken for what it was most often before.

    Args:
        known: Codes (M,) from before.
        wanted: What they were, (M,).
        codes: Others (n,).
        answers: What they are, (n,).
    """
    import torch

    n_codes, n_kinds = int(max(known.max(), codes.max())) + 1, int(wanted.max()) + 1
    counts = torch.bincount(known * n_kinds + wanted, minlength=n_codes * n_kinds)
    most = counts.view(n_codes, n_kinds).argmax(1)
    return (most[codes] == answers).float().mean().item()


def told(before: Labelled, after: Labelled, codes: dict[str, list[Any]]) -> dict[str, float]:
    """What codes say of phones and speakers; `codes` of the sentences before and after."""
    import torch

    from tinyaudio.metrics.conversion import SILENCE

    def table(sentences: Labelled, coded: list[Any]) -> tuple[Any, Any, Any]:
        phones = torch.cat(sentences.phones)
        pairs = zip(sentences.speakers, coded, strict=True)
        speakers = torch.cat([torch.full_like(one, k) for k, one in pairs])
        sounding = phones != SILENCE
        return torch.cat(coded)[sounding], phones[sounding], speakers[sounding]

    known, known_phones, known_speakers = table(before, codes["train"])
    new, phones, speakers = table(after, codes["valid"])
    return {
        "phones_from_codes": guessed(known, known_phones, new, phones),
        "speakers_from_codes": guessed(known, known_speakers, new, speakers),
    }


def trained(config: Any, dataset: Any) -> Any:
    """The network after the configuration's steps, with its averaged weights."""
    from tinyaudio.data.batches import Batches
    from tinyaudio.recipes.vqvae import RECIPE
    from tinyaudio.train import State, train

    state = State(RECIPE.learners(config))
    batches = Batches(dataset, config.batch_size, seed=config.seed).from_step(0)
    for _ in train(state, batches, config.steps):
        pass
    ema = state.learners[0].ema
    assert ema is not None
    return ema.module.eval()


def row(config: Any, net: Any, before: Labelled, after: Labelled) -> dict[str, float]:
    """All measurements of one network."""
    import torch

    from tinyaudio.metrics.conversion import bits_per_second
    from tinyaudio.objectives.frames import mel_difference_db
    from tinyaudio.objectives.quantized import code_counts, perplexity
    from tinyaudio.represent.logmel import HOP_LENGTH

    n_codes, rate = config.model.n_codes, config.sample_rate / HOP_LENGTH / config.model.stride
    codes: dict[str, list[Any]] = {}
    with torch.no_grad():
        for split, sentences in (("train", before), ("valid", after)):
            pairs = zip(sentences.frames, sentences.means, strict=True)
            codes[split] = [net.encode(*pair).codes[0] for pair in pairs]
        differences = []
        for frames, mean, k in zip(after.frames, after.means, after.speakers, strict=True):
            made = net(frames, mean, torch.tensor([k]))[0]
            differences.append(mel_difference_db(made, frames))
    counts = code_counts(torch.cat(codes["valid"])[None], n_codes)
    return {
        "codes": n_codes,
        "codes_used": int((counts > 0).sum()),
        "perplexity": perplexity(counts).item(),
        "nominal_bits": rate * torch.tensor(float(n_codes)).log2().item(),
        "measured_bits": bits_per_second(torch.cat(codes["valid"]), n_codes, rate),
        "mel_db": torch.stack(differences).mean().item(),
        **told(before, after, codes),
    }


def mean_row(before: Labelled, after: Labelled) -> dict[str, float]:
    """The control: as if there were a single code."""
    import torch

    from tinyaudio.objectives.frames import mel_difference_db

    means = {}
    for k in set(before.speakers):
        mine = [f for f, one in zip(before.frames, before.speakers, strict=True) if one == k]
        means[k] = torch.cat(mine, dim=2).mean(2, keepdim=True)
    pairs = zip(after.frames, after.speakers, strict=True)
    differences = [mel_difference_db(means[k].expand_as(f), f) for f, k in pairs]
    one_code = {
        split: [torch.zeros_like(phones) for phones in sentences.phones]
        for split, sentences in (("train", before), ("valid", after))
    }
    return {
        "codes": 1,
        "codes_used": 1,
        "perplexity": 1.0,
        "nominal_bits": 0.0,
        "measured_bits": 0.0,
        "mel_db": torch.stack(differences).mean().item(),
        **told(before, after, one_code),
    }


def measure(sizes: Sequence[int], steps: int) -> dict[str, Any]:
    """The control's row, and one for each size."""
    import torch

    from tinyaudio.recipes.vqvae import RECIPE

    torch.set_num_threads(1)
    config = replace(RECIPE.tiny, batch_size=BATCH, steps=steps)
    before, after = (labelled(config, split, n) for split, n in N_SENTENCES.items())
    dataset = RECIPE.dataset(config, "train", None)  # which keeps its sentences
    found: dict[str, Any] = {"steps": steps, "rows": [mean_row(before, after)]}
    for size in sizes:
        sized = replace(config, n_codes=size)
        found["rows"].append(row(sized, trained(sized, dataset), before, after))
    return found


def main() -> None:
    options = parser("codebooks", __doc__)
    options.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=SIZES,
        help=f"of the codebook (default: {' '.join(map(str, SIZES))})",
    )
    options.add_argument("--steps", type=int, default=STEPS, help=f"of training ({STEPS})")
    given = options.parse_args()
    with one_line_errors():
        found = measure(given.sizes, given.steps)
    if given.json:
        print(json.dumps(found))
        return
    for one in found["rows"]:
        print("  ".join(f"{name} {value:.4g}" for name, value in one.items()))


if __name__ == "__main__":
    main()
