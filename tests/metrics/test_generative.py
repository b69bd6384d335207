"""Metrics of sets against closed forms, each with what fools it."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.metrics.generative import (
    PrincipalComponents,
    coverage,
    differing_shares,
    frechet_distance,
    intra_class_diversity,
    n_different_bins,
    nearest_train_ratio,
    precision,
)
from tinyaudio.objectives.codebook import kmeans


def normal(n, d=4, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_the_frechet_distance_of_gaussians_with_commuting_covariances():
    """|m - m'|^2 + sum (s - s')^2, for standard deviations s and s' along the same axes."""
    x = normal(20_000)
    white = (x - x.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T
    s, s2 = torch.tensor([1.0, 2.0, 0.5, 3.0]), torch.tensor([1.0, 0.5, 0.5, 4.0])
    shift = torch.tensor([0.0, 0.0, 2.0, -1.0])
    expected = shift.square().sum() + (s - s2).square().sum()
    turn = torch.linalg.qr(normal(4, seed=1)).Q
    found = frechet_distance(white * s @ turn, (white * s2 + shift) @ turn)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=0)


def test_the_frechet_distance_is_symmetric_and_that_of_covariances_that_do_not_commute():
    """tr (S S')^(1/2) is the sum of the roots of the eigenvalues of S S'."""
    a, b = normal(300) @ normal(4, seed=2), normal(300, seed=3) @ normal(4, seed=4) + 1
    S, S2 = torch.cov(a.double().T), torch.cov(b.double().T)
    roots = torch.linalg.eigvals(S @ S2).real.clamp(min=0).sqrt().sum()
    expected = (a.mean(0) - b.mean(0)).square().sum() + S.trace() + S2.trace() - 2 * roots
    for found in (frechet_distance(a, b), frechet_distance(b, a)):
        torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-4)
    assert frechet_distance(a, a).item() == pytest.approx(0, abs=1e-5 * S.trace().item())


def three_modes(seed):
    """Two large groups far apart, and a small one between them."""
    places = torch.rand(1_000, 1, generator=torch.Generator().manual_seed(seed))
    return torch.cat(
        [8 * ((places > 0.45).float() + (places > 0.55) - 1), normal(1_000, 1, seed)], 1
    )


def test_a_gaussian_fools_the_frechet_distance_and_not_ndb():
    real = three_modes(5)
    mean, S = real.mean(0), torch.cov(real.T)
    fooled = mean + normal(1_000, 2, seed=7) @ torch.linalg.cholesky(S).T
    assert frechet_distance(real, fooled) < 0.01 * S.trace()
    assert n_different_bins(real, fooled, 8) >= 5
    # ... while one in twenty bins differs between two draws of the real one.
    assert n_different_bins(real, three_modes(8), 8) <= 2


def test_different_bins_are_rare_between_draws_of_one_distribution():
    differing = [
        n_different_bins(normal(500, seed=i), normal(500, seed=100 + i), 20, i) for i in range(10)
    ]
    # The clusters were placed on the first of the two, which makes some more of them.
    assert sum(differing) <= 30


def test_two_samples_of_one_multinomial_differ_in_2_5_of_50_bins():
    """As many as the level of the test says, 50 / 20, with the deviation of 50 rare events, about 1.6."""
    draws = torch.Generator().manual_seed(0)
    shares = torch.rand(50, generator=draws) + 0.5

    def counts():
        chosen = torch.multinomial(shares, 5_000, replacement=True, generator=draws)
        return torch.bincount(chosen, minlength=50)

    found = torch.stack([differing_shares(counts(), counts()).sum() for _ in range(1_000)]).double()
    assert found.mean().item() == pytest.approx(2.5, abs=3 * 1.6 / 1_000**0.5)
    assert found.std().item() == pytest.approx(1.6, abs=0.15)
    one_bin = torch.bincount(torch.zeros(5_000, dtype=torch.int64), minlength=50)
    assert differing_shares(counts(), one_bin).all()


def test_copies_of_each_cluster_s_mean_fool_ndb_and_neither_coverage_nor_diversity():
    real, other = three_modes(5), three_modes(6)
    means, _ = kmeans(real, 8, torch.Generator().manual_seed(0))
    fooled = means[torch.cdist(other, means).argmin(1)]  # eight sounds, in the shares of real ones
    assert n_different_bins(real, fooled, 8) <= 2
    assert coverage(real, fooled) < 0.1 < 0.9 < coverage(real, other)
    assert intra_class_diversity(fooled[:, 1:], torch.zeros(1_000, dtype=torch.int64)) < 0.9


def test_coverage_and_precision_of_equal_distributions_and_of_one_sound():
    """Coverage's expectation is 1 - 2^-n; a single real sound, repeated, has precision 1 and covers little."""
    real, same = normal(2_000, 2), normal(2_000, 2, seed=1)
    for n in (1, 3, 5):
        error = 3 * math.sqrt(2**-n / 2_000)
        assert coverage(real, same, n).item() == pytest.approx(1 - 2**-n, abs=error)
    assert precision(real, same) > 0.95
    one = real[:1].expand(2_000, -1)
    assert precision(real, one) == 1.0 and coverage(real, one) < 0.02
    outliers = torch.cat([same, 100 + same])
    assert precision(real, outliers) < 0.51 and coverage(real, outliers) > 0.95


def test_copies_and_noise_are_told_by_the_nearest_training_sound():
    train, held_out = normal(500), normal(500, seed=1)
    assert nearest_train_ratio(train, held_out, train) == 0
    assert nearest_train_ratio(train, held_out, normal(500, seed=2)).item() == pytest.approx(
        1, abs=0.2
    )
    assert nearest_train_ratio(train, held_out, 10 + normal(500, seed=3)) > 10


def test_diversity_is_the_root_of_the_variance_within_classes():
    """Not of that between them; and linear in the spread."""
    classes = torch.arange(3_000) % 3
    spread = torch.tensor([1.0, 2.0, 3.0])[classes, None]
    x = 100.0 * classes[:, None] + spread * normal(3_000, 5)
    expected = (5 * (1 + 4 + 9) / 3) ** 0.5
    assert intra_class_diversity(x, classes).item() == pytest.approx(expected, rel=0.03)
    torch.testing.assert_close(
        intra_class_diversity(0.5 * x, classes), 0.5 * intra_class_diversity(x, classes)
    )
    assert intra_class_diversity(classes[:, None].float(), classes) == 0  # a sound a class, copied
    with pytest.raises(UserError, match="no class has two sounds"):
        intra_class_diversity(x[:3], classes[:3])


def test_noise_of_the_right_size_fools_diversity_and_not_precision():
    """Real sounds vary along one direction; noise that varies as much in all others is as diverse."""
    real = torch.cat([10 * normal(500, 1), torch.zeros(500, 19)], 1)
    noise = torch.cat([torch.zeros(500, 1), 10 / 19**0.5 * normal(500, 19, seed=1)], 1)
    same = torch.zeros(500, dtype=torch.int64)
    ratio = intra_class_diversity(noise, same) / intra_class_diversity(real, same)
    assert ratio.item() == pytest.approx(1, abs=0.1) and precision(real, noise) == 0


def test_principal_components_keep_what_varies_and_return():
    basis = torch.linalg.qr(normal(6, 6)).Q[:2]
    x = normal(100, 2, seed=1) * torch.tensor([3.0, 1.0]) @ basis + 5
    frame = PrincipalComponents(x, 2)
    torch.testing.assert_close(frame.inverse(frame(x)), x, atol=1e-4, rtol=0)
    assert (frame(x).std(0).diff() < 0).all()
    torch.testing.assert_close(frame.directions @ frame.directions.T, torch.eye(2))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: frechet_distance(normal(4), normal(50)), "4 sounds for a covariance of 4"),
        (lambda: coverage(normal(5), normal(9)), "5 sounds: the 5-th nearest"),
        (lambda: PrincipalComponents(normal(3), 3), "3 principal components of 3 sounds"),
    ],
)
def test_too_few_sounds(call, said):
    with pytest.raises(UserError, match=said):
        call()
