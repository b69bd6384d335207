r"""A mel vocoder at the frame rate: a small network corrects a start that signal processing makes.

The start is a sound with the right pitch, or a spectrum with the right envelope, H; white noise with
that envelope, W, stands beside it.  For every bin the network predicts a gain g, a phase offset theta
and a noise level v:

    S = e^{g + i \theta} H + e^{v} W

Its magnitudes are then given the levels of the mel bands, a few rounds of Griffin and Lim's algorithm
make it consistent, and an inverse STFT makes it a waveform.  All of that is inside the graph, and each
part can be switched off.  With its initial weights the network leaves the start as it is.

Paper:      Siuzdak, "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders for
            high-quality audio synthesis", 2023, for a ConvNeXt at the frame rate with an inverse STFT;
            Liu et al., "A ConvNet for the 2020s", 2022, for its block; Yoneyama, Miyashita, Yamamoto &
            Toda, "Wavehax: Aliasing-free neural waveform synthesis based on 2D convolution and harmonic
            prior", 2024, for a start of harmonics; Engel et al., "DDSP: Differentiable digital signal
            processing", 2020, for harmonics and filtered noise.
Implements: `ISTFTVocoder`, `ConvNeXtBlock`.
Differs:    from Vocos, which predicts magnitude and phase from nothing and learns from discriminators; from
            Wavehax, whose network is two-dimensional.  Level matching and Griffin-Lim are ours.
See:        `tinyaudio.represent.source_filter` for the start, `tinyaudio.samplers.vocode` for clips of any
            length.
"""

import math
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Complex, Float
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS, log_mel
from tinyaudio.represent.refine import refine
from tinyaudio.represent.source_filter import spectral_envelope
from tinyaudio.represent.spectrum import istft, stft

N_BINS = N_FFT // 2 + 1
KERNEL = 7  # frames
NOISE_RMS = math.sqrt(0.375 * N_FFT)  # of the STFT of white noise: sqrt(sum of the squared window)
INITIAL_NOISE = -3.0  # nepers below the envelope
LEAST, MOST = -12.0, 6.0  # nepers


@dataclass(frozen=True)
class ISTFTVocoderConfig:
    """Size of the network, and which parts are there.

    Attributes:
        sample_rate: In Hz; decides the mel bands.
        channels: Of the hidden frames.
        n_blocks: Number of ConvNeXt blocks.
        expansion: Hidden channels of a block, relative to its input.
        harmonic: Start from harmonics, which are an input, rather than from the envelope alone.
        noise: Whether there is noise beside the start.
        n_match: Rounds of level matching; 0 for none.
        n_rounds: Rounds of Griffin-Lim; 0 for none.
    """

    sample_rate: int = 16_000
    channels: int = 64
    n_blocks: int = 4
    expansion: int = 2
    harmonic: bool = True
    noise: bool = True
    n_match: int = 4
    n_rounds: int = 2

    @classmethod
    def tiny(cls) -> "ISTFTVocoderConfig":
        """0.2 million parameters, small enough for one CPU core."""
        return cls()

    @classmethod
    def large(cls) -> "ISTFTVocoderConfig":
        """Width, depth and expansion of Vocos: 14 million parameters."""
        return cls(channels=512, n_blocks=8, expansion=3)


class ConvNeXtBlock(nn.Module):
    """A convolution over time for each channel, then two linear layers for each frame.

    Args:
        channels: Of input and output.
        expansion: Factor of the hidden channels.
        scale: Initial scale of what is added to the input.

    Example:
        >>> ConvNeXtBlock(8, 2, scale=0.1)(torch.zeros(1, 8, 5)).shape
        torch.Size([1, 8, 5])
    """

    def __init__(self, channels: int, expansion: int, scale: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, expansion * channels)
        self.project = nn.Linear(expansion * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Float[Tensor, "B C N"]) -> Float[Tensor, "B C N"]:
        """Frames to frames."""
        h = self.norm(self.depthwise(x).mT)  # (B, N, C)
        h = self.project(F.gelu(self.expand(h), approximate="tanh"))
        return x + (self.scale * h).mT


class ISTFTVocoder(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "vocoder"]
):
    """Mel frames to a waveform.

    Example:
        >>> net = ISTFTVocoder(ISTFTVocoderConfig(channels=8, n_blocks=1))
        >>> net(torch.zeros(1, 80, 5), harmonics=torch.zeros(1, 1, 1_024)).shape
        torch.Size([1, 1, 1024])
    """

    def __init__(self, config: ISTFTVocoderConfig) -> None:
        super().__init__()
        self.config = config
        n_inputs = 2 * N_MELS if config.harmonic else N_MELS
        self.embed = nn.Conv1d(n_inputs, config.channels, KERNEL, padding=KERNEL // 2)
        self.norm_in = nn.LayerNorm(config.channels)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(config.channels, config.expansion, 1 / config.n_blocks)
            for _ in range(config.n_blocks)
        )
        self.norm_out = nn.LayerNorm(config.channels)
        self.head = nn.Linear(config.channels, 3 * N_BINS)
        nn.init.zeros_(self.head.weight)  # the start as it is, with little noise
        nn.init.zeros_(self.head.bias)
        nn.init.constant_(self.head.bias[2 * N_BINS :], INITIAL_NOISE)

    def forward(
        self,
        frames: Float[Tensor, "B M N"],
        harmonics: Float[Tensor, "B 1 T"] | None = None,
        noise: Float[Tensor, "B 1 T"] | None = None,
    ) -> Float[Tensor, "B 1 T"]:
        """Make a waveform of T = 256 (N - 1) samples.

        Args:
            frames: From `log_mel`.
            harmonics: From `tinyaudio.represent.source_filter.harmonic_signal`; needed if
                ``config.harmonic``, else ignored.
            noise: White, of variance 1; drawn if it is not given.
        """
        gain, turn, *level = self.predict(frames, harmonics).split(N_BINS, dim=1)
        magnitude = gain.clamp(LEAST, MOST).exp()
        envelope = spectral_envelope(frames, self.config.sample_rate)
        # S = e^{g + i theta} H + e^v W
        if self.config.harmonic and harmonics is not None:
            spectrum = torch.polar(magnitude, turn) * stft(harmonics[:, 0], N_FFT, HOP_LENGTH)
        else:
            spectrum = torch.polar(magnitude * envelope, turn)
        if self.config.noise:
            noise_level = level[0].clamp(LEAST, MOST).exp() * envelope
            spectrum = spectrum + noise_level * self.white(frames, noise)
        if self.config.n_match or self.config.n_rounds:
            spectrum = refine(
                spectrum,
                frames,
                self.config.sample_rate,
                n_match=self.config.n_match,
                n_rounds=self.config.n_rounds,
            )
        return istft(spectrum, HOP_LENGTH)[:, None]

    def predict(
        self, frames: Float[Tensor, "B M N"], harmonics: Float[Tensor, "B 1 T"] | None
    ) -> Float[Tensor, "B K N"]:
        """Gain in nepers, phase offset in radians and, if there is noise, its level in nepers, for each bin.

        K = 3 * 513, or 2 * 513 without noise.
        """
        x = frames
        if self.config.harmonic:
            if harmonics is None:
                raise TypeError("this network starts from harmonics: forward(frames, harmonics)")
            x = torch.cat([frames, log_mel(harmonics, self.config.sample_rate)], dim=1)
        x = self.norm_in(self.embed(x).mT).mT
        for block in self.blocks:
            x = block(x)
        x = self.norm_out(x.mT)
        if self.config.noise:
            return self.head(x).mT
        return F.linear(x, self.head.weight[: 2 * N_BINS], self.head.bias[: 2 * N_BINS]).mT

    @staticmethod
    def white(
        frames: Float[Tensor, "B M N"], noise: Float[Tensor, "B 1 T"] | None
    ) -> Complex[Tensor, "B F N"]:
        """The spectrum of white noise, with a mean square of 1 in every bin."""
        if noise is None:
            n_samples = (frames.shape[2] - 1) * HOP_LENGTH
            noise = torch.randn(len(frames), 1, n_samples, device=frames.device)
        return stft(noise[:, 0], N_FFT, HOP_LENGTH) / NOISE_RMS
