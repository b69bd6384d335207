r"""The classifier that an encoder is trained to confuse: which domain do these latents come from?

    z (B, D, N) -> 1x1 convolutions with ELU -> a logit of every domain in every frame -> their mean over time

A domain is an instrument, a singer or a kind of music.  As the convolutions see one frame each, what is
classified is the frames, not their order.

Paper:      Mor, Wolf, Polyak & Taigman, "A universal music translation network", 2018
            (arXiv:1805.07848), section 3: three convolutions, 100 channels.
Implements: `DomainClassifier`.
See:        `tinyaudio.objectives.confusion` for the two losses; `tinyaudio.models.translation`.
"""

from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from torch import Tensor, nn


class DomainClassifier(
    nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=["audio", "domain-confusion"]
):
    """Latents to a logit for each domain.

    Args:
        n_domains: How many there are (k).
        latent_channels: Of the encoder's output (D).
        channels: Of the two hidden layers.

    Example:
        >>> import torch
        >>> DomainClassifier(3, latent_channels=64)(torch.zeros(2, 64, 20)).shape
        torch.Size([2, 3])
    """

    def __init__(self, n_domains: int, latent_channels: int, channels: int = 100) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(latent_channels, channels, 1),
            nn.ELU(),
            nn.Conv1d(channels, channels, 1),
            nn.ELU(),
            nn.Conv1d(channels, n_domains, 1),
        )

    def forward(self, latents: Float[Tensor, "B D N"]) -> Float[Tensor, "B k"]:
        """Classify clips by their latents, of any number of frames."""
        logits: Tensor = self.layers(latents)
        return logits.mean(2)
