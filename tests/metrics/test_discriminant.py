"""Linear discriminant analysis against what is known of Gaussians."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.metrics.discriminant import LinearDiscriminant


def gaussians(n, means, covariance, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % len(means)
    noise = torch.randn(n, len(covariance), generator=generator)
    return means[labels] + noise @ torch.linalg.cholesky(covariance).T, labels


MEANS = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.5, -1.0]])
COVARIANCE = torch.tensor([[1.0, 0.8, 0.0], [0.8, 1.0, 0.3], [0.0, 0.3, 0.5]])


def test_of_two_gaussians_it_is_as_good_as_can_be():
    classifier = LinearDiscriminant(*gaussians(20_000, MEANS, COVARIANCE), shrinkage=0)
    points, labels = gaussians(20_000, MEANS, COVARIANCE, seed=1)
    found = (classifier(points) == labels).double().mean().item()
    # Bayes: the normal distribution function of half the Mahalanobis distance.
    difference = (MEANS[1] - MEANS[0]).double()
    distance = (difference @ torch.linalg.solve(COVARIANCE.double(), difference)).sqrt()
    best = 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))
    assert found == pytest.approx(best, abs=0.01)


def test_it_does_not_depend_on_the_units():
    points, labels = gaussians(500, MEANS, COVARIANCE)
    mixing = torch.tensor([[2.0, 0.1, 0.0], [0.0, 50.0, 1.0], [0.3, 0.0, 1.0]])
    plain = LinearDiscriminant(points, labels, shrinkage=0)(points)
    mixed = LinearDiscriminant(points @ mixing + 7, labels, shrinkage=0)(points @ mixing + 7)
    assert (plain == mixed).float().mean() > 0.99  # of 500, those on the border may change


def test_classes_keep_their_names_and_a_constant_measurement_does_no_harm():
    points, labels = gaussians(300, MEANS * 9, COVARIANCE)
    points = torch.cat([points, torch.ones(len(points), 1)], dim=1)
    classifier = LinearDiscriminant(points, 40 + 2 * labels)
    assert set(classifier(points).tolist()) == {40, 42}
    assert (classifier(points) == 40 + 2 * labels).all()


def test_what_it_cannot_learn_from_is_refused():
    with pytest.raises(UserError, match="there is one"):
        LinearDiscriminant(torch.randn(4, 2), torch.zeros(4, dtype=torch.long))
