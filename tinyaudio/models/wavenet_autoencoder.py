r"""WaveNet autoencoder: an encoder of the waveform, and a WaveNet conditioned on its latents alone.

    z = E(x),   p(x | z) = \prod_t p(x_t | x_1, ..., x_{t-1}, z)                  [Engel et al., section 2.1]

A WaveNet knows the past as far as its receptive field; what lasts longer, such as how a note goes on, reaches
it by the latents, which are made of the whole recording.  It is not given the instrument, which has to pass the
bottleneck, and so has the pitch, unless it is given as a class, with `n_pitches` [section 4.3].  A point
between the latents of two sounds is a sound between them.

Paper:      Engel et al., "Neural audio synthesis of musical notes with WaveNet autoencoders", 2017
            (arXiv:1704.01279), and the authors' code (magenta, nsynth/wavenet/h512_bo16.py).
Implements: `WaveNetAutoencoder`, `WaveNetAutoencoderConfig`.
Differs:    in the authors' code latents are repeated over their 512 samples, and are added behind the sum of
            skips, too; here a learned upsampling, which begins as linear interpolation, follows the projection
            into the gates, and nothing else is conditioned.  There, the decoder's first layer is a convolution
            of the amplitude with a skip of its own; here it is an embedding of the code.
See:        `tinyaudio.models.dilated_encoder`; the chapter on the WaveNet autoencoder.
"""

from dataclasses import dataclass, replace
from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.dilated_encoder import DilatedEncoder, DilatedEncoderConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent import mulaw


@dataclass(frozen=True)
class WaveNetAutoencoderConfig:
    """Size of a `WaveNetAutoencoder`.

    Attributes:
        encoder: From the waveform to latents.
        decoder: A WaveNet; its condition is set here.
        n_pitches: MIDI pitches that the decoder is conditioned on beside the latents [section 4.3 of the
            paper], 0 for none, as in the authors' code.
    """

    encoder: DilatedEncoderConfig | dict[str, Any] = DilatedEncoderConfig.tiny()
    decoder: WaveNetConfig | dict[str, Any] = WaveNetConfig.tiny()
    n_pitches: int = 0

    def __post_init__(self) -> None:
        encoder, decoder = self.encoder, self.decoder
        if isinstance(encoder, dict):  # as they stand in a checkpoint's JSON
            encoder = DilatedEncoderConfig(**encoder)
        if isinstance(decoder, dict):
            decoder = WaveNetConfig(**decoder)
        D, hop = encoder.latent_channels, encoder.hop_length
        # From latents to the gates is one linear map, as in the paper; so is that from a pitch.
        if self.n_pitches:
            condition = ConditionConfig((self.n_pitches,), n_frame_channels=D, hop_length=hop)
        else:
            condition = ConditionConfig(n_frame_channels=D, hop_length=hop, channels=D)
        object.__setattr__(self, "encoder", encoder)
        object.__setattr__(self, "decoder", replace(decoder, condition=condition))

    @property
    def hop_length(self) -> int:
        """Samples from latent to latent."""
        assert isinstance(self.encoder, DilatedEncoderConfig)
        return self.encoder.hop_length

    @classmethod
    def tiny(cls) -> "WaveNetAutoencoderConfig":
        """For notes at 8 kHz on a CPU core: 16 latents every 32 ms, as many as in the paper."""
        return cls()

    @classmethod
    def paper(cls) -> "WaveNetAutoencoderConfig":
        """For NSynth's notes of four seconds at 16 kHz; a receptive field of 384 ms."""
        decoder = WaveNetConfig(
            stacks=3,  # h512_bo16.py: num_layers=30, num_stages=10
            layers=10,
            kernel_size=3,  # filter_length=3
            residual_channels=512,  # width=512, also of tanh and sigmoid
            gate_channels=512,
            skip_channels=256,  # skip_width=256
        )
        # ae_num_layers=30, ae_num_stages=10, ae_filter_length=3, ae_width=128, ae_bottleneck_width=16,
        # ae_hop_length=512
        return cls(DilatedEncoderConfig.paper(), decoder)


TAGS = ["audio", "autoregressive", "autoencoder"]


class WaveNetAutoencoder(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Sound to latents, and latents to sound.

    Args:
        config: Size of the network.

    Example:
        >>> import torch
        >>> net = WaveNetAutoencoder(WaveNetAutoencoderConfig.tiny())
        >>> net.encode(torch.zeros(1, 1, 2_560)).shape
        torch.Size([1, 16, 10])
    """

    def __init__(self, config: WaveNetAutoencoderConfig) -> None:
        super().__init__()
        assert isinstance(config.encoder, DilatedEncoderConfig)
        assert isinstance(config.decoder, WaveNetConfig)
        self.config = config
        self.encoder = DilatedEncoder(config.encoder)
        self.decoder = WaveNet(config.decoder)

    def encode(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D N"]:
        """The latents of sound in [-1, 1]; T is a multiple of the hop."""
        return self.encoder(audio)

    def condition(
        self, latents: Float[Tensor, "B D N"], pitch: Int[Tensor, " B"] | None = None
    ) -> Condition:
        """What the decoder is conditioned on: latents, and a MIDI pitch if it takes one."""
        return Condition(None if pitch is None else pitch[:, None], frames=latents)

    def forward(
        self, audio: Float[Tensor, "B 1 T"], pitch: Int[Tensor, " B"] | None = None
    ) -> tuple[Float[Tensor, "B 256 T"], Float[Tensor, "B D N"]]:
        """Score a recording given its latents (teacher forcing).

        Args:
            audio: In [-1, 1]; T is a multiple of the hop.
            pitch: MIDI, if the decoder takes one.

        Returns:
            Logits of every sample's mu-law code, and the latents.

        Raises:
            AudioError: T is no such multiple.
        """
        latents = self.encode(audio)
        codes = mulaw.encode(audio.squeeze(1), self.decoder.config.n_levels)
        return self.decoder(codes, self.condition(latents, pitch)), latents
