r"""The losses of GAN vocoders: discriminators by least squares, features that match, spectra that are near.

    L_D = \sum_k E[(D_k(x) - 1)^2 + D_k(\tilde x)^2]                                [Kong, equation 1]

    L_G = \sum_k E[(D_k(\tilde x) - 1)^2] + \lambda_{fm} L_{FM} + \lambda d(x, \tilde x)

    L_{FM} = \sum_k \sum_i \mathrm{mean} |D_k^i(x) - D_k^i(\tilde x)|               [Kong, equation 4]

D_k^i is the i-th feature map of the k-th discriminator, the last of which is its scores.  The features of
real sound are a target, and no gradient goes into them.  The distance d is of HiFi-GAN's log-mel
spectrograms (`mel_distance`) or of UnivNet's spectrograms (`tinyaudio.objectives.multi_resolution`).

Paper:      Mao et al., "Least squares generative adversarial networks", 2017 (arXiv:1611.04076); Kong, Kim &
            Bae, "HiFi-GAN", 2020 (arXiv:2010.05646), section 2.4; Jang et al., "UnivNet", 2021
            (arXiv:2106.07889), section 2.3, where the sums over k are means and there is no L_FM.
Implements: `discriminator_scores_loss`, `generator_scores_loss`, `feature_matching`, `mel_distance`;
            `discriminator_loss` and `generator_loss`, for a `Learner`.
Differs:    mel spectrograms are those of `log_mel`; their distance is in nepers, as in the paper.
See:        `tinyaudio.recipes.hifigan`, `tinyaudio.recipes.univnet`.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.objectives.adversarial import Batch, Loss
from tinyaudio.objectives.spectral import NEPERS
from tinyaudio.represent.logmel import log_mel

FeatureMaps = Sequence[Sequence[Tensor]]  # of each discriminator, the last of each its scores
MEL_WEIGHT, FEATURE_WEIGHT = 45.0, 2.0  # of HiFi-GAN

# ---------------------------------------------------------------------------- terms


def discriminator_scores_loss(real: FeatureMaps, generated: FeatureMaps) -> Float[Tensor, " K"]:
    """How far each discriminator's scores are from 1 for real sound and from 0 for generated.

    Example:
        >>> real, generated = [[torch.tensor([1.0, 0.0])]], [[torch.tensor([0.5, 0.5])]]
        >>> discriminator_scores_loss(real, generated)  # (0 + 1) / 2 + 0.25
        tensor([0.7500])
    """
    return torch.stack(
        [
            (x[-1] - 1).square().mean() + y[-1].square().mean()
            for x, y in zip(real, generated, strict=True)
        ]
    )


def generator_scores_loss(generated: FeatureMaps) -> Float[Tensor, " K"]:
    """How far each discriminator's scores of generated sound are from 1.

    Example:
        >>> generator_scores_loss([[torch.tensor([0.5, 1.0])]])
        tensor([0.1250])
    """
    return torch.stack([(y[-1] - 1).square().mean() for y in generated])


def feature_matching(real: FeatureMaps, generated: FeatureMaps) -> Float[Tensor, ""]:
    """L_FM: mean absolute differences of all feature maps, summed; without a gradient into `real`.

    Example:
        >>> real = [[torch.zeros(2), torch.zeros(4)], [torch.ones(3)]]
        >>> feature_matching(real, [[torch.ones(2), torch.ones(4)], [torch.ones(3)]])
        tensor(2.)
    """
    differences = [
        (x.detach() - y).abs().mean()
        for ours, theirs in zip(real, generated, strict=True)
        for x, y in zip(ours, theirs, strict=True)
    ]
    return torch.stack(differences).sum()


def mel_distance(
    generated: Float[Tensor, "B 1 T"],
    real: Float[Tensor, "B 1 T"],
    sample_rate: int,
    n_fft: int,
    hop_length: int,
) -> Float[Tensor, ""]:
    """Mean absolute difference of `log_mel` frames, in nepers: natural logarithms of magnitudes.

    Args:
        generated: In [-1, 1].
        real: What it should be.
        sample_rate: In Hz; that of both, or the bands are others than those of the frames.
        n_fft: Length of a frame, in samples.
        hop_length: From frame to frame, in samples.

    Example:
        >>> clip = torch.randn(1, 1, 4_096, generator=torch.Generator().manual_seed(0))
        >>> round(mel_distance(0.5 * clip, clip, 16_000, 1_024, 256).item(), 3)  # ln 2
        0.693
    """
    made, wanted = (log_mel(x, sample_rate, n_fft, hop_length) for x in (generated, real))
    return NEPERS * (made - wanted).abs().mean()


# ---------------------------------------------------------------------------- for learners


def discriminator_loss(
    discriminators: Callable[[Tensor], FeatureMaps], generate: Callable[[Batch], Tensor]
) -> Loss:
    """L_D of a batch with a key ``audio``.

    Args:
        discriminators: Audio (B, 1, T) to the feature maps of each discriminator.
        generate: A batch to audio in place of its own; no gradient goes there.

    Returns:
        A loss; logs ``scores``, the mean over the discriminators of their terms: 0.5 if all answer 0.5.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            generated = generate(batch)
        terms = discriminator_scores_loss(discriminators(batch["audio"]), discriminators(generated))
        return terms.sum(), {"scores": terms.detach().mean()}

    return loss


def generator_loss(
    discriminators: Callable[[Tensor], FeatureMaps],
    generate: Callable[[Batch], Tensor],
    distance: Callable[[Tensor, Tensor], Tensor],
    distance_weight: float | int = MEL_WEIGHT,
    feature_weight: float | int = FEATURE_WEIGHT,
    scores_weight: float | int = 1.0,
) -> Loss:
    r"""L_G of a batch with a key ``audio``.

    Args:
        discriminators: As for `discriminator_loss`.
        generate: A batch to audio; the generator is in it.
        distance: d of generated and real audio.
        distance_weight: \lambda.
        feature_weight: \lambda_{fm}; with 0, the features of real sound are not computed.
        scores_weight: Of the sum of the discriminators' terms; 1 / K makes it UnivNet's mean.

    Returns:
        A loss; logs ``scores``, ``distance`` and, if it is part of the loss, ``features``, unweighted.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        generated = generate(batch)
        maps = discriminators(generated)
        scores, near = generator_scores_loss(maps), distance(generated, batch["audio"])
        total = scores_weight * scores.sum() + distance_weight * near
        logs = {"scores": scores.detach().mean(), "distance": near.detach()}
        if feature_weight:
            with torch.no_grad():
                real = discriminators(batch["audio"])
            features = feature_matching(real, maps)
            total = total + feature_weight * features
            logs["features"] = features.detach()
        return total, logs

    return loss
