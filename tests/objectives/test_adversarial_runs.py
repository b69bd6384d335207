"""Every adversarial game for two hundred steps: nothing but finite numbers, whatever the seed, the classes or the batch."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.objectives.adversarial import clip_weights, wasserstein_critic, wasserstein_generator
from tinyaudio.objectives.gan import gan_discriminator, gan_generator
from tinyaudio.objectives.relativistic import relativistic_discriminator, relativistic_generator
from tinyaudio.train import Learner, State, train

N, D = 16, 4  # samples of a clip, latents
GAMES = {
    "minimax": (gan_discriminator, partial(gan_generator, saturating=True)),
    "non-saturating": (gan_discriminator, gan_generator),
    "clipped": (partial(wasserstein_critic, penalty_weight=0), wasserstein_generator),
    "two-sided": (partial(wasserstein_critic, one_sided=False), wasserstein_generator),
    "one-sided": (wasserstein_critic, wasserstein_generator),
    "drift": (partial(wasserstein_critic, drift_weight=1e-3), wasserstein_generator),
    "relativistic": (relativistic_discriminator, relativistic_generator),
}


class Critic(nn.Module):
    """Scores, and logits of classes if there are some."""

    def __init__(self, n_classes):
        super().__init__()
        self.trunk, self.heads = nn.Linear(N, 16), nn.Linear(16, 1 + n_classes)

    def forward(self, audio):
        heads = self.heads(F.leaky_relu(self.trunk(audio.flatten(1)), 0.2))
        return (heads[:, 0], heads[:, 1:]) if heads.shape[1] > 1 else heads[:, 0]


class Generator(nn.Module):
    """Clips of latents, and of classes if there are some."""

    def __init__(self, n_classes):
        super().__init__()
        self.n_classes, self.linear = n_classes, nn.Linear(D + n_classes, N)

    def forward(self, latents, label=None):
        if label is not None:
            latents = torch.cat([latents, F.one_hot(label, self.n_classes)], 1)
        return self.linear(latents).tanh()[:, None]


def play(game, seed, n_steps, batch_of, n_classes=0):
    """Train both; the logs of every step, and both networks."""
    torch.manual_seed(seed)
    critic, generator = Critic(n_classes), Generator(n_classes)
    label = {"label": "kind"} if n_classes else {}
    losses = [make(critic, generator, lambda n: torch.randn(n, D), **label) for make in GAMES[game]]
    adams = [
        torch.optim.Adam(net.parameters(), 1e-2, betas=(0.5, 0.9)) for net in (critic, generator)
    ]
    if game == "clipped":
        clip_weights(adams[0], 0.1)
    learners = [
        Learner("critic", critic, losses[0], adams[0]),
        Learner("generator", generator, losses[1], adams[1], every=2),
    ]
    batches = (batch_of() for _ in range(n_steps))
    logs = [state.logs for state in train(State(learners), batches, n_steps)]
    return logs, critic, generator


def two_tones(n=8):
    """Half of the clips at one frequency, half at another, at any phase."""
    kind = torch.arange(n) % 2
    turns = torch.arange(N) / N * (1 + kind[:, None]) + torch.rand(n, 1)
    return {"audio": torch.sin(2 * torch.pi * turns)[:, None], "kind": kind}


def check_finite(logs, critic, generator):
    """The loop stops at a loss or gradient that is not; what is logged and left must be, too."""
    for one in logs:
        assert all(abs(value) < float("inf") for value in one.values())
    for p in [*critic.parameters(), *generator.parameters()]:
        assert torch.isfinite(p).all()


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5))]
)
@pytest.mark.parametrize("game", GAMES)
def test_two_hundred_steps_are_finite(game, seed):
    logs, critic, generator = play(game, seed, 200, two_tones)
    assert len(logs) == 200 and {"critic/loss", "generator/loss"} <= logs[-1].keys()
    check_finite(logs, critic, generator)


@pytest.mark.parametrize("game", GAMES)
def test_silence_is_as_finite_as_sound(game):
    """Of silence, every clip is the same and a critic may be flat: the slope's root has a gradient there."""
    check_finite(*play(game, 0, 20, lambda: {"audio": torch.zeros(4, 1, N)}))


@pytest.mark.parametrize("game", GAMES)
def test_a_batch_of_one(game):
    check_finite(*play(game, 0, 20, lambda: two_tones(1)))


@pytest.mark.parametrize("game", GAMES)
def test_a_single_class_costs_nothing_and_says_nothing(game):
    """There is only one answer: a cross-entropy of exactly 0, for both networks."""

    def batch():
        one = two_tones()
        return {"audio": one["audio"], "kind": torch.zeros_like(one["kind"])}

    logs, critic, generator = play(game, 0, 20, batch, n_classes=1)
    check_finite(logs, critic, generator)
    assert all(one["critic/cross_entropy"] == 0 for one in logs)
    assert logs[-1]["generator/cross_entropy"] == 0


@pytest.mark.parametrize("game", GAMES)
def test_losses_and_gradients_are_where_the_batch_is(game):
    """On PyTorch's meta device, which has shapes and no numbers; what stays on the CPU meets it and fails."""
    with torch.device("meta"):
        critic, generator = Critic(2), Generator(2)
    batch = {name: value.to("meta") for name, value in two_tones().items()}

    def latents(n):
        return torch.randn(n, D)  # on the CPU: the losses bring them to the batch

    for make, net in zip(GAMES[game], (critic, generator), strict=True):
        loss, logs = make(critic, generator, latents, label="kind")(batch, 0)
        gradients = torch.autograd.grad(loss, [*net.parameters()])
        assert {one.device.type for one in [loss, *logs.values(), *gradients]} == {"meta"}
    with pytest.raises(RuntimeError, match="meta"):
        critic(two_tones()["audio"])
