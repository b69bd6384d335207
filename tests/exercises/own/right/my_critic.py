"""A critic of waveforms, written from the text of chapters 13 and 14."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.models.wavegan import phase_shuffle


class MyCritic(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.shuffle, widths = config.shuffle, [1, *config.channels]
        self.body = nn.Sequential(*(nn.Conv1d(a, b, 25, 4, 11) for a, b in pairwise(widths)))
        self.last = nn.Linear(16 * widths[-1], 1)

    def forward(self, audio):
        x, n = audio, self.shuffle
        for i, convolution in enumerate(self.body):
            if i and n and self.training:
                x = phase_shuffle(x, torch.randint(-n, n + 1, (len(x),)))
            x = F.leaky_relu(convolution(x), 0.2)
        return self.last(x.flatten(1))[:, 0]


def build(config):
    return MyCritic(config)


def critic_loss(critic, generator, real, latents, mix):
    made = generator(latents).detach()
    m = mix[:, None, None]
    between = (m * real + (1 - m) * made).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return critic(made).mean() - critic(real).mean() + 10 * penalty


def generator_loss(critic, generator, latents):
    return -critic(generator(latents)).mean()


def weights(shipped, config):
    mine = {name.replace("layers", "body"): value for name, value in shipped.items()}
    return {name.replace("score", "last"): value for name, value in mine.items()}
