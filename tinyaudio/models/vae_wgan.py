r"""A VAE on frames of acoustic features whose decoder knows the speaker, and a critic of what it makes.

    z \sim N(\mu(x), \sigma^2(x)),   \hat{x} = G(z, p, y),   f(x, y): a score

x is a frame of mel bands, p pitch and voicing, y the speaker.  A frame is converted by decoding the mean of
its latents for another speaker, with the pitch moved from the mean of one voice to that of the other.  The
encoder's input is relative to the mean of the recording's voiced frames, which says who speaks; the
decoder has to restore it from y.  The Gaussian decoder alone answers with the mean of all frames that
share a z, which is smoother than any of them: over-smoothing, against which the critic is.

Paper:      Hsu, Hwang, Wu, Tsao & Wang, "Voice conversion from unaligned corpora using variational
            autoencoding Wasserstein generative adversarial networks", 2017 (arXiv:1704.00849); by the
            same authors, "Voice conversion from non-parallel corpora using variational auto-encoder",
            2016 (arXiv:1610.04019), for the VAE alone.
Implements: `MelVAE`, `MelCritic`, `VAEWGANConfig`.
Differs:    the paper's frames are spectral envelopes of STRAIGHT, 513 bins each, and its networks are
            convolutions along frequency.  Mel bands show the harmonics of high voices, so that the decoder
            is told the pitch; convolutions are along time, `VAEWGANConfig.paper` has them one frame long.
            The paper's critic knows one target speaker; this one is told which of many.
See:        `tinyaudio.objectives.vae_wgan` for what both learn from; `tinyaudio.models.istft_vocoder` for the
            vocoder; part 3, "Bottlenecks and critics".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.errors import ConfigError
from tinyaudio.models.autoencoder import reparameterize
from tinyaudio.models.mel_singing import N_PITCHES, pitch_basis
from tinyaudio.models.mel_vqvae import ResidualBlock
from tinyaudio.represent.logmel import N_MELS
from tinyaudio.represent.prosody import N_CHANNELS, relative_frames

PITCH = N_MELS  # channel of the frames; voicing is the next


@dataclass(frozen=True)
class VAEWGANConfig:
    """Size of a `MelVAE` and its `MelCritic`.

    Attributes:
        latent_channels: Of z, for each frame (D).
        channels: Of every convolution of the VAE.
        critic_channels: Of every convolution of the critic.
        n_speakers: That the decoder can sound like.
        speaker_channels: Of a speaker's vector (V).
        kernel_size: Of convolutions along time, odd; 1 looks at each frame alone.
        encoder_dilations: Of the encoder's residual blocks.
        decoder_dilations: Of the decoder's.
        critic_dilations: Of the critic's.
    """

    latent_channels: int = 32
    channels: int = 96
    critic_channels: int = 96
    n_speakers: int = 8
    speaker_channels: int = 32
    kernel_size: int = 3
    encoder_dilations: Sequence[int] = (1, 2)
    decoder_dilations: Sequence[int] = (1, 2, 1)
    critic_dilations: Sequence[int] = (1, 2)

    stride: ClassVar[int] = 1  # frames a vector of latents

    def __post_init__(self) -> None:
        if self.n_speakers < 2:
            raise ConfigError(
                "n_speakers", self.n_speakers, "must be two or more to convert between"
            )
        if self.kernel_size % 2 == 0:
            raise ConfigError("kernel_size", self.kernel_size, "must be odd")
        for name in ("encoder_dilations", "decoder_dilations", "critic_dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has only lists

    @classmethod
    def tiny(cls) -> "VAEWGANConfig":
        """For eight speakers on a CPU core."""
        return cls()

    @classmethod
    def paper(cls) -> "VAEWGANConfig":
        """As much of the paper's size as applies: 64 latents a frame and ten speakers, frame by frame.

        Both numbers are those of the authors' code (github.com/JeremyCCHsu/vc-vawgan); channels and blocks
        are this book's, since the paper's layers are convolutions along frequency.
        """
        return cls(
            latent_channels=64,
            channels=512,
            critic_channels=512,
            n_speakers=10,
            speaker_channels=64,
            kernel_size=1,
        )


TAGS = ["audio", "voice-conversion", "vae"]


class MelVAE(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Frames of speech to Gaussian latents, and latents to frames in the voice of a speaker.

    Args:
        config: Size of the network.

    Example:
        >>> net = MelVAE(VAEWGANConfig.tiny())
        >>> frames, mean, speaker = torch.zeros(1, 82, 100), torch.zeros(1, 82), torch.tensor([3])
        >>> mu, log_variance = net.encode(frames, mean)
        >>> mu.shape, net.convert(frames, mean, speaker).shape
        (torch.Size([1, 32, 100]), torch.Size([1, 82, 100]))
    """

    def __init__(self, config: VAEWGANConfig) -> None:
        super().__init__()
        self.config = config
        C, D, V, k = (
            config.channels,
            config.latent_channels,
            config.speaker_channels,
            config.kernel_size,
        )
        self.encoder = nn.Sequential(
            nn.Conv1d(N_MELS, C, k, padding=k // 2),
            *(ResidualBlock(C, d, kernel_size=k) for d in config.encoder_dilations),
            nn.ReLU(),
            nn.Conv1d(C, 2 * D, 1),
        )
        self.speakers = nn.Embedding(config.n_speakers, V)
        self.mean_pitch = nn.Linear(V, 1)
        self.widen = nn.Conv1d(D, C, k, padding=k // 2)
        self.melody = nn.Conv1d(N_PITCHES + 1, C, k, padding=k // 2)
        self.blocks = nn.ModuleList(
            ResidualBlock(C, d, V, kernel_size=k) for d in config.decoder_dilations
        )
        self.output = nn.Conv1d(C, N_MELS, k, padding=k // 2)

    def encode(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"]
    ) -> tuple[Float[Tensor, "B D N"], Float[Tensor, "B D N"]]:
        """Mean and log-variance of every frame's latents; pitch and voicing are left out.

        Args:
            frames: From `tinyaudio.represent.prosody.mel_and_pitch`.
            mean: Of the whole recording, from `tinyaudio.represent.prosody.mean_voice`.
        """
        mu, log_variance = self.encoder(relative_frames(frames, mean)[:, :N_MELS]).chunk(2, dim=1)
        return mu, log_variance

    def decode(
        self,
        latents: Float[Tensor, "B D N"],
        frames: Float[Tensor, "B F N"],
        mean: Float[Tensor, "B F"],
        speaker: Int[Tensor, " B"],
    ) -> Float[Tensor, "B F N"]:
        """Latents in the voice of a speaker, with the course of the pitch of the frames they are of.

        Args:
            latents: Drawn from what `encode` gives, or their mean.
            frames: Whose last two channels are pitch and voicing.
            mean: Of their whole recording.
            speaker: In [0, n_speakers - 1].
        """
        h = self.speakers(speaker)
        # log F0 - mean of the source + mean of the target
        octaves = frames[:, PITCH] + (self.mean_pitch(h) - mean[:, PITCH, None])
        voicing = frames[:, PITCH + 1 :]
        x = self.widen(latents) + self.melody(torch.cat([pitch_basis(octaves), voicing], dim=1))
        for block in self.blocks:
            x = block(x, h)
        return torch.cat([self.output(x.relu()), octaves[:, None], voicing], dim=1)

    def forward(
        self,
        frames: Float[Tensor, "B F N"],
        mean: Float[Tensor, "B F"],
        speaker: Int[Tensor, " B"],
        noise: Float[Tensor, "B D N"] | None = None,
    ) -> tuple[Float[Tensor, "B F N"], tuple[Float[Tensor, "B D N"], Float[Tensor, "B D N"]]]:
        """Frames in the voice of a speaker; mean and log-variance of their latents.

        Args:
            frames: As for `encode`.
            mean: Likewise.
            speaker: Of the frames, or another.
            noise: Drawn from N(0, I), for a draw of the latents; None takes their mean.
        """
        mu, log_variance = self.encode(frames, mean)
        latents = mu if noise is None else reparameterize(mu, log_variance, noise)
        return self.decode(latents, frames, mean, speaker), (mu, log_variance)

    def sample(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"], speaker: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B F N"], tuple[Float[Tensor, "B D N"], Float[Tensor, "B D N"]]]:
        """What `forward` gives for noise that torch's generator draws."""
        B, _, N = frames.shape
        noise = torch.randn(B, self.config.latent_channels, N, device=frames.device)
        return self(frames, mean, speaker, noise)

    @torch.no_grad()
    def convert(
        self, frames: Float[Tensor, "B F N"], mean: Float[Tensor, "B F"], speaker: Int[Tensor, " B"]
    ) -> Float[Tensor, "B F N"]:
        """The frames, of any length, in the voice of another speaker; nothing is random."""
        return self(frames, mean, speaker)[0]


class MelCritic(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Frames and who is said to speak to a score, the mean over frames.

    Args:
        config: Size of the network.

    Example:
        >>> critic = MelCritic(VAEWGANConfig.tiny())
        >>> critic(torch.zeros(2, 82, 100), torch.tensor([3, 0])).shape
        torch.Size([2])
    """

    def __init__(self, config: VAEWGANConfig) -> None:
        super().__init__()
        self.config = config
        C, V, k = config.critic_channels, config.speaker_channels, config.kernel_size
        self.speakers = nn.Embedding(config.n_speakers, V)
        self.input = nn.Conv1d(N_MELS + N_CHANNELS, C, k, padding=k // 2)
        self.blocks = nn.ModuleList(
            ResidualBlock(C, d, V, kernel_size=k) for d in config.critic_dilations
        )
        self.score = nn.Conv1d(C, 1, 1)

    def forward(
        self, frames: Float[Tensor, "B F N"], speaker: Int[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """A score of each clip, in no unit: only differences count.

        Args:
            frames: Of speech, or from `MelVAE`.
            speaker: Who speaks, or is meant to.
        """
        h, x = self.speakers(speaker), self.input(frames)
        for block in self.blocks:
            x = block(x, h)
        return self.score(x.relu()).mean((1, 2))
