"""A generator of images of notes, written from the text of chapter 16."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.models.gansynth_small import Template
from tinyaudio.models.progressive import pixel_norm
from tinyaudio.represent.gansynth_image import RANGE
from tinyaudio.represent.ifreq import wrap


class MyGenerator(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.n_timbre, self.n_pitches, self.template = (
            config.n_timbre,
            config.n_pitches,
            Template(config),
        )
        *widths, self.fine = config.channels
        self.first = nn.Linear(config.n_timbre + config.n_pitches, 16 * widths[0])
        sizes = [widths[0], *widths]
        self.pairs = nn.ModuleList(
            nn.ModuleList([nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, b, 3, padding=1)])
            for a, b in pairwise(sizes)
        )
        self.columns = nn.Conv2d(widths[-1], 4 * self.fine * 8, 1)
        self.mix, self.out = (
            nn.Conv2d(self.fine + 2, 2 * self.fine, 1),
            nn.Conv2d(2 * self.fine, 2, 1),
        )

    def forward(self, latents, pitch):
        maps, expected, index = self.template(pitch)
        timbre, noise = latents[:, : self.n_timbre], latents[:, self.n_timbre :]
        one_hot = F.one_hot(index, self.n_pitches) * self.n_pitches**0.5
        x = self.first(torch.cat([pixel_norm(timbre), one_hot], dim=1)).view(len(latents), -1, 4, 4)
        x = pixel_norm(F.leaky_relu(x, 0.2))
        for i, pair in enumerate(self.pairs):
            if i:
                x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
            for convolution in pair:
                x = pixel_norm(F.leaky_relu(convolution(x), 0.2))
        B, _, H, W = x.shape
        x = self.columns(x).view(B, 4 * self.fine, 8, H, W).permute(0, 1, 3, 4, 2)
        x = x.reshape(B, 4, self.fine, H, 8 * W)
        x = x[:, 0] + (x[:, 1:] * maps[:, :, None]).sum(1)
        x = torch.cat([x, noise.view(B, 2, H, 8 * W)], dim=1)
        magnitude, deviation = self.out(F.leaky_relu(self.mix(x), 0.2)).unbind(1)
        return torch.stack([magnitude.tanh(), RANGE * wrap(expected + deviation)], dim=1)


def build(config):
    return MyGenerator(config)


def slope(scores, images):
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def discriminator_loss(discriminator, generator, images, pitch, latents):
    real = images.clone().requires_grad_()
    made = generator(latents, pitch).detach().requires_grad_()
    high, low = discriminator(real, pitch), discriminator(made, pitch)
    return F.softplus(low - high).mean() + (slope(high, real) + slope(low, made)) / 2


def generator_loss(discriminator, generator, images, pitch, latents):
    made = generator(latents, pitch)
    return F.softplus(discriminator(images, pitch) - discriminator(made, pitch)).mean()


def weights(shipped, config):
    names = {"dense": "first", "bins": "columns", "join": "mix", "image": "out"}
    mine = {}
    for name, value in shipped.items():
        part, rest = name.split(".", 1)
        mine[
            f"{names[part]}.{rest}"
            if part in names
            else name.replace("blocks", "pairs").replace(".convs", "")
        ] = value
    return mine
