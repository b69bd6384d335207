"""WaveGAN as it is written straight from the paper, without this package: the peer of `benchmarks.critics`.

Its training step is that of common implementations: `backward` of a loss fills the gradients of both networks,
the generator's clips are made with a graph and detached, and phase shuffle draws one shift for each batch.

Paper:      Donahue, McAuley & Puckette, "Adversarial audio synthesis", 2019 (arXiv:1802.04208), tables 3 to 5.
"""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

ROUNDS, WARM = 12, 2  # rounds that count, and that do not


class Generator(nn.Sequential):
    """Latents (B, D) to audio (B, 1, T)."""

    def __init__(self, n_latents: int, width: int, n_layers: int) -> None:
        channels = [width * 2**i for i in reversed(range(n_layers))]
        layers: list[nn.Module] = [
            nn.Linear(n_latents, 16 * channels[0]),
            nn.Unflatten(1, (channels[0], 16)),
        ]
        for c, d in zip(channels, [*channels[1:], 1], strict=True):
            layers += [nn.ReLU(), nn.ConvTranspose1d(c, d, 25, 4, padding=11, output_padding=1)]
        super().__init__(*layers, nn.Tanh())


class PhaseShuffle(nn.Module):
    """All examples of a batch shifted by one random number of samples, their edge reflected."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Activations (B, C, T), shifted."""
        if not self.most:
            return x
        shift = int(torch.randint(-self.most, self.most + 1, ()))
        padded = F.pad(x, (max(shift, 0), max(-shift, 0)), mode="reflect")
        return padded[..., : x.shape[-1]] if shift >= 0 else padded[..., -x.shape[-1] :]


class Critic(nn.Sequential):
    """Audio (B, 1, T) to scores (B,)."""

    def __init__(self, width: int, n_layers: int, shuffle: int) -> None:
        channels = [1, *(width * 2**i for i in range(n_layers))]
        layers: list[nn.Module] = []
        for i in range(n_layers):
            conv = nn.Conv1d(channels[i], channels[i + 1], 25, 4, padding=11)
            layers += [conv, nn.LeakyReLU(0.2)]
            if i < n_layers - 1:
                layers.append(PhaseShuffle(shuffle))
        layers += [nn.Flatten(), nn.Linear(16 * channels[-1], 1), nn.Flatten(0)]
        super().__init__(*layers)


def peer_steps(config: Any, batch: torch.Tensor) -> Iterator[None]:
    """Train on one batch without end, a critic step at each item and the generator's after every few.

    Args:
        config: Of the recipe `wavegan`.
        batch: Real audio (B, 1, T).
    """
    size = config.model
    generator = Generator(size.n_latents, size.width, size.n_layers)
    critic = Critic(size.width, size.n_layers, size.shuffle)
    adams = [
        torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=(0.5, 0.9))
        for net in (critic, generator)
    ]

    def made() -> torch.Tensor:
        clips: torch.Tensor = generator(2 * torch.rand(len(batch), size.n_latents) - 1)
        return clips

    def move(adam: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        adam.step()

    for step in cycle(range(1, config.critic_steps + 1)):
        fake = made().detach()
        mix = torch.rand(len(batch), 1, 1)
        between = (mix * batch + (1 - mix) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        distance = critic(batch).mean() - critic(fake).mean()
        move(adams[0], config.penalty_weight * penalty - distance)
        if step == config.critic_steps:
            move(adams[1], -critic(made()).mean())
        yield


def our_steps(config: Any, batch: torch.Tensor) -> Iterator[None]:
    """The same by the recipe `wavegan`, by the package's training loop."""
    from tinyaudio.recipes.wavegan import learners
    from tinyaudio.train import State, train

    state = State(learners(config))
    yield from (None for _ in train(state, cycle([{"audio": batch}]), 10**9))


def step_times(config: Any, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """Seconds of CPU time of a round of steps, until the generator has moved once: ours, and the peer's.

    Args:
        config: Of the recipe `wavegan`.
        rounds: How many, in turn.
    """
    torch.manual_seed(0)
    batch = torch.rand(config.batch_size, 1, config.model.n_samples) - 0.5
    ways: list[Callable[[], Iterator[None]]] = [
        lambda: our_steps(config, batch),
        lambda: peer_steps(config, batch),
    ]
    running, found = [way() for way in ways], ([], [])  # type: ignore[var-annotated]
    for number in range(WARM + rounds):
        for steps, times in zip(running, found, strict=True):
            start = time.thread_time()
            for _ in range(config.critic_steps):
                next(steps)
            if number >= WARM:
                times.append(time.thread_time() - start)
    return found
