"""Chapter 8's checkers: right answers pass however they are written."""

import math

import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl
from torch.nn import functional as F

from tinyaudio.exercises.autoencoder_and_vae import check_draw, check_kl, check_loss, check_project
from tinyaudio.objectives.variational import gaussian_log_likelihood, kl_divergence


def test_draw_passes_however_it_is_written():
    assert check_draw(lambda m, v, noise: m + v.exp().sqrt() * noise)
    assert check_draw(lambda m, v, noise: torch.addcmul(m, (v / 2).exp(), noise))
    assert check_draw(lambda m, v, noise: Normal(m, (v / 2).exp()).icdf(Normal(0, 1).cdf(noise)))


def test_a_draw_without_gradients_is_named_though_its_values_are_right():
    def detached(mean, log_variance, noise):
        with torch.no_grad():
            return mean + (log_variance / 2).exp() * noise

    def half(mean, log_variance, noise):
        return mean + (log_variance.detach() / 2).exp() * noise

    assert "no gradient reaches" in check_draw(detached).message
    assert "gradient of the log-variance" in check_draw(half).message


def test_kl_passes_however_it_is_written():
    assert check_kl(kl_divergence)

    def of_torch(mean, log_variance):
        return torch_kl(Normal(mean, (log_variance / 2).exp()), Normal(0, 1)).sum(1)

    assert check_kl(of_torch)
    assert check_kl(lambda m, v: torch.stack([-0.5 * (1 + b - a**2 - b.exp()).sum() for a, b in zip(m, v, strict=True)]))  # fmt: skip


def test_loss_passes_however_it_is_written():
    def by_the_package(x, output, mean, log_variance, scale):
        constant = x[0].numel() * (math.log(scale) + math.log(2 * math.pi) / 2)
        fit = gaussian_log_likelihood(x, output, scale) + constant
        return (kl_divergence(mean, log_variance) - fit).mean()

    assert check_loss(by_the_package)

    def in_sums(x, output, mean, log_variance, scale):
        misfit = F.mse_loss(output, x, reduction="sum") / (2 * scale**2)
        return (misfit + kl_divergence(mean, log_variance).sum()) / len(x)

    assert check_loss(in_sums)


def test_a_loss_whose_kl_is_cut_off_is_named_though_its_value_is_right():
    def cut(x, output, mean, log_variance, scale):
        kl = kl_divergence(mean, log_variance).detach()
        return (((x - output) / scale).square().sum((1, 2)) / 2 + kl).mean()

    assert "as if there were no KL" in check_loss(cut).message


def test_project_passes_however_it_is_written():
    def by_covariance(rows, k):
        centred = rows - rows.mean(0)
        axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -k:]
        return centred @ axes @ axes.T + rows.mean(0)

    assert check_project(by_covariance)

    def by_low_rank(rows, k):
        U, S, Vh = torch.linalg.svd(rows - rows.mean(0))
        return (U[:, :k] * S[:k]) @ Vh[:k] + rows.mean(0)

    assert check_project(by_low_rank)
