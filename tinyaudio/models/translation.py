r"""Translation between musical domains: one encoder for all, and a WaveNet decoder of its own for each.

    z = E(x),   p_j(x_t | x_{<t}, z)                                     [Mor et al., section 3]

Decoder j only ever reconstructs domain j, while the encoder confuses a classifier of domains; z is left with
what the domains have in common.  Decoding with another decoder translates: nothing parallel is needed.

Paper:      Mor, Wolf, Polyak & Taigman, "A universal music translation network", 2018
            (arXiv:1805.07848): an encoder of three stacks of ten layers, 128 channels wide, to 64 latents
            every 800 samples (50 ms); decoders of four stacks of ten layers, 128 channels wide.
Implements: `Translation`, `TranslationConfig`.
Differs:    the paper repeats a latent 800 times; here a learned upsampling, which begins as linear
            interpolation, follows the projection into the gates.  The authors' code has decoders of four
            stacks of fourteen layers in one of its settings; this is the paper's.
See:        `tinyaudio.models.dilated_encoder`; `tinyaudio.objectives.confusion`;
            `tinyaudio.models.mel_translation`, which a CPU trains in minutes.
"""

from dataclasses import dataclass, replace
from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.dilated_encoder import TEN, DilatedEncoder, DilatedEncoderConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig


@dataclass(frozen=True)
class TranslationConfig:
    """Size of a `Translation`.

    Attributes:
        n_domains: How many decoders there are.
        encoder: Shared by all domains.
        decoder: Of each domain; its condition is set here.
    """

    n_domains: int = 2
    encoder: DilatedEncoderConfig | dict[str, Any] = DilatedEncoderConfig(
        channels=32, latent_channels=64, dilations=TEN, hop_length=400
    )
    decoder: WaveNetConfig | dict[str, Any] = WaveNetConfig.tiny()

    def __post_init__(self) -> None:
        encoder, decoder = self.encoder, self.decoder
        if isinstance(encoder, dict):  # as they stand in a checkpoint's JSON
            encoder = DilatedEncoderConfig(**encoder)
        if isinstance(decoder, dict):
            decoder = WaveNetConfig(**decoder)
        latents = ConditionConfig(
            n_frame_channels=encoder.latent_channels, hop_length=encoder.hop_length
        )
        object.__setattr__(self, "encoder", encoder)
        object.__setattr__(self, "decoder", replace(decoder, condition=latents))

    @property
    def hop_length(self) -> int:
        """Samples from latent to latent."""
        assert isinstance(self.encoder, DilatedEncoderConfig)
        return self.encoder.hop_length

    @property
    def latent_channels(self) -> int:
        """Of the encoder's output (D)."""
        assert isinstance(self.encoder, DilatedEncoderConfig)
        return self.encoder.latent_channels

    @classmethod
    def tiny(cls) -> "TranslationConfig":
        """For two instruments at 8 kHz on a CPU core: a latent every 50 ms, as in the paper."""
        return cls()

    @classmethod
    def paper(cls) -> "TranslationConfig":
        """For six domains at 16 kHz [section 4]; the paper leaves kernel and skip widths of decoders open."""
        encoder = DilatedEncoderConfig(128, 64, 3 * TEN, kernel_size=3, hop_length=800)
        decoder = WaveNetConfig(
            stacks=4, residual_channels=128, gate_channels=128, skip_channels=128
        )
        return cls(6, encoder, decoder)


TAGS = ["audio", "autoregressive", "music-translation"]


class Translation(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Music of any domain to latents, and latents to the music of a domain.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> net = Translation(TranslationConfig.tiny())
        >>> net.encode(torch.zeros(1, 1, 4_000)).shape
        torch.Size([1, 64, 10])
    """

    def __init__(self, config: TranslationConfig) -> None:
        super().__init__()
        assert isinstance(config.encoder, DilatedEncoderConfig)
        assert isinstance(config.decoder, WaveNetConfig)
        self.config = config
        self.encoder = DilatedEncoder(config.encoder)
        self.decoders = nn.ModuleList(WaveNet(config.decoder) for _ in range(config.n_domains))

    def encode(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D N"]:
        """The latents of music in any domain; T is a multiple of the encoder's ``hop_length``."""
        return self.encoder(audio)

    def decoder(self, domain: int) -> WaveNet:
        """The decoder of a domain, from 0 to n_domains - 1."""
        found = self.decoders[domain]
        assert isinstance(found, WaveNet)
        return found

    def forward(
        self, codes: Int[Tensor, "B T"], latents: Float[Tensor, "B D N"], domain: int
    ) -> Float[Tensor, "B 256 T"]:
        """Score music of a domain given its latents (teacher forcing).

        Args:
            codes: Mu-law codes of the music.
            latents: Of the same music, or of the same out of tune.
            domain: Whose decoder scores it.
        """
        return self.decoder(domain)(codes, Condition(frames=latents))
