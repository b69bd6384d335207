"""Ways from 80 mel bands back to a waveform, for `benchmarks.vocoder`: networks, and controls without one.

A way takes a clip (1, T) and makes one as long of its mel frames.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.command import generate_with, of_file

SAMPLE_RATE = 16_000  # of the frame-rate vocoder
ROUNDS = 100  # of Griffin-Lim
Way = Callable[[Any], Any]


@dataclass(frozen=True)
class FrontEnd:
    """Mel frames at a rate, and the two controls that need nothing else."""

    sample_rate: int
    n_fft: int
    hop_length: int

    def mel(self, clip: Any) -> Any:
        """The clip's frames, a batch of one."""
        from tinyaudio.represent.logmel import log_mel

        return log_mel(clip[None], self.sample_rate, self.n_fft, self.hop_length)

    def griffin_lim(self, clip: Any) -> Any:
        """The mel bands spread over the bins again, and an estimated phase."""
        from tinyaudio.represent.logmel import N_FFT, filterbank, from_log_mel
        from tinyaudio.represent.melscale import mel_to_linear
        from tinyaudio.represent.spectrum import griffin_lim

        mels = from_log_mel(self.mel(clip)[0]) * self.n_fft / N_FFT
        magnitude = mel_to_linear(mels, filterbank(self.sample_rate, self.n_fft))
        return griffin_lim(magnitude, self.hop_length, clip.shape[1], n_iter=ROUNDS)[None]

    def noise_with_levels(self, clip: Any) -> Any:
        """White noise given the levels of the mel bands."""
        return self.noise_of(self.mel(clip), clip.shape[1])

    def noise_of(self, mels: Any, n_samples: int) -> Any:
        """The same of mel frames, a batch of one."""
        import torch

        from tinyaudio.represent.source_filter import match_levels
        from tinyaudio.represent.spectrum import istft, stft

        noise = torch.randn(1, n_samples, generator=torch.Generator().manual_seed(0))
        spectrum = stft(noise, self.n_fft, self.hop_length)
        matched = match_levels(spectrum.abs(), mels, self.sample_rate)
        return istft(torch.polar(matched, spectrum.angle()), self.hop_length, n_samples)


def by_network(net: Any, n_rounds: int | None = None) -> Way:
    """The waveform that an ISTFT vocoder makes of a clip's mel frames."""
    from tinyaudio.represent.logmel import log_mel
    from tinyaudio.samplers import vocode

    rounds = vocode.N_ROUNDS if n_rounds is None else n_rounds

    def way(clip: Any) -> Any:
        return vocode.vocode(net, log_mel(clip[None], SAMPLE_RATE), clip.shape[1], n_rounds=rounds)[
            0
        ]

    return way


def changed(net: Any, **parts: Any) -> Any:
    """The same network with other switches."""
    other = copy.deepcopy(net)
    other.config = replace(net.config, **parts)
    return other


def istft_network(run: Any, trained: bool = True) -> Any:
    """The network of a run of `istft-vocoder`, or the one that its training began with.

    Raises:
        UserError: It is another recipe's, or at another rate.
    """
    from tinyaudio.errors import UserError
    from tinyaudio.models.istft_vocoder import ISTFTVocoder
    from tinyaudio.recipe import network

    generate_with(run, ("mel_of", "rounds"))
    if run.config.sample_rate != SAMPLE_RATE:
        raise UserError(f"--run: a run at {run.config.sample_rate} Hz, not {SAMPLE_RATE}")
    if trained:
        return network(run.models, "net", ISTFTVocoder)
    return run.recipe.learners(run.config)[0].module.eval()


def istft_ways(run: Any, ablations: bool = False) -> dict[str, Way]:
    """All ways of a run of `istft-vocoder`."""
    net, untrained = istft_network(run), istft_network(run, trained=False)
    ways = {
        "istft": by_network(net),
        "istft_untrained": by_network(untrained),
        "istft_no_rounds": by_network(changed(net, n_rounds=0), n_rounds=0),
    }
    if ablations:
        bare = changed(untrained, n_rounds=0, noise=False)  # the harmonics, with matched levels
        ways |= {
            "no_noise": by_network(changed(net, noise=False)),
            "no_matching": by_network(changed(net, n_match=0)),
            "start_refined": by_network(bare),
            "start_alone": by_network(changed(bare, n_match=0), n_rounds=0),
        }
    return ways


def by_command(run: Any, **options: Any) -> Way:
    """What ``generate --mel-of`` of any run, with these options, makes of a clip, as long as the clip."""
    generate = generate_with(run, ("mel_of", *options))

    def way(clip: Any) -> Any:
        made = of_file(run, generate, "mel_of", clip, **options)
        return made[:, : clip.shape[1]]

    return way
