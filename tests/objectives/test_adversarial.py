"""Wasserstein losses against closed forms."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.objectives.adversarial import (
    clip_weights,
    gradient_penalty,
    wasserstein_critic,
    wasserstein_generator,
)
from tinyaudio.train import Learner, State, optimizer_step, train

# ---------------------------------------------------------------------------- the penalty


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("one_sided", [False, True])
def test_penalty_of_a_linear_critic_is_its_excess_slope_squared(slope, one_sided):
    x = torch.randn(6, 1, 9)
    direction = slope * torch.ones(9) / 3
    penalty = gradient_penalty(
        lambda x: (x.squeeze(1) * direction).sum(1), x, torch.randn(6, 1, 9), one_sided=one_sided
    )
    excess = max(slope - 1, 0) if one_sided else slope - 1
    assert penalty.item() == pytest.approx(excess**2, abs=1e-6)


def test_penalty_is_taken_where_the_mix_says():
    """The slope of f(x) = x^2 is 2x, so the penalty reveals where it was taken."""
    real, generated = torch.full((1, 1), 4.0), torch.zeros(1, 1)
    for m in (0.0, 0.25, 1.0):
        penalty = gradient_penalty(
            lambda x: x.square().sum(1), real, generated, torch.tensor([m]), one_sided=False
        )
        assert penalty.item() == pytest.approx((abs(8 * m) - 1) ** 2, rel=1e-5)


def test_a_flat_critic_has_a_finite_gradient():
    critic = nn.Linear(2, 1)
    nn.init.zeros_(critic.weight)
    x = torch.randn(3, 2)
    gradient_penalty(lambda x: critic(x).squeeze(1), x, x + 1, one_sided=False).backward()
    assert torch.isfinite(critic.weight.grad).all()


# ---------------------------------------------------------------------------- the critic's loss

SLOPE = torch.tensor([0.0, 0.6, 0.0, 0.8])  # of a linear critic, as steep as 1
REAL = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])  # scores 4.4 and 10


def linear_critic_loss(steepness=1.0, **options):
    """The loss of steepness * SLOPE @ x, where whatever is generated is zero."""
    loss = wasserstein_critic(
        lambda x: steepness * x @ SLOPE, lambda z: 0 * z, lambda n: torch.ones(n, 4), **options
    )
    return loss({"audio": REAL}, 0)


def test_loss_of_a_linear_critic_of_slope_one_is_minus_the_difference_of_means():
    total, logs = linear_critic_loss()
    assert total.item() == pytest.approx(-7.2)
    assert set(logs) == {"wasserstein", "penalty"}
    assert logs["wasserstein"].item() == pytest.approx(7.2)
    assert logs["penalty"].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("steepness", [0.5, 3.0])
def test_the_weights_multiply_penalty_and_drift(steepness):
    plain, _ = linear_critic_loss(steepness, penalty_weight=0)
    assert plain.item() == pytest.approx(-7.2 * steepness)
    two_sided, _ = linear_critic_loss(steepness, penalty_weight=4, one_sided=False)
    assert (two_sided - plain).item() == pytest.approx(4 * (steepness - 1) ** 2, rel=1e-4)
    one_sided, _ = linear_critic_loss(steepness, penalty_weight=4)
    assert (one_sided - plain).item() == pytest.approx(4 * max(steepness - 1, 0) ** 2, abs=1e-4)
    drift, _ = linear_critic_loss(steepness, penalty_weight=0, drift_weight=0.5)
    mean_square = steepness**2 * (4.4**2 + 10**2) / 2  # of the scores of the real audio alone
    assert (drift - plain).item() == pytest.approx(0.5 * mean_square, rel=1e-5)


def test_without_a_penalty_the_critic_is_not_differentiated_twice():
    """The one call whose input asks for a gradient is the penalty's."""
    asked = []

    def critic(x):
        asked.append(x.requires_grad)
        return x @ SLOPE

    for weight in (10.0, 0.0):
        loss = wasserstein_critic(critic, lambda z: z, lambda n: torch.ones(n, 4), weight)
        _, logs = loss({"audio": REAL}, 0)
        assert ("penalty" in logs) == (weight > 0) == any(asked)
        asked.clear()


def shift_estimate(shift, n_steps=200, **options):
    """Train a critic between N(0, 1) and N(shift, 1); the mean estimate of the last fifty steps."""
    torch.manual_seed(0)
    critic = nn.Sequential(
        nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)
    )
    loss = wasserstein_critic(critic, lambda z: z + shift, lambda n: torch.randn(n, 1), **options)
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2, betas=(0.5, 0.9))
    data = ({"audio": torch.randn(256, 1)} for _ in range(n_steps))
    states = train(State([Learner("critic", critic, loss, optimizer)]), data, steps=n_steps)
    distances = [state.logs["critic/wasserstein"] for state in states]
    return sum(distances[-50:]) / 50


@pytest.mark.parametrize("penalty_weight", [pytest.param(10.0, marks=pytest.mark.slow), 1.0])
def test_a_trained_critic_measures_the_shift_of_two_gaussians(penalty_weight):
    """For a shift by W the penalised optimum is W + W^2 / (2 lambda): 2.2 at 10 and 4 at 1."""
    estimate = shift_estimate(2.0, penalty_weight=penalty_weight)
    # The estimate of one batch of 256 scatters by 2 / sqrt(256) = 0.125; that of fifty by a seventh of it.
    assert estimate == pytest.approx(2 + 4 / (2 * penalty_weight), rel=0.05)


def test_generator_climbs_the_critic():
    loss = wasserstein_generator(lambda x: x.mean(1), lambda z: 3 * z, lambda n: torch.ones(n, 4))
    value, logs = loss({"audio": torch.zeros(5, 4)}, 0)
    assert value.item() == -3.0 and logs == {}


# ---------------------------------------------------------------------------- weight clipping


def test_clipped_weights_stay_within_the_bound_and_no_others_move():
    torch.manual_seed(0)
    critic, other = nn.Linear(4, 1), nn.Linear(4, 1)
    kept = other.weight.detach().clone()
    optimizer = torch.optim.RMSprop(critic.parameters(), 0.5)
    clip_weights(optimizer, 0.01)
    assert critic.weight.abs().max() <= 0.01  # from the beginning
    loss = wasserstein_critic(
        lambda x: critic(x)[:, 0], lambda z: z, lambda n: torch.zeros(n, 4), penalty_weight=0
    )
    for _ in train(State([Learner("critic", critic, loss, optimizer)]), [{"audio": REAL}] * 3, 3):
        # The best critic of all, of those within the bound, is the corner that points to the real audio.
        assert torch.equal(critic.weight, torch.full((1, 4), 0.01))
    assert torch.equal(other.weight, kept)


# ---------------------------------------------------------------------------- conditions and classes


def test_both_networks_get_the_condition_of_the_batch():
    given = {}

    def critic(audio, condition):
        given.setdefault("critic", []).append(condition)
        return audio.mean(1) * condition

    def generator(latents, condition):
        given["generator"] = condition
        return latents * condition[:, None]

    batch = {"audio": torch.zeros(2, 4), "pitch": torch.tensor([2.0, 3.0])}
    options = {"condition": lambda batch: batch["pitch"]}
    loss = wasserstein_critic(critic, generator, lambda n: torch.ones(n, 4), 0.0, **options)
    assert loss(batch, 0)[0].item() == (4 + 9) / 2
    assert given["generator"] is batch["pitch"] and len(given["critic"]) == 2
    assert all(condition is batch["pitch"] for condition in given["critic"])
    loss = wasserstein_generator(critic, generator, lambda n: torch.ones(n, 4), **options)
    assert loss(batch, 0)[0].item() == -(4 + 9) / 2


def test_the_condition_is_computed_once_a_loss():
    """One that is drawn at random is the same for the generator, the critic and its penalty."""
    seen = []
    loss = wasserstein_critic(
        lambda x, c: (seen.append(c), x.mean(1) * c)[1],
        lambda z, c: (seen.append(c), z * c)[1],
        lambda n: torch.ones(n, 4),
        condition=lambda batch: torch.rand(()),
    )
    loss({"audio": REAL}, 0)
    assert len(seen) == 4 and all(c is seen[0] for c in seen)


K = 3  # classes


class Classifier(nn.Module):
    """A critic with an auxiliary classifier on the same features."""

    def __init__(self):
        super().__init__()
        self.features, self.score, self.classify = nn.Linear(4, 4), nn.Linear(4, 1), nn.Linear(4, K)

    def forward(self, audio):
        features = self.features(audio).tanh()
        return self.score(features)[:, 0], self.classify(features)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.linear = nn.Embedding(K, 4), nn.Linear(4, 4)

    def forward(self, latents, label):
        return self.linear(latents + self.embedding(label))


@pytest.fixture
def conditional():
    torch.manual_seed(0)
    z = torch.randn(6, 4)
    batch = {"audio": torch.randn(6, 4), "pitch": torch.tensor([0, 1, 2, 0, 1, 1])}
    return Classifier(), Generator(), lambda n: z[:n], batch


def test_an_untrained_classifier_costs_the_logarithm(conditional):
    critic, generator, latents, batch = conditional
    nn.init.zeros_(critic.classify.weight), nn.init.zeros_(critic.classify.bias)
    for make in (wasserstein_critic, wasserstein_generator):
        _, logs = make(critic, generator, latents, label="pitch")(batch, 0)
        assert logs["cross_entropy"].item() == pytest.approx(math.log(K))


def test_critic_classifies_real_audio_and_generator_generated(conditional):
    critic, generator, latents, batch = conditional
    generated = generator(latents(6), batch["pitch"])
    for make, audio in (
        (partial(wasserstein_critic, penalty_weight=0), batch["audio"]),
        (wasserstein_generator, generated),
    ):
        with_label, plain = (
            make(critic, generator, latents, label="pitch", label_weight=weight)(batch, 0)[0]
            for weight in (10.0, 0.0)
        )
        expected = F.cross_entropy(critic(audio)[1], batch["pitch"])
        assert (with_label - plain).item() == pytest.approx(10 * expected.item(), rel=1e-4)


def test_a_classifier_s_generator_may_be_conditioned_on_more_than_the_label(conditional):
    critic, _, latents, batch = conditional
    given = []
    loss = wasserstein_generator(
        critic,
        lambda z, condition: (given.append(condition), z)[1],
        latents,
        condition=lambda batch: (batch["pitch"], "bright"),
        label="pitch",
    )
    _, logs = loss(batch, 0)
    assert given == [(batch["pitch"], "bright")]
    expected = F.cross_entropy(critic(latents(6))[1], batch["pitch"])
    assert logs["cross_entropy"].item() == pytest.approx(expected.item(), rel=1e-5)


# ---------------------------------------------------------------------------- gradients


def test_the_critic_s_loss_does_not_reach_the_generator(conditional):
    critic, generator, latents, batch = conditional
    wasserstein_critic(critic, generator, latents, label="pitch")(batch, 0)[0].backward()
    assert all(p.grad is None for p in generator.parameters())
    assert all(p.grad.abs().sum() > 0 for n, p in critic.named_parameters() if n != "score.bias")


def test_the_generator_s_step_moves_the_generator_alone(conditional):
    critic, generator, latents, batch = conditional
    weights = {n: p.detach().clone() for n, p in critic.named_parameters()}
    loss = wasserstein_generator(critic, generator, latents, label="pitch")
    optimizer = torch.optim.SGD(generator.parameters(), 0.1)
    before = loss(batch, 0)[0]
    optimizer_step(Learner("generator", generator, loss, optimizer), batch, 0)
    assert all(p.grad.abs().sum() > 0 for p in generator.parameters())
    assert all(p.grad is None for p in critic.parameters())
    assert all(torch.equal(p, weights[n]) for n, p in critic.named_parameters())
    assert loss(batch, 0)[0] < before
