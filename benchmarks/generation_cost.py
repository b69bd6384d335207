"""What does a second of sound cost: how many answers of a network, how many bits, how much CPU time?

A row for each of the book's systems, at the size that is shipped, or that chapter 27 trains:

parameters   of all networks that take part in generation
answers      of the network for a second of sound: samples or tokens drawn, steps of diffusion, or frames
bits         of what is drawn or sent, a second, if all values are equally probable; null without such values
cpu_s        CPU time of one thread for a second of sound, in seconds; the median of the rounds

wavenet      notes at 8 kHz, sample by sample in PyTorch (`samplers.autoregressive.cached`), as codec_lm
native       the same in compiled code (`samplers.native`)
codec_lm     tokens of a residual quantizer at 31.25 frames a second, three stages, then the vocoder
vqvae        codes to frames to a waveform, as in the conversion of a voice
vocoder      mel frames to a waveform by the inverse STFT
ddpm         drums in 50 steps

    python -m benchmarks.generation_cost --json
"""

import json
import math
import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.command import parser
from benchmarks.conversion import table
from benchmarks.timing import cpu, seconds, significant

ROUNDS = 3
STAGES, CODES, FRAMES_A_SECOND = 3, 128, 31.25  # of chapter 27's codec
DDPM_STEPS = 50


def count(*nets: Any) -> int:
    """Parameters, of all."""
    return sum(p.numel() for net in nets for p in net.parameters())


def row(parameters: int, answers: float, bits: float | None, work: Callable[[], float]) -> Any:
    """One row; `work` makes some sound, and returns how many seconds of it."""
    made = [work()]
    times = [seconds(lambda: made.append(work())) for _ in range(ROUNDS)]
    return {
        "parameters": parameters,
        "answers": significant(answers),
        "bits": None if bits is None else significant(bits),
        "cpu_s": significant(statistics.median(times) / made[-1]),
    }


def wavenet(n_samples: int = 1_000) -> Any:
    """Chapter 5's."""
    from tinyaudio.samplers.autoregressive import cached

    return sample_by_sample(cached, n_samples)


def native(n_samples: int = 16_000) -> Any:
    """The same by chapter 7's compiled step."""
    from tinyaudio.samplers import native as compiled

    return sample_by_sample(compiled.native, n_samples)


def sample_by_sample(sampler: Callable[..., Any], n_samples: int) -> Any:
    """The WaveNet of notes by a sampler."""
    import torch

    from tinyaudio.checkpoints import open_run
    from tinyaudio.models.condition import Condition
    from tinyaudio.samplers.conditioned import Conditioned

    run = open_run("wavenet-notes")
    net, rate = run.models["net"], run.config.sample_rate
    asked = Conditioned(net, Condition(classes=run.config.notes.classes("flute", 60)))

    def work() -> float:
        with torch.inference_mode():
            return sampler(asked, n_samples).shape[1] / rate

    return row(count(net), rate, rate * math.log2(net.config.n_levels), work)


def codec_lm() -> Any:
    """Chapter 27's, untrained, which costs as much; its frames sound by the vocoder of notes."""
    import torch

    from tinyaudio.models.causal import CausalNet, CausalNetConfig
    from tinyaudio.samplers.autoregressive import cached
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
    from tinyaudio.samplers.vocode import vocode

    net = CausalNet(CausalNetConfig(n_levels=STAGES * CODES, layers=8)).eval()
    vocoder = shipped_vocoder("notes")
    tokens_a_second = STAGES * FRAMES_A_SECOND

    def work() -> float:
        tokens = cached(net, round(4 * tokens_a_second))
        n_frames = 2 * (tokens.shape[1] // STAGES)
        return vocode(vocoder, torch.full((1, 80, n_frames), -0.5)).shape[2] / 16_000

    bits = tokens_a_second * math.log2(CODES)
    return row(count(net, vocoder), tokens_a_second, bits, work)


def vqvae() -> Any:
    """Chapter 9's, from codes on."""
    import torch

    from tinyaudio.checkpoints import pretrained
    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
    from tinyaudio.samplers.vocode import HIGHEST, LOWEST, vocode

    net, vocoder = pretrained("vqvae-voices"), shipped_vocoder("speech")
    codes = torch.arange(125)[None] % net.config.n_codes

    def work() -> float:
        with torch.no_grad():
            frames = net.decode(net.quantizer.lookup(codes), torch.tensor([0]))
        frames[:, :80] = frames[:, :80].clamp(LOWEST, HIGHEST)
        return vocode(vocoder, frames).shape[2] / 16_000

    rate = FRAMES_A_SECOND
    return row(count(net, vocoder), rate, rate * math.log2(net.config.n_codes), work)


def vocoder() -> Any:
    """Chapter 6's, of frames with their pitch."""
    import torch

    from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
    from tinyaudio.samplers.vocode import vocode

    net, frames = shipped_vocoder("speech"), torch.zeros(1, 82, 251)

    def work() -> float:
        return vocode(net, frames).shape[2] / 16_000

    return row(count(net), 16_000 / 256, None, work)


def ddpm() -> Any:
    """Chapter 18's."""
    from tinyaudio.checkpoints import open_run

    run = open_run("ddpm-drums")
    generate = run.recipe.commands["generate"]
    seconds_a_clip = run.config.image.n_samples / run.config.sample_rate

    def work() -> float:
        clips = [*generate(run.config, run.models, seeds=range(4), sampling_steps=DDPM_STEPS)]
        return sum(clip.shape[0] for clip in clips) * seconds_a_clip

    return row(count(run.models["net"]), DDPM_STEPS / seconds_a_clip, None, work)


def measure() -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    works = (wavenet, native, codec_lm, vqvae, vocoder, ddpm)
    return {"cpu": cpu(), "systems": {work.__name__: work() for work in works}}


def main() -> None:
    options = parser("generation_cost", __doc__).parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    table({"systems": found["systems"]})
    print(found["cpu"])


if __name__ == "__main__":
    main()
