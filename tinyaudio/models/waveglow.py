r"""WaveGlow: an invertible network between a waveform and white noise, given its mel frames.

    \log p(x | mel) = \log N(z; 0, \sigma^2 I) + \log|\det dz / dx|,   z = f(x; mel)      [change of variables]

Eight neighbouring samples become eight channels (squeeze).  Twelve steps follow, each a 1x1 convolution that
mixes the channels and a coupling that moves one half of them; after every fourth, two channels leave as part
of z.  Training goes from sound to noise and maximises the likelihood; generation draws noise and goes back,
all samples at once.

Since the eight channels are treated differently, whatever does not average out between them has a period of
eight samples: lines at multiples of an eighth of the sample rate, which are heard as a hum.  They are there as
soon as the couplings are not the identity that they begin with.

Paper:      Prenger, Valle & Catanzaro, "WaveGlow: A flow-based generative network for speech synthesis", ICASSP
            2019 (arXiv:1811.00002), section 2.
Implements: `WaveGlow`, of the steps in `tinyaudio.models.waveglow_blocks`.
Differs:    from NVIDIA's public code in the place of the frames: each acts on the samples around its middle,
            there on those after it.  `paper` has that code's sizes, 256 channels in a coupling; section 3 of
            the paper has 512 on the residual path.  Kong et al. (HiFi-GAN) count 87.73 million parameters, and
            Ping et al. (WaveFlow) 87.88: `paper` folded, and as it is trained.
See:        `tinyaudio.objectives.flow`; chapter 23, "Every vocoder on one bench".
"""

import math
from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.models.mel_input import check_bands
from tinyaudio.models.waveglow_blocks import (
    KERNEL,
    AffineCoupling,
    InvertibleConv,
    squeeze,
    unsqueeze,
)

FRAME_HOPS = 4  # length of the upsampling kernel, in hops: that of a frame's window


@dataclass(frozen=True)
class WaveGlowConfig:
    """Size of a `WaveGlow`.

    Attributes:
        n_mels: Mel bands of a frame.
        hop_length: Samples a frame, a multiple of `n_group`.
        frame_channels: Of the frames, once there is one a sample.
        n_group: Neighbouring samples that become channels; even.
        n_flows: Steps.
        early_every: After so many steps, channels leave.
        early_size: How many leave; even.
        channels: Of the couplings' networks.
        n_layers: Of these networks.
    """

    n_mels: int = 80
    hop_length: int = 256
    frame_channels: int = 80
    n_group: int = 8
    n_flows: int = 12
    early_every: int = 4
    early_size: int = 2
    channels: int = 256
    n_layers: int = 8

    def __post_init__(self) -> None:
        if self.hop_length % self.n_group:
            raise UserError(f"hop_length {self.hop_length}: must be a multiple of {self.n_group}")
        if self.n_group % 2 or self.early_size % 2:
            raise UserError("n_group and early_size: must be even, for couplings to halve")
        if self.n_left < 2:
            raise UserError(
                f"n_flows {self.n_flows}: no channel is left of {self.n_group}; take fewer steps, or"
                " let fewer channels leave"
            )

    @classmethod
    def tiny(cls) -> "WaveGlowConfig":
        """Frames of 64 samples, six steps; 0.7 million parameters, small enough for one CPU core."""
        return cls(80, 64, 16, n_flows=6, early_every=2, channels=32, n_layers=4)

    @classmethod
    def paper(cls) -> "WaveGlowConfig":
        """The public code's: 87.9 million parameters."""
        return cls()

    @property
    def context_frames(self) -> int:
        """Frames on either side that the samples of one depend on at most, besides their own.

        Example:
            >>> WaveGlowConfig.tiny().context_frames, WaveGlowConfig.paper().context_frames
            (14, 98)
        """
        # Dilated layers of each step, in groups; the frames' kernel.
        groups = self.n_flows * (KERNEL // 2) * (2**self.n_layers - 1)
        return math.ceil(groups * self.n_group / self.hop_length) + FRAME_HOPS // 2

    @property
    def n_left(self) -> int:
        """Channels that stay to the last step."""
        return self.n_group - (self.n_flows - 1) // self.early_every * self.early_size


class WaveGlow(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "flow", "vocoder"]
):
    """Waveforms to white noise and back, given mel frames.

    Example:
        >>> net = WaveGlow(WaveGlowConfig.tiny())
        >>> audio, mel = torch.randn(2, 1, 640), torch.zeros(2, 80, 10)
        >>> z, log_det = net(audio, mel)
        >>> z.shape, log_det.shape, torch.allclose(net.inverse(z, mel), audio, atol=1e-4)
        (torch.Size([2, 8, 80]), torch.Size([2]), True)
    """

    def __init__(self, config: WaveGlowConfig) -> None:
        super().__init__()
        self.config = config
        hop, width = config.hop_length, config.frame_channels
        self.upsample = nn.ConvTranspose1d(config.n_mels, width, FRAME_HOPS * hop, stride=hop)
        self.mixtures, self.couplings = nn.ModuleList(), nn.ModuleList()
        n_channels = config.n_group
        for i in range(config.n_flows):
            if self.leaves_before(i):
                n_channels -= config.early_size
            self.mixtures.append(InvertibleConv(n_channels))
            self.couplings.append(
                AffineCoupling(n_channels, width * config.n_group, config.channels, config.n_layers)
            )

    def leaves_before(self, i: int) -> bool:
        """Whether channels leave before step i."""
        return i > 0 and i % self.config.early_every == 0

    def forward(
        self, audio: Float[Tensor, "B 1 T"], mel: Float[Tensor, "B M N"]
    ) -> tuple[Float[Tensor, "B G J"], Float[Tensor, " B"]]:
        """Go from sound to noise.

        Args:
            audio: T = N hop_length samples.
            mel: From `log_mel`; frame n is centred on sample n hop_length.

        Returns:
            z, as many numbers as samples, in G = n_group channels; the log-determinant of dz / dx of each clip.

        Raises:
            UserError: The frames have another number of bands, or are not as many as the samples need.
        """
        condition = self.condition(mel)
        if audio.shape[2] != mel.shape[2] * self.config.hop_length:
            raise UserError(
                f"{mel.shape[2]} frames of {self.config.hop_length} samples for a clip of {audio.shape[2]}"
                " samples; cut one to the length of the other"
            )
        x, log_det, left = squeeze(audio, self.config.n_group), audio.new_zeros(len(audio)), []
        for i, (mixture, coupling) in enumerate(zip(self.mixtures, self.couplings, strict=True)):
            if self.leaves_before(i):
                early, x = x[:, : self.config.early_size], x[:, self.config.early_size :]
                left.append(early)
            x, log_det_w = mixture(x)
            x, log_det_s = coupling(x, condition)
            log_det = log_det + log_det_w + log_det_s
        return torch.cat([*left, x], dim=1), log_det

    def inverse(
        self, z: Float[Tensor, "B G J"], mel: Float[Tensor, "B M N"]
    ) -> Float[Tensor, "B 1 T"]:
        """Go from noise to sound; z as `forward` returns it, or from `noise`.

        Raises:
            UserError: The frames have another number of bands, or there are none.
        """
        condition = self.condition(mel)
        n_left, early_size = self.config.n_left, self.config.early_size
        *left, x = z.split([*[early_size] * ((z.shape[1] - n_left) // early_size), n_left], dim=1)
        for i in reversed(range(self.config.n_flows)):
            x = self.couplings[i].inverse(x, condition)  # type: ignore[operator]
            x = self.mixtures[i].inverse(x)  # type: ignore[operator]
            if self.leaves_before(i):
                x = torch.cat([left.pop(), x], dim=1)
        return unsqueeze(x, self.config.n_group)

    def condition(self, mel: Float[Tensor, "B M N"]) -> Float[Tensor, "B D J"]:
        """Frames at the rate of the groups: a learned kernel around the middle of each."""
        check_bands(mel, self.config.n_mels)
        hop = self.config.hop_length
        first = FRAME_HOPS // 2 * hop
        frames = self.upsample(mel)[:, :, first : first + mel.shape[2] * hop]
        return squeeze(frames, self.config.n_group)

    def noise(self, n_frames: int, seed: int, sigma: float | int = 1.0) -> Float[Tensor, "1 G J"]:
        """White noise for a clip, a function of its seed, the same on every device.

        Args:
            n_frames: Of the clip.
            seed: Decides it.
            sigma: Its standard deviation; less than in training sounds cleaner [section 2.4].
        """
        generator = torch.Generator().manual_seed(seed)
        shape = (
            1,
            self.config.n_group,
            n_frames * self.config.hop_length // self.config.n_group,
        )
        noise = sigma * torch.randn(shape, generator=generator)
        return noise.to(next(self.parameters()).device)
