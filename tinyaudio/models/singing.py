r"""Singing-voice conversion: one encoder for all singers, and one WaveNet conditioned on a singer's vector.

    x -> z = E(x) -> p(x_t | x_{<t}, z, v)

z has 64 channels every 50 ms.  Melody and words have to pass it, since the decoder knows nothing else of them;
the singer need not, since v says it.  Classifier and back-translation see to it that the singer does not.
Converting is decoding with another singer's vector; a mixture of two is a voice between them.

Paper:      Nachmani & Wolf, "Unsupervised singing voice conversion", 2019 (arXiv:1904.06590), section 3.
Implements: `SingingConversion`, `SingingConversionConfig`.
Differs:    the paper's widths of the decoder are not known to us: `SingingConversionConfig.paper` has those
            of Mor et al., "A universal music translation network", 2018, whose network it goes back to.
            Latents reach the samples by a learned linear interpolation, in place of repetition.
See:        `tinyaudio.objectives.confusion` and `tinyaudio.objectives.backtranslation` for the losses; the
            chapter on translation and singing.
"""

from dataclasses import dataclass, replace
from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.dilated_encoder import TEN, DilatedEncoder, DilatedEncoderConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent import mulaw


@dataclass(frozen=True)
class SingingConversionConfig:
    """Size of a `SingingConversion`.

    Attributes:
        encoder: From the waveform to latents.
        n_singers: That the decoder can sound like.
        singer_channels: Of a singer's vector (V).
        decoder: A WaveNet; its condition is set here.
    """

    encoder: DilatedEncoderConfig | dict[str, Any] = DilatedEncoderConfig(
        latent_channels=32, hop_length=400
    )
    n_singers: int = 2
    singer_channels: int = 32
    decoder: WaveNetConfig | dict[str, Any] = WaveNetConfig.tiny()

    def __post_init__(self) -> None:
        encoder, decoder = self.encoder, self.decoder
        if isinstance(encoder, dict):  # as it stands in a checkpoint's JSON
            encoder = DilatedEncoderConfig(**encoder)
        if isinstance(decoder, dict):
            decoder = WaveNetConfig(**decoder)
        condition = ConditionConfig(
            n_vector=self.singer_channels,
            n_frame_channels=encoder.latent_channels,
            frame_taps=3,
            hop_length=encoder.hop_length,
        )
        object.__setattr__(self, "encoder", encoder)
        object.__setattr__(self, "decoder", replace(decoder, condition=condition))

    @property
    def hop_length(self) -> int:
        """Samples from one vector of latents to the next."""
        assert isinstance(self.encoder, DilatedEncoderConfig)
        return self.encoder.hop_length

    @property
    def latent_channels(self) -> int:
        """Of the encoder's output."""
        assert isinstance(self.encoder, DilatedEncoderConfig)
        return self.encoder.latent_channels

    @classmethod
    def tiny(cls) -> "SingingConversionConfig":
        """For two singers at 8 kHz on a CPU core: 32 latents every 50 ms."""
        return cls()

    @classmethod
    def paper(cls) -> "SingingConversionConfig":
        """For the twelve singers of NUS-48E at 16 kHz.

        Three times ten layers of 128 channels, 64 latents every 50 ms; a decoder with four times ten
        layers, whose receptive field is 4,093 samples.
        """
        return cls(
            encoder=DilatedEncoderConfig(128, 64, 3 * TEN, hop_length=800),
            n_singers=12,
            singer_channels=64,
            decoder=WaveNetConfig(stacks=4, residual_channels=128, gate_channels=128),
        )


class SingingConversion(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "voice-conversion"]
):
    """Singing to latents, and latents to singing in the voice of a singer.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> net = SingingConversion(SingingConversionConfig.tiny())
        >>> net.latents(torch.zeros(1, 1, 4_000)).shape
        torch.Size([1, 32, 10])
    """

    def __init__(self, config: SingingConversionConfig) -> None:
        super().__init__()
        self.config = config
        assert isinstance(config.encoder, DilatedEncoderConfig)
        assert isinstance(config.decoder, WaveNetConfig)
        self.encoder = DilatedEncoder(config.encoder)
        self.singers = nn.Embedding(config.n_singers, config.singer_channels)
        self.decoder = WaveNet(config.decoder)

    def latents(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D N"]:
        """The latents of a recording.

        Args:
            audio: In [-1, 1]; T is a multiple of the hop.
        """
        return self.encoder(audio)

    def condition(self, latents: Float[Tensor, "B D N"], voice: Float[Tensor, "B V"]) -> Condition:
        """What the decoder is conditioned on: latents, and the vector of a singer or of a mixture."""
        return Condition(vectors=voice, frames=latents)

    def forward(
        self, audio: Float[Tensor, "B 1 T"], voice: Float[Tensor, "B V"]
    ) -> tuple[Float[Tensor, "B 256 T"], Float[Tensor, "B D N"]]:
        """Score a recording given its latents and a voice (teacher forcing).

        Args:
            audio: In [-1, 1]; T is a multiple of the hop.
            voice: A singer's vector, one of ``singers``, or a mixture.

        Returns:
            Logits of every sample's mu-law code, and the latents.
        """
        latents = self.latents(audio)
        samples = mulaw.encode(audio.squeeze(1), self.decoder.config.n_levels)
        return self.decoder(samples, self.condition(latents, voice)), latents
