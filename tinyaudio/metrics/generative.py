r"""Two sets of sounds compared as distributions: are the generated ones like the real ones, and as varied?

A sound is a row of features, such as the log spectrogram or its principal components.  Each number is fooled by
something else, so that two of them stand side by side:

    Fréchet distance   two moments; a Gaussian with the data's has 0, whatever it sounds like
    NDB                the shares of k clusters; blind to what happens within a cluster
    coverage           whether each real sound has a generated one near it; outliers do not harm
    precision          whether each generated sound lies among the real ones; one perfect sound, repeated, has 1
    nearest training   whether sounds are copied from the training set; noise passes
    diversity          the spread of sounds of one class; a wrong spread, such as noise, counts as well

Paper:      Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
            equilibrium", 2017, for the Fréchet distance; Richardson & Weiss, "On GANs and GMMs", 2018, for
            NDB; Naeem et al., "Reliable fidelity and diversity metrics for generative models", 2020, for
            coverage; Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
            models", 2019, for precision.
Implements: `frechet_distance`, `n_different_bins`, `coverage`, `precision`, `nearest_train_ratio`,
            `intra_class_diversity`; `PrincipalComponents`, the features' frame.
See:        part 3, "Bottlenecks and critics"; `tinyaudio.metrics.pitch_classification` for the metrics of
            GANSynth that need a classifier.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.objectives.codebook import kmeans

LEVEL = 0.05  # of the test whether two shares differ [Richardson & Weiss]
N_NEIGHBOURS = 5


class PrincipalComponents:
    """Coordinates along the directions in which training features vary most.

    Args:
        features: Of the training set, a row a sound.
        n_components: How many directions to keep.

    Raises:
        UserError: There are fewer sounds, or measurements, than directions.

    Example:
        >>> points = torch.tensor([[1.0, 1.0], [-1.0, -1.0], [0.1, -0.1], [-0.1, 0.1]])
        >>> PrincipalComponents(points, 1)(points).abs().round(decimals=3).flatten()
        tensor([1.4140, 1.4140, 0.0000, 0.0000])
    """

    def __init__(self, features: Float[Tensor, "N F"], n_components: int) -> None:
        if n_components > min(len(features) - 1, features.shape[1]):
            raise UserError(
                f"{n_components} principal components of {len(features)} sounds with {features.shape[1]}"
                " measurements; take fewer"
            )
        self.mean = features.mean(0)
        _, _, directions = torch.linalg.svd(features - self.mean, full_matrices=False)
        self.directions = directions[:n_components]  # (D, F)

    def __call__(self, features: Float[Tensor, "N F"]) -> Float[Tensor, "N D"]:
        """The coordinates of sounds."""
        return (features - self.mean) @ self.directions.T

    def inverse(self, coordinates: Float[Tensor, "N D"]) -> Float[Tensor, "N F"]:
        """The features that have these coordinates, and the mean's in all other directions."""
        return coordinates @ self.directions + self.mean


def frechet_distance(
    real: Float[Tensor, "N D"], generated: Float[Tensor, "M D"]
) -> Float[Tensor, ""]:
    r"""Between the Gaussians with the sets' means and covariances, in squared units of the features.

    \|m - m'\|^2 + tr(S + S' - 2 (S^{1/2} S' S^{1/2})^{1/2})

    A covariance's error of estimation makes the distance larger: compare sets of equal size.

    Args:
        real: Features of real sounds, more of them than measurements.
        generated: Of generated ones, likewise.

    Raises:
        UserError: There are too few sounds for a covariance.

    Example:
        >>> a = torch.tensor([[0.0], [2.0], [4.0]])
        >>> frechet_distance(a, a + 3).item()  # the same spread, three apart
        9.0
    """
    for one in (real, generated):
        if len(one) <= one.shape[1]:
            raise UserError(
                f"{len(one)} sounds for a covariance of {one.shape[1]} measurements: take more sounds, or"
                " fewer principal components"
            )
    (m, S), (m2, S2) = (moments(one.double()) for one in (real, generated))
    root = square_root(S)
    trace = S.trace() + S2.trace() - 2 * square_root(root @ S2 @ root).trace()
    return ((m - m2).square().sum() + trace.clamp(min=0)).float()


def moments(x: Float[Tensor, "N D"]) -> tuple[Float[Tensor, " D"], Float[Tensor, "D D"]]:
    """Mean and covariance."""
    return x.mean(0), torch.atleast_2d(torch.cov(x.T))


def square_root(matrix: Float[Tensor, "D D"]) -> Float[Tensor, "D D"]:
    """Of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def n_different_bins(
    train: Float[Tensor, "N D"], generated: Float[Tensor, "M D"], k: int, seed: int = 0
) -> int:
    """NDB: of k clusters of the training set, how many have another share of the generated sounds.

    Of two sets of the same distribution, one cluster in twenty differs by chance: 2.5 of 50, with a
    standard deviation of 1.6.

    Args:
        train: Features of the training set.
        generated: Of generated sounds, or of held-out ones.
        k: Clusters.
        seed: Of k-means.

    Example:
        >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
        >>> n_different_bins(x, x, 8), n_different_bins(x, torch.zeros(400, 2), 8)
        (0, 7)
    """
    means, _ = kmeans(train, k, torch.Generator().manual_seed(seed))
    counts = (
        torch.bincount(torch.cdist(one, means).argmin(1), minlength=k) for one in (train, generated)
    )
    return int(differing_shares(*counts).sum())


def differing_shares(a: Int[Tensor, " k"], b: Int[Tensor, " k"]) -> Bool[Tensor, " k"]:
    r"""The bins whose shares of two samples differ, by a two-sided test of each at the level `LEVEL`.

    |p - q| > z \sqrt{\bar p (1 - \bar p) (1 / N + 1 / M)},   \bar p the share of both samples together

    Args:
        a: How many of the one sample's N sounds are in each bin.
        b: How many of the other's M.

    Example:
        >>> differing_shares(torch.tensor([50, 50, 0]), torch.tensor([45, 5, 50]))
        tensor([False,  True,  True])
    """
    N, M = a.sum(), b.sum()
    p, q = a.double() / N, b.double() / M
    pooled = (a + b).double() / (N + M)
    deviation = (pooled * (1 - pooled) * (1 / N + 1 / M)).sqrt()
    z = math.sqrt(2) * torch.special.erfinv(torch.tensor(1 - LEVEL)).item()
    return (p - q).abs() > z * deviation


def radii(real: Float[Tensor, "N D"], n_neighbours: int) -> Float[Tensor, " N"]:
    """How far each sound's n-th nearest neighbour is.

    Raises:
        UserError: There are not that many.
    """
    if len(real) <= n_neighbours:
        raise UserError(
            f"{len(real)} sounds: the {n_neighbours}-th nearest neighbour needs one more than that"
        )
    return torch.cdist(real, real).kthvalue(n_neighbours + 1, dim=1).values  # the first is itself


def coverage(
    real: Float[Tensor, "N D"], generated: Float[Tensor, "M D"], n_neighbours: int = N_NEIGHBOURS
) -> Float[Tensor, ""]:
    r"""Share of real sounds with a generated one no farther than their own n-th nearest neighbour.

    Of as many sounds of the same distribution, 1 - 2^{-n} is expected: 0.97 for n = 5 [Naeem et al.].

    Example:
        >>> real = torch.arange(10.0)[:, None]
        >>> coverage(real, real), coverage(real, real[:1])
        (tensor(1.), tensor(0.4000))
    """
    near = torch.cdist(real, generated).min(1).values
    return (near <= radii(real, n_neighbours)).float().mean()


def precision(
    real: Float[Tensor, "N D"], generated: Float[Tensor, "M D"], n_neighbours: int = N_NEIGHBOURS
) -> Float[Tensor, ""]:
    """Share of generated sounds that are no farther from some real one than its n-th nearest neighbour.

    Example:
        >>> real = torch.arange(10.0)[:, None]
        >>> precision(real, torch.tensor([[4.5], [99.0]]))
        tensor(0.5000)
    """
    inside = torch.cdist(generated, real) <= radii(real, n_neighbours)
    return inside.any(1).float().mean()


def nearest_train_ratio(
    train: Float[Tensor, "N D"], held_out: Float[Tensor, "K D"], generated: Float[Tensor, "M D"]
) -> Float[Tensor, ""]:
    """Median distance of generated sounds from the nearest of the training set, over held-out sounds'.

    Near 0, sounds are copies; near 1, they are as new as held-out ones; above, they are off the data.

    Example:
        >>> train = torch.tensor([[0.0], [10.0]])
        >>> nearest_train_ratio(train, train + 2, train + 1)
        tensor(0.5000)
    """
    new, real = (torch.cdist(one, train).min(1).values.median() for one in (generated, held_out))
    return new / real


def intra_class_diversity(
    features: Float[Tensor, "N F"], classes: Int[Tensor, " N"]
) -> Float[Tensor, ""]:
    r"""How far sounds of one class are from their class's mean: the root of the mean within-class variance.

    \sqrt{\frac{1}{K} \sum_k \frac{1}{n_k - 1} \sum_{i \in k} \|x_i - \bar x_k\|^2}

    Its ratio to that of real sounds is below 1 where sounds are too much alike.  A ratio of 1 does not say
    that they vary as real ones do.

    Args:
        features: A row a sound, such as log spectra.
        classes: Of each sound, such as its pitch; those of a single sound are left out.

    Raises:
        UserError: No class has two sounds.

    Example:
        >>> x = torch.tensor([[0.0], [2.0], [10.0], [10.0]])
        >>> intra_class_diversity(x, torch.tensor([0, 0, 1, 1]))  # variances of 2 and 0
        tensor(1.)
    """
    members = (features[classes == k] for k in classes.unique())
    variances = [x.var(0).sum() for x in members if len(x) > 1]
    if not variances:
        raise UserError("no class has two sounds, whose diversity could be measured; take more")
    return torch.stack(variances).mean().sqrt()
