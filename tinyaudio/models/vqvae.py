r"""VQ-VAE: an encoder, a codebook, and a WaveNet that decodes the codes in the voice of a speaker.

    x -> z_e = E(x) -> z_q = nearest code -> p(x_t | x_{<t}, z_q, speaker)

Whatever passes the codes has to be worth its bits.  The decoder is given the speaker, so that the codes
need not say who speaks; converting a voice is decoding with another speaker.

Paper:      van den Oord, Vinyals & Kavukcuoglu, "Neural discrete representation learning", 2017
            (arXiv:1711.00937), section 4.2.
Implements: `VQVAE`, `VQVAEConfig`, `StridedEncoder`.
Differs:    the paper leaves the decoder's widths and its upsampling of the codes open; here they are
            those of `tinyaudio.models.wavenet`.
See:        `tinyaudio.objectives.quantized` for the loss; the chapter on VQ-VAE and voice conversion.
"""

from dataclasses import dataclass, replace

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.quantizer import Quantized, VectorQuantizer
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent import mulaw


@dataclass(frozen=True)
class VQVAEConfig:
    """Size of a `VQVAE`.

    Attributes:
        n_codes: Size of the codebook (K).
        latent_channels: Of a code's vector (D).
        n_convolutions: Of stride 2; the codes come every 2^n samples.
        channels: Of the encoder.
        n_speakers: That the decoder can sound like.
        decoder: A WaveNet; its condition is set here.
    """

    n_codes: int = 512
    latent_channels: int = 64
    n_convolutions: int = 6
    channels: int = 128
    n_speakers: int = 8
    decoder: WaveNetConfig | dict[str, object] = WaveNetConfig.tiny()

    def __post_init__(self) -> None:
        decoder = self.decoder
        if isinstance(decoder, dict):  # as it stands in a checkpoint's JSON
            decoder = WaveNetConfig(**decoder)  # type: ignore[arg-type]
        condition = ConditionConfig(
            n_classes=(self.n_speakers,),
            n_frame_channels=self.latent_channels,
            frame_taps=3,
            hop_length=self.hop_length,
        )
        object.__setattr__(self, "decoder", replace(decoder, condition=condition))

    @property
    def hop_length(self) -> int:
        """Samples from code to code."""
        return 2**self.n_convolutions

    @property
    def reach(self) -> int:
        """Samples before or after its own hop, at most, that a code depends on."""
        return self.hop_length

    @classmethod
    def tiny(cls) -> "VQVAEConfig":
        """For eight speakers at 8 kHz on a CPU core: 256 codes, 125 a second."""
        return cls(n_codes=256, channels=64)

    @classmethod
    def paper(cls) -> "VQVAEConfig":
        """For VCTK at 16 kHz: six convolutions, 512 codes, 109 speakers [section 4.2].

        Width of encoder and codes, and the decoder, are open in the paper: 64 channels a code, and the
        decoder of `WaveNetConfig.paper`, are this book's choice.
        """
        return cls(channels=256, n_speakers=109, decoder=WaveNetConfig.paper())


class StridedEncoder(nn.Sequential):
    """Convolutions of stride 2 and window 4 with ReLU [section 4.2], and a product to the latents.

    Args:
        n_convolutions: Each halves the rate.
        channels: Of each.
        latent_channels: Of the output.

    Example:
        >>> import torch
        >>> StridedEncoder(6, 32, 64)(torch.zeros(1, 1, 6_400)).shape
        torch.Size([1, 64, 100])
    """

    def __init__(self, n_convolutions: int, channels: int, latent_channels: int) -> None:
        layers: list[nn.Module] = []
        for i in range(n_convolutions):
            layers += [nn.Conv1d(channels if i else 1, channels, 4, stride=2, padding=1), nn.ReLU()]
        super().__init__(*layers, nn.Conv1d(channels, latent_channels, 1))
        for layer in self:
            if isinstance(layer, nn.Conv1d):
                # PyTorch's default would shrink the signal by two in every layer.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


TAGS = ["audio", "voice-conversion", "vq-vae"]


class VQVAE(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Speech to codes, and codes to speech in the voice of a speaker.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> net = VQVAE(VQVAEConfig.tiny())
        >>> net.encode(torch.zeros(1, 1, 6_400)).codes.shape
        torch.Size([1, 100])
    """

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.n_convolutions, config.channels, config.latent_channels
        self.encoder = StridedEncoder(*sizes)
        self.quantizer = VectorQuantizer(config.n_codes, config.latent_channels)
        assert isinstance(config.decoder, WaveNetConfig)
        self.decoder = WaveNet(config.decoder)

    def encode(self, audio: Float[Tensor, "B 1 T"]) -> Quantized:
        """The codes of a recording, every 2^n samples.

        Args:
            audio: In [-1, 1]; T is a multiple of 2^n.
        """
        return self.quantizer(self.latents(audio))

    def latents(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D N"]:
        """Latents before quantization, of the companded waveform, in which soft sounds count as loud ones."""
        return self.encoder(mulaw.compress(audio))

    def bottleneck(
        self, audio: Float[Tensor, "B 1 T"]
    ) -> tuple[Float[Tensor, "B D N"], Float[Tensor, "B D N"], Int[Tensor, "B N"]]:
        """The codes' vectors, with the gradient of the latents; the latents before quantization; the codes."""
        latents = self.latents(audio)
        quantized = self.quantizer(latents)
        return quantized.latents, latents, quantized.codes

    def condition(self, latents: Float[Tensor, "B D N"], speaker: Int[Tensor, " B"]) -> Condition:
        """What the decoder is conditioned on: the codes' vectors, and a speaker."""
        return Condition(classes=speaker[:, None], frames=latents)

    def forward(
        self, audio: Float[Tensor, "B 1 T"], speaker: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B 256 T"], Float[Tensor, "B D N"], Int[Tensor, "B N"]]:
        """Score a recording given its codes and its speaker (teacher forcing).

        Args:
            audio: In [-1, 1]; T is a multiple of 2^n.
            speaker: In [0, n_speakers - 1].

        Returns:
            Logits of every sample's mu-law code, the latents before quantization, and the codes.
        """
        quantized, latents, codes = self.bottleneck(audio)
        samples = mulaw.encode(audio.squeeze(1), self.decoder.config.n_levels)
        return self.decoder(samples, self.condition(quantized, speaker)), latents, codes
