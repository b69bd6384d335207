"""The evidence lower bound against what is known: Monte Carlo, the linear-Gaussian model, PCA."""

import math

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributions import MultivariateNormal, Normal

from tinyaudio.models.autoencoder import Autoencoder, AutoencoderConfig, reparameterize
from tinyaudio.objectives.variational import (
    elbo_loss,
    gaussian_log_likelihood,
    kl_divergence,
    mean_error,
)


def test_kl_is_monte_carlo_s():
    mean, log_variance = torch.tensor([[0.7, -1.2]]), torch.tensor([[-0.8, 0.3]])
    q = Normal(mean, (log_variance / 2).exp())
    torch.manual_seed(0)
    z = q.sample((1_000_000,))
    drawn = (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean()
    assert kl_divergence(mean, log_variance).item() == pytest.approx(drawn.item(), abs=1e-2)


def test_kl_is_0_for_the_prior_alone_and_exact_near_it():
    assert kl_divergence(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0
    near = kl_divergence(torch.zeros(1, 1), torch.full((1, 1), 1e-3)).item()
    assert near == pytest.approx(1e-6 / 4, rel=1e-2)  # v^2 / 4 + ...


def test_the_log_likelihood_is_a_sum_over_numbers_for_each_clip():
    x, m = torch.randn(3, 5, 7), torch.randn(3, 5, 7)
    expected = Normal(m, 0.3).log_prob(x).sum((1, 2))
    torch.testing.assert_close(gaussian_log_likelihood(x, m, 0.3), expected)


class LinearGaussian:
    """x = W z + b + s e, whose posterior is known: probabilistic PCA (Tipping & Bishop, 1999)."""

    def __init__(self, mean_offset=0.0, log_variance_offset=0.0):
        g = torch.Generator().manual_seed(0)
        # Orthogonal columns, so that the posterior of z has no correlations.
        self.W = torch.linalg.qr(torch.randn(5, 2, generator=g)).Q * torch.tensor([2.0, 0.7])
        self.b, self.s = torch.randn(5, generator=g), 0.6
        self.offsets = mean_offset, log_variance_offset

    def log_evidence(self, x):
        covariance = self.W @ self.W.T + self.s**2 * torch.eye(5)
        return MultivariateNormal(self.b, covariance).log_prob(x)

    def posterior(self, x):
        M = (self.W.T @ self.W + self.s**2 * torch.eye(2)).diagonal()
        mean = (x - self.b) @ self.W / M + self.offsets[0]
        return mean, (self.s**2 / M).log().expand_as(mean) + self.offsets[1]

    def __call__(self, x, pitch, noise):
        mean, log_variance = self.posterior(x)
        z = reparameterize(mean, log_variance, noise)
        return z @ self.W.T + self.b, (mean, log_variance)


# Four points with the mean 0 and the covariance 1: the log-likelihood is quadratic in z, so that its
# mean over them is its expectation.
POINTS = math.sqrt(2) * torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def elbo(model, x, monkeypatch):
    monkeypatch.setattr(torch, "randn", lambda *shape, device: POINTS)
    loss, _ = elbo_loss(model, 2, model.s)({"frames": x.expand(4, 5)}, 0)
    monkeypatch.undo()
    return -loss.item()


@pytest.mark.parametrize("seed", range(3))
def test_the_elbo_is_the_log_evidence_at_the_true_posterior(seed, monkeypatch):
    model = LinearGaussian()
    x = 2 * torch.randn(1, 5, generator=torch.manual_seed(seed))
    evidence = model.log_evidence(x).item()
    assert elbo(model, x, monkeypatch) == pytest.approx(evidence, abs=1e-4)


@pytest.mark.parametrize("offsets", [(0.3, 0.0), (0.0, 0.5), (-0.2, -1.0)])
def test_elsewhere_it_is_lower_by_the_kl_to_the_posterior(offsets, monkeypatch):
    model, x = LinearGaussian(*offsets), torch.ones(1, 5)
    mean, log_variance = model.posterior(x)
    shift, v = offsets
    variance = (log_variance - v).exp()
    # KL(N(m + shift, e^v s^2) || N(m, s^2)), dimension by dimension
    gap = ((shift**2 / variance + math.exp(v) - 1 - v).sum() / 2).item()
    assert gap > 0.05
    found = model.log_evidence(x).item() - elbo(model, x, monkeypatch)
    assert found == pytest.approx(gap, abs=1e-4)


def test_a_linear_autoencoder_spans_what_pca_does():
    """By principal angles; its latents are any basis of that plane, not PCA's axes."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(400, 6, generator=g) * torch.tensor([3.0, 2.0, 1.0, 0.7, 0.5, 0.3])
    x = (x - x.mean(0)) @ torch.linalg.qr(torch.randn(6, 6, generator=g)).Q
    torch.manual_seed(1)
    encoder, decoder = nn.Linear(6, 2, bias=False), nn.Linear(2, 6, bias=False)
    loss = elbo_loss(lambda x, pitch, noise: (decoder(encoder(x)), (encoder(x), None)), 2, 1.0)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.LBFGS(parameters, max_iter=300, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value, _ = loss({"frames": x}, 0)
        value.backward()
        return value

    optimizer.step(closure)
    plane = torch.linalg.qr(decoder.weight.detach()).Q
    axes = torch.linalg.svd(x, full_matrices=False).Vh[:2].T
    cosines = torch.linalg.svdvals(plane.T @ axes)
    assert torch.rad2deg(cosines.clamp(max=1).acos()).max() < 0.5
    assert (plane.T @ axes).abs().max(1).values.min() < 0.99  # turned within the plane


def test_beta_weighs_the_kl_and_an_autoencoder_has_none():
    torch.manual_seed(0)
    batch = {"frames": torch.randn(4, 16, 8)}
    config = AutoencoderConfig(16, 8, channels=(4, 4), n_time=2, n_hidden=8, variational=True)
    net = Autoencoder(config)
    for beta in (0.0, 1.0, 4.0):
        loss, logs = elbo_loss(net, 2, 0.5, beta)(batch, 0)
        torch.testing.assert_close(loss, beta * logs["kl"] - logs["log_likelihood"])
        assert logs["kl"] > 0
    plain = Autoencoder(AutoencoderConfig(16, 8, channels=(4, 4), n_time=2, n_hidden=8))
    loss, logs = elbo_loss(plain, 2, 0.5)(batch, 0)
    assert logs["kl"] == 0 and loss == -logs["log_likelihood"]
    assert mean_error(plain, batch) < logs["rms"]  # the mean of |e| is below its root mean square


def test_the_loss_leaves_nothing_on_the_cpu():
    config = AutoencoderConfig(16, 8, channels=(4, 4), n_time=2, n_hidden=8, variational=True)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):
            net = Autoencoder(config)
        batch = {"frames": mode.from_tensor(torch.zeros(4, 16, 8)).to("cuda")}
        loss, logs = elbo_loss(net, 2, 0.5)(batch, 0)
    assert loss.device.type == "cuda"
    assert all(value.device.type == "cuda" and value.shape == () for value in logs.values())
