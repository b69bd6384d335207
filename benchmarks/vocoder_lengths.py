"""Does a clip of a length that was not met before take longer than one of a length that was?

The small networks of the recipes, untrained, on about two seconds, as their ``generate`` calls them.
"""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from benchmarks.timing import seconds, significant

N_FRAMES = 250  # of the steady length
N_LENGTHS = 8  # others, each met once
Vocode = Callable[[Tensor], Any]


def vocoders() -> dict[str, tuple[Vocode, Vocode]]:
    """Mel frames to a waveform: as ``generate`` does it, and all at once."""
    from tinyaudio.models.hifigan import HiFiGAN, HiFiGANConfig
    from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
    from tinyaudio.models.univnet import UnivNet, UnivNetConfig
    from tinyaudio.models.waveglow import WaveGlow, WaveGlowConfig
    from tinyaudio.models.weight_norm import folded
    from tinyaudio.samplers.vocode import vocode
    from tinyaudio.samplers.vocoder_blocks import in_blocks

    torch.manual_seed(0)
    hifigan = folded(HiFiGAN(HiFiGANConfig.tiny()))
    univnet = folded(UnivNet(UnivNetConfig.tiny()))
    waveglow = folded(WaveGlow(WaveGlowConfig.tiny()))
    istft = ISTFTVocoder(ISTFTVocoderConfig.tiny()).eval()

    def pair(net: Any, call: Callable[..., Tensor], noise: Any = None) -> tuple[Vocode, Vocode]:
        def inputs(mel: Tensor) -> list[Tensor]:
            return [mel] if noise is None else [mel, noise(mel.shape[2], 0)]

        context = net.config.context_frames
        return lambda mel: in_blocks(call, inputs(mel), context), lambda mel: call(*inputs(mel))

    def flow(mel: Tensor, z: Tensor) -> Tensor:
        return waveglow.inverse(z, mel)

    return {
        "hifigan": pair(hifigan, hifigan),
        "univnet": pair(univnet, univnet, univnet.noise),
        "waveglow": pair(waveglow, flow, waveglow.noise),
        "istft": (lambda mel: vocode(istft, mel),) * 2,  # which has blocks of its own
    }


@torch.no_grad()
def changed_over_steady(vocode: Vocode, n_frames: int, n_lengths: int) -> float:
    """Time of a frame in clips of new lengths over that in clips of one length, in turn: the median."""
    steady = torch.rand(1, 80, n_frames)
    # Many clips first, so that the lengths of blocks have been met.
    for n in range(n_frames // 10, 2 * n_frames, n_frames // 10):
        vocode(torch.rand(1, 80, n))
    vocode(steady)
    ratios = []
    for i in range(n_lengths):
        changed = torch.rand(1, 80, n_frames + (i + 1) * (-1) ** i)
        time = seconds(lambda mel=changed: vocode(mel)) / changed.shape[2]
        ratios.append(time / (seconds(lambda: vocode(steady)) / n_frames))
    return significant(statistics.median(ratios))


@torch.no_grad()
def steady_over(ours: Vocode, other: Vocode, n_frames: int, pairs: int) -> float:
    """Time of one way over that of another at one length, in turn: the median."""
    mel = torch.rand(1, 80, n_frames)
    for vocode in (ours, other):
        vocode(mel)
    ratios = [seconds(lambda: ours(mel)) / seconds(lambda: other(mel)) for _ in range(pairs)]
    return significant(statistics.median(ratios))


def lengths(n_frames: int = N_FRAMES, n_lengths: int = N_LENGTHS) -> dict[str, Mapping[str, float]]:
    """All ratios, by vocoder."""
    found = vocoders()
    own = {k: both for k, both in found.items() if k != "istft"}
    size = (n_frames, n_lengths)
    return {
        "changed_length_over_steady": {
            k: changed_over_steady(v, *size) for k, (v, _) in found.items()
        },
        "changed_length_at_once": {k: changed_over_steady(v, *size) for k, (_, v) in own.items()},
        "blocks_over_at_once": {k: steady_over(*both, *size) for k, both in own.items()},
    }
