"""WaveGAN: one second of sound from a hundred random numbers, all samples at once.

Paper:      Donahue, McAuley, Puckette, "Adversarial Audio Synthesis", ICLR 2019 (arXiv:1802.04208),
            tables 3 and 4 (appendix D) for the sizes, section 3.3 for phase shuffle.
Implements: `Generator`, `Critic`, `phase_shuffle`.
Differs:    each example of a batch draws its own phase shift; the authors' code draws one a batch.
            The critic is called so because the loss is Wasserstein's; the paper says discriminator.
See:        part 3, "Bottlenecks and critics".
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL, STRIDE = 25, 4  # every layer of both networks
SEED_FRAMES = 16  # the length from which upsampling starts: 16 * 4^5 = 16,384


@dataclass(frozen=True)
class WaveGANConfig:
    """Size of both networks.

    Attributes:
        n_latents: Random numbers that a clip is made of.
        width: Channels nearest the waveform (the paper's d); they double with every layer.
        n_layers: Each layer makes the signal four times as long.
        shuffle: Largest phase shift, in samples, between the critic's layers (the paper's n).
    """

    n_latents: int = 100
    width: int = 64
    n_layers: int = 5
    shuffle: int = 2

    @classmethod
    def tiny(cls) -> "WaveGANConfig":
        """A quarter of a second at 16 kHz, small enough for two CPU cores."""
        return cls(n_latents=32, width=8, n_layers=4)

    @classmethod
    def paper(cls) -> "WaveGANConfig":
        """Tables 3 and 4: d = 64, 16,384 samples, phase shuffle n = 2."""
        return cls()

    @property
    def n_samples(self) -> int:
        """Length of a generated clip, in samples."""
        return SEED_FRAMES * STRIDE**self.n_layers

    @property
    def channels(self) -> list[int]:
        """Channels of the critic's layers from the waveform inwards, d, 2d, 4d, ..."""
        return [self.width * 2**i for i in range(self.n_layers)]


class Generator(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", license="mit", tags=["audio", "gan"]
):
    """Latents to waveform by transposed convolutions (table 3).

    Example:
        >>> generator = Generator(WaveGANConfig.tiny())
        >>> generator(torch.zeros(2, 32)).shape
        torch.Size([2, 1, 4096])
    """

    def __init__(self, config: WaveGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [*reversed(config.channels)]  # 16d, 8d, 4d, 2d, d
        self.dense = nn.Linear(config.n_latents, SEED_FRAMES * widths[0])
        # padding 11 and output_padding 1 make each layer exactly four times as long
        self.layers = nn.ModuleList(
            nn.ConvTranspose1d(c, d, KERNEL, STRIDE, padding=11, output_padding=1)
            for c, d in zip(widths, [*widths[1:], 1], strict=True)
        )

    def forward(self, latents: Float[Tensor, "B D"]) -> Float[Tensor, "B 1 T"]:
        """Make one clip for each row of latents.

        Args:
            latents: Uniform in [-1, 1], as in the authors' code.

        Returns:
            Audio in (-1, 1), `config.n_samples` long.
        """
        x = self.dense(latents).unflatten(1, (-1, SEED_FRAMES))  # (B, 16d, 16)
        for layer in self.layers:
            x = layer(F.relu(x))
        return torch.tanh(x)


def phase_shuffle(
    x: Float[Tensor, "B C T"], shifts: Float[Tensor, " B"] | Tensor
) -> Float[Tensor, "B C T"]:
    """Shift every example in time, its edge reflected (section 3.3, figure 2).

    Transposed convolutions leave a faint tone at a fixed phase; shifting by a random amount keeps
    the critic from winning by that phase alone.

    Args:
        x: Activations between two layers of the critic.
        shifts: Whole samples to the right for each example; negative is left.

    Returns:
        The shifted activations, as long as the input.

    Example:
        >>> phase_shuffle(torch.arange(5.0).reshape(1, 1, 5), torch.tensor([2])).flatten().tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0]
    """
    T = x.shape[-1]
    t = torch.arange(T, device=x.device) - shifts.to(x.device)[:, None]  # (B, T), where to read
    t = t.abs()  # reflect at the left edge ...
    t = (T - 1) - ((T - 1) - t).abs()  # ... and at the right one
    return x.gather(2, t[:, None, :].expand_as(x))


class Critic(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", license="mit", tags=["audio", "gan"]
):
    """Waveform to one number, high for real sound (table 4).

    Example:
        >>> critic = Critic(WaveGANConfig.tiny())
        >>> critic(torch.zeros(2, 1, 4096)).shape
        torch.Size([2])
    """

    def __init__(self, config: WaveGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = [1, *config.channels]
        self.layers = nn.ModuleList(
            nn.Conv1d(c, d, KERNEL, STRIDE, padding=11) for c, d in pairwise(widths)
        )
        self.score = nn.Linear(SEED_FRAMES * widths[-1], 1)

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, " B"]:
        """Judge clips.

        Args:
            audio: `config.n_samples` samples in [-1, 1].

        Returns:
            A score with no scale of its own; only differences mean something.
        """
        x, n = audio, self.config.shuffle
        for i, layer in enumerate(self.layers):
            x = F.leaky_relu(layer(x), 0.2)
            if self.training and n and i < len(self.layers) - 1:  # between layers
                x = phase_shuffle(x, torch.randint(-n, n + 1, (len(x),)))
        score: Tensor = self.score(x.flatten(1))
        return score.squeeze(1)
