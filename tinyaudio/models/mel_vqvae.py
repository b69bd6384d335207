r"""VQ-VAE on frames of acoustic features: mel bands, log-F0 and voicing, in and out.

    y -> z_e = E(y - mean) -> z_q = nearest code -> \hat{y} = D(z_q, speaker)

The paper's WaveNet decoder takes seconds for a second of sound, and hours to train.  Here encoder and
decoder are small convolutional networks at the frame rate, and a vocoder makes the waveform of their
frames.  The encoder's input is relative to the mean of the recording's voiced frames, which says who speaks;
the decoder, given the speaker, has to restore it.  Likelihood is that of a Laplace distribution around the
reconstruction: the loss is an absolute difference.

Paper:      van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", 2017
            (arXiv:1711.00937), for the model; Chorowski, Weiss, Bengio & van den Oord, "Unsupervised
            speech representation learning using WaveNet autoencoders", 2019 (arXiv:1901.08810), for an
            encoder of spectral features.
Implements: `MelVQVAE`, `MelVQVAEConfig`, `ResidualBlock`.
Differs:    from both, in that the decoder makes frames and no waveform, and the encoder's input is relative.
See:        `tinyaudio.represent.prosody` for the frames; `tinyaudio.models.istft_vocoder` for the vocoder;
            the chapter on VQ-VAE and voice conversion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import ConfigError
from tinyaudio.models.quantizer import Quantized, VectorQuantizer
from tinyaudio.represent.logmel import N_MELS
from tinyaudio.represent.prosody import N_CHANNELS, relative_frames


@dataclass(frozen=True)
class MelVQVAEConfig:
    """Size of a `MelVQVAE`.

    Attributes:
        n_codes: Size of the codebook (K).
        latent_channels: Of a code's vector (D).
        channels: Of every convolution.
        stride: Frames a code.
        n_speakers: That the decoder can sound like.
        speaker_channels: Of a speaker's embedding.
        encoder_dilations: Of the residual blocks before the stride, and again after it.
        decoder_dilations: Of those at the frame rate.
    """

    n_codes: int = 512
    latent_channels: int = 64
    channels: int = 96
    stride: int = 2
    n_speakers: int = 8
    speaker_channels: int = 64
    encoder_dilations: Sequence[int] = (1, 2)
    decoder_dilations: Sequence[int] = (1, 2, 4, 1)

    def __post_init__(self) -> None:
        if self.stride < 2 or self.stride % 2:
            raise ConfigError("stride", self.stride, "must be an even number of frames")
        for name in ("encoder_dilations", "decoder_dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists

    @classmethod
    def tiny(cls) -> "MelVQVAEConfig":
        """For eight speakers on a CPU core: 512 codes, 31.25 a second at 16 kHz."""
        return cls()

    @classmethod
    def large(cls) -> "MelVQVAEConfig":
        """For the 109 speakers of VCTK on a GPU; this book's choice."""
        return cls(channels=512, n_speakers=109, speaker_channels=128)


class ResidualBlock(nn.Module):
    r"""x + B relu(A * relu(x) + V h), with a dilated convolution A; h is a speaker's embedding, or absent."""

    def __init__(
        self, channels: int, dilation: int, condition_channels: int = 0, kernel_size: int = 3
    ) -> None:
        super().__init__()
        reach = kernel_size // 2 * dilation  # to either side; the kernel size is odd
        self.A = nn.Conv1d(channels, channels, kernel_size, padding=reach, dilation=dilation)
        self.B = nn.Conv1d(channels, channels, 1)
        self.V = nn.Linear(condition_channels, channels, bias=False) if condition_channels else None

    def forward(
        self, x: Float[Tensor, "B C N"], h: Float[Tensor, "B H"] | None = None
    ) -> Float[Tensor, "B C N"]:
        """The block's output, as long as its input."""
        hidden = self.A(x.relu())
        if self.V is not None and h is not None:
            hidden = hidden + self.V(h)[:, :, None]
        return x + self.B(hidden.relu())


TAGS = ["audio", "voice-conversion", "vq-vae"]


class MelVQVAE(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Frames of speech to codes, and codes to frames in the voice of a speaker.

    Args:
        config: Size of the network.

    Example:
        >>> net = MelVQVAE(MelVQVAEConfig.tiny())
        >>> frames, mean, speaker = torch.zeros(1, 82, 100), torch.zeros(1, 82), torch.tensor([3])
        >>> net.encode(frames, mean).codes.shape, net.convert(frames, mean, speaker).shape
        (torch.Size([1, 50]), torch.Size([1, 82, 100]))
    """

    def __init__(self, config: MelVQVAEConfig) -> None:
        super().__init__()
        self.config = config
        C, D, H, s = config.channels, config.latent_channels, config.speaker_channels, config.stride
        n_features = N_MELS + N_CHANNELS
        blocks = [ResidualBlock(C, d) for d in config.encoder_dilations]
        more = [ResidualBlock(C, d) for d in config.encoder_dilations]
        down = nn.Conv1d(C, C, 2 * s, stride=s, padding=s // 2)
        self.encoder = nn.Sequential(
            nn.Conv1d(n_features, C, 3, padding=1), *blocks, down, *more, nn.Conv1d(C, D, 1)
        )
        self.quantizer = VectorQuantizer(config.n_codes, D)
        self.speakers = nn.Embedding(config.n_speakers, H)
        self.widen = nn.Conv1d(D, C, 3, padding=1)
        self.before = nn.ModuleList(ResidualBlock(C, d, H) for d in config.encoder_dilations)
        self.upsample = nn.ConvTranspose1d(C, C, 2 * s, stride=s, padding=s // 2)
        self.after = nn.ModuleList(ResidualBlock(C, d, H) for d in config.decoder_dilations)
        self.output = nn.Conv1d(C, n_features, 3, padding=1)

    def encode(self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"]) -> Quantized:
        """The codes of frames, one for every ``stride`` of them; N is a multiple of it."""
        return self.quantizer(self.encoder(relative_frames(frames, mean)))

    def decode(
        self, latents: Float[Tensor, "B D n"], speaker: Int[Tensor, " B"]
    ) -> Float[Tensor, "B F N"]:
        """The frames of codes' vectors in the voice of a speaker; N = n stride."""
        h, x = self.speakers(speaker), self.widen(latents)
        for block in self.before:
            x = block(x, h)
        x = self.upsample(x.relu())
        for block in self.after:
            x = block(x, h)
        return self.output(x)

    def forward(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"], speaker: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B F N"], Float[Tensor, "B D n"], Int[Tensor, "B n"]]:
        """What is reconstructed, the latents before quantization, and their codes.

        Args:
            frames: From `tinyaudio.represent.prosody.mel_and_pitch`; N is a multiple of ``stride``.
            mean: Of the whole recording, from `tinyaudio.represent.prosody.mean_voice`.
            speaker: Of the frames, in [0, n_speakers - 1].
        """
        latents = self.encoder(relative_frames(frames, mean))
        quantized = self.quantizer(latents)
        return self.decode(quantized.latents, speaker), latents, quantized.codes

    @torch.no_grad()
    def convert(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"], speaker: Int[Tensor, " B"]
    ) -> Float[Tensor, "B F N"]:
        """The frames, of any length, in the voice of another speaker."""
        n_frames = frames.shape[2]
        padded = F.pad(frames, (0, -n_frames % self.config.stride), mode="replicate")
        return self.decode(self.encode(padded, mean).latents, speaker)[:, :, :n_frames]
