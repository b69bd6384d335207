r"""Linear discriminant analysis: a classifier in closed form, for metrics that have to recognize something.

Classes are Gaussians with means m_k, one covariance S for all, and equal priors.  The most probable class is

    \hat{k}(x) = \arg\max_k  m_k^T S^{-1} x - m_k^T S^{-1} m_k / 2

Nothing is random and nothing has to converge, so a metric that uses it is the same number everywhere.

Paper:      Fisher, "The use of multiple measurements in taxonomic problems", 1936; Friedman, "Regularized
            discriminant analysis", 1989, for the shrinkage of S towards its diagonal.
Implements: `LinearDiscriminant`.
See:        `tinyaudio.metrics.conversion`, which recognizes speakers by it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.errors import UserError


class LinearDiscriminant:
    """Classify feature vectors after learning from labelled ones.

    Args:
        features: Of N examples, from D measurements.
        labels: The class of each; any whole numbers.
        shrinkage: From 0, the covariance as it is, to 1, its diagonal alone.

    Raises:
        UserError: There is a single class, or the numbers of features and labels differ.

    Example:
        >>> points = torch.tensor([[0.0, 1.0], [0.2, 0.8], [2.0, 3.1], [2.1, 2.9]])
        >>> LinearDiscriminant(points, torch.tensor([7, 7, 3, 3]))(torch.tensor([[0.0, 0.9], [2.0, 3.0]]))
        tensor([7, 3])
    """

    def __init__(
        self,
        features: Float[Tensor, "N D"],
        labels: Int[Tensor, " N"],
        shrinkage: float | int = 0.01,
    ) -> None:
        if len(features) != len(labels):
            raise UserError(
                f"{len(features)} examples with {len(labels)} labels: give one for each"
            )
        self.classes, index = labels.unique(return_inverse=True)
        if len(self.classes) < 2:
            raise UserError("a classifier needs examples of two classes or more; there is one")
        x = features.double()
        counts = torch.bincount(index).double()
        means = torch.zeros(len(counts), x.shape[1], dtype=x.dtype).index_add(0, index, x)
        means = means / counts[:, None]
        deviations = x - means[index]
        covariance = deviations.T @ deviations / len(x)
        variances = covariance.diagonal().diag()
        covariance = covariance.lerp(variances, shrinkage)
        # A measurement that never varies says nothing; its variance must not be zero.
        covariance += 1e-6 * variances.diagonal().mean().clamp(min=1e-12) * torch.eye(x.shape[1])
        self.weights = torch.linalg.solve(covariance, means.T)  # S^{-1} m_k; (D, K)
        self.biases = -(means.T * self.weights).sum(0) / 2

    def __call__(self, features: Float[Tensor, "N D"]) -> Int[Tensor, " N"]:
        """The most probable class of each example."""
        return self.classes[(features.double() @ self.weights + self.biases).argmax(1)]
