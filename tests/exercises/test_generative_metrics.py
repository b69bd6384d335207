"""Chapter 17's checkers: right answers pass however they are written."""

import torch

from tinyaudio.exercises.generative_metrics import check_fid, check_inception, check_slerp
from tinyaudio.metrics.pitch_classification import inception_score


def test_the_distance_passes_by_eigenvalues_of_the_product_and_by_scipy():
    def by_eigenvalues(m, S, m2, S2):
        roots = torch.linalg.eigvals(S @ S2).real.clamp(min=0).sqrt().sum()
        return (m - m2).square().sum() + S.trace() + S2.trace() - 2 * roots

    def by_scipy(m, S, m2, S2):
        from scipy.linalg import sqrtm

        root = torch.as_tensor(sqrtm((S @ S2).numpy()).real)
        return ((m - m2) ** 2).sum() + (S + S2 - 2 * root).trace()

    assert check_fid(by_eigenvalues) and check_fid(by_scipy)


def test_the_great_circle_passes_by_a_rotation():
    def by_rotation(a, b, t):
        u, v = a / a.norm(), b / b.norm()
        across = v - (u @ v) * u
        if across.norm() < 1e-9:
            return (1 - t) * a + t * b
        omega = torch.atan2(across.norm(), u @ v)
        # The weights of a and b at the angle t omega.
        weight = (t * omega).sin() / omega.sin()
        return ((t * omega).cos() - weight * omega.cos()) * a + weight * b

    assert check_slerp(by_rotation)


def test_the_package_s_score_passes():
    assert check_inception(inception_score)

    def by_entropies(p):
        of_mean, of_notes = (torch.special.entr(q).sum(-1) for q in (p.mean(0), p))
        return of_mean.exp() / of_notes.mean().exp()

    assert check_inception(by_entropies)
