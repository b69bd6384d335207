r"""Singing-voice conversion on frames of acoustic features: mel bands around a melody that is kept.

    z = E(mels - level),   \hat{mels} = D(z, pitch, voicing, v) + level

E pools three frames, the paper's 50 ms, to one vector of 16 latents, not the paper's 64, since these need not
say the melody; v is a singer's vector, or a mixture of two.
Pitch and voicing are the melody: they go around the latents to the decoder and to the vocoder, and are
those of the source in the source's key.  The level, that of the strongest band of the recording's mean voiced
frame, is taken away and given back, so that a quiet recording is converted as a loud one is.

Paper:      Nachmani & Wolf, "Unsupervised singing voice conversion", 2019 (arXiv:1904.06590), for one
            encoder, one decoder and a vector a singer; Deng, Yu, Lu, Weng & Yu, "PitchNet", 2020
            (arXiv:1912.01852), for a pitch beside the latents: the former's conversions left the key.
Implements: `MelSinging`, `MelSingingConfig`, `pitch_basis`.
Differs:    from both, in that the decoder makes frames and no waveform; from PitchNet, in that no adversary
            takes the pitch out of the latents.
See:        `tinyaudio.models.singing` for the paper's network; `tinyaudio.models.istft_vocoder` for the
            vocoder; the chapter on translation and singing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.models.mel_vqvae import ResidualBlock
from tinyaudio.represent.logmel import N_MELS
from tinyaudio.represent.prosody import REFERENCE_HZ
from tinyaudio.represent.source_filter import HIGH_HZ, LOW_HZ

N_PITCHES = 48  # of the basis, less than a semitone from one to the next


@dataclass(frozen=True)
class MelSingingConfig:
    """Size of a `MelSinging`.

    Attributes:
        latent_channels: Of a vector of latents (D).
        channels: Of every convolution.
        stride: Frames that are pooled to one vector of latents.
        n_singers: That the decoder can sound like.
        singer_channels: Of a singer's vector (V).
        encoder_dilations: Of the residual blocks before the pooling.
        decoder_dilations: Of those at the frame rate after it.
    """

    latent_channels: int = 16
    channels: int = 96
    stride: int = 3
    n_singers: int = 8
    singer_channels: int = 64
    encoder_dilations: Sequence[int] = (1, 2, 4)
    decoder_dilations: Sequence[int] = (1, 2, 4, 1)

    def __post_init__(self) -> None:
        for name in ("encoder_dilations", "decoder_dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists

    @classmethod
    def tiny(cls) -> "MelSingingConfig":
        """For eight singers on a CPU core: 16 latents, 21 times a second at 16 kHz."""
        return cls()

    @classmethod
    def large(cls) -> "MelSingingConfig":
        """For the twelve singers of NUS-48E on a GPU; this book's choice."""
        return cls(latent_channels=64, channels=512, n_singers=12, singer_channels=128)


def pitch_basis(octaves: Float[Tensor, "B N"]) -> Float[Tensor, "B 48 N"]:
    """A pitch as weights of 48 pitches between 60 and 600 Hz: of its two neighbours, together one.

    Harmonics move through the mel bands with the pitch, by whole bands; one number would have to be
    multiplied by large weights for that.

    Args:
        octaves: Above 150 Hz, as `tinyaudio.represent.prosody.pitch_frames` has them.

    Example:
        >>> weights = pitch_basis(torch.tensor([[0.0, 1.0]]))
        >>> weights.sum(1), (weights > 0).sum(1)
        (tensor([[1., 1.]]), tensor([[2, 2]]))
    """
    lowest, highest = math.log2(LOW_HZ / REFERENCE_HZ), math.log2(HIGH_HZ / REFERENCE_HZ)
    place = (octaves - lowest) / (highest - lowest) * (N_PITCHES - 1)
    numbers = torch.arange(N_PITCHES, device=octaves.device)[:, None]
    return (1 - (place.clamp(0, N_PITCHES - 1)[:, None] - numbers).abs()).relu()


class MelSinging(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "voice-conversion"]
):
    """Frames of singing to latents, and latents to frames in the voice of a singer.

    Args:
        config: Size of the network.

    Example:
        >>> net = MelSinging(MelSingingConfig.tiny())
        >>> frames, mean, singer = torch.zeros(1, 82, 100), torch.zeros(1, 82), torch.tensor([3])
        >>> net.convert(frames, mean, singer).shape
        torch.Size([1, 82, 100])
    """

    def __init__(self, config: MelSingingConfig) -> None:
        super().__init__()
        self.config = config
        C, D, V = config.channels, config.latent_channels, config.singer_channels
        self.encoder = nn.Sequential(
            nn.Conv1d(N_MELS, C, 3, padding=1),
            *(ResidualBlock(C, d) for d in config.encoder_dilations),
            nn.AvgPool1d(config.stride),
            *(ResidualBlock(C, d) for d in config.encoder_dilations[:1]),
            nn.Conv1d(C, D, 1),
        )
        self.singers = nn.Embedding(config.n_singers, V)
        self.widen = nn.Conv1d(D, C, 3, padding=1)
        self.melody = nn.Conv1d(N_PITCHES + 1, C, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(C, d, V) for d in config.decoder_dilations)
        self.output = nn.Conv1d(C, N_MELS, 3, padding=1)

    def encode(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"]
    ) -> Float[Tensor, "B D n"]:
        """The latents of frames, a vector for every ``stride`` of them; N is a multiple of it."""
        return self.encoder(frames[:, :N_MELS] - level(mean))

    def decode(
        self,
        latents: Float[Tensor, "B D n"],
        frames: Float[Tensor, "B F N"],
        mean: Float[Tensor, "B F"],
        voice: Float[Tensor, "B V"],
    ) -> Float[Tensor, "B F N"]:
        """Latents in a voice, with melody and level of the frames that they are of; N = n stride.

        Args:
            latents: From `encode`.
            frames: Whose last two channels are the melody.
            mean: Of the whole recording.
            voice: A singer's vector, or a mixture.
        """
        melody = frames[:, N_MELS:]
        known = torch.cat([pitch_basis(melody[:, 0]), melody[:, 1:]], dim=1)
        x = self.widen(latents).repeat_interleave(self.config.stride, dim=2) + self.melody(known)
        for block in self.blocks:
            x = block(x, voice)
        return torch.cat([self.output(x) + level(mean), melody], dim=1)

    def forward(
        self,
        frames: Float[Tensor, "B F N"],
        mean: Float[Tensor, "B F"],
        voice: Float[Tensor, "B V"],
    ) -> tuple[Float[Tensor, "B F N"], Float[Tensor, "B D n"]]:
        """The frames in a voice, and their latents.

        Args:
            frames: From `tinyaudio.represent.prosody.mel_and_pitch`; N is a multiple of ``stride``.
            mean: Of the whole recording, from `tinyaudio.represent.prosody.mean_voice`.
            voice: A singer's vector, one of ``singers``, or a mixture.
        """
        latents = self.encode(frames, mean)
        return self.decode(latents, frames, mean, voice), latents

    @torch.no_grad()
    def convert(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"], singer: Int[Tensor, " B"]
    ) -> Float[Tensor, "B F N"]:
        """The frames, of any length, in the voice of another singer."""
        n_frames = frames.shape[2]
        padded = F.pad(frames, (0, -n_frames % self.config.stride), mode="replicate")
        return self(padded, mean, self.singers(singer))[0][:, :, :n_frames]


def level(mean: Float[Tensor, "B F"]) -> Float[Tensor, "B 1 1"]:
    """That of the strongest band of the mean voiced frame."""
    return mean[:, :N_MELS].amax(1)[:, None, None]
