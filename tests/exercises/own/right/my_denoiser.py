"""The U-Net of DDPM, written from the text of chapter 18."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from tinyaudio.models.ddpm_blocks import step_embedding
from tinyaudio.models.ddpm_unet import fold, unfold


class Block(nn.Module):
    def __init__(self, c_in, c_out, c_step, config):
        super().__init__()
        self.before, self.after = (
            nn.GroupNorm(config.groups, c_in),
            nn.GroupNorm(config.groups, c_out),
        )
        self.one, self.two = (
            nn.Conv2d(c_in, c_out, 3, padding=1),
            nn.Conv2d(c_out, c_out, 3, padding=1),
        )
        self.level = nn.Linear(c_step, c_out)
        self.drop = nn.Dropout(config.dropout)
        self.direct = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else None

    def forward(self, x, level):
        h = self.one(F.silu(self.before(x)))
        h = h + self.level(F.silu(level))[:, :, None, None]
        h = self.two(self.drop(F.silu(self.after(h))))
        return h + (x if self.direct is None else self.direct(x))


class Attention(nn.Module):
    def __init__(self, c, groups):
        super().__init__()
        self.before, self.qkv, self.end = (
            nn.GroupNorm(groups, c),
            nn.Conv2d(c, 3 * c, 1),
            nn.Conv2d(c, c, 1),
        )

    def forward(self, x, level):
        B, C, H, W = x.shape
        q, k, v = self.qkv(self.before(x)).view(B, 3, C, H * W).unbind(1)
        looks = torch.softmax(q.mT @ k / math.sqrt(C), dim=2)
        return x + self.end((v @ looks.mT).view(B, C, H, W))


class MyUNet(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, w, last = config, config.widths, len(config.widths) - 1
        E, c_image = 4 * config.width, config.image_channels * math.prod(config.patch)
        self.embed = nn.ModuleList([nn.Linear(config.width, E), nn.Linear(E, E)])
        self.enter = nn.Conv2d(c_image, config.width, 3, padding=1)

        def stage(c_in, size):
            more = [Attention(w[size], config.groups)] if size in config.attention else []
            return nn.ModuleList([Block(c_in, w[size], E, config), *more])

        c, kept = config.width, [config.width]
        self.falling, self.halve = nn.ModuleList(), nn.ModuleList()
        for size in range(last + 1):
            for _ in range(config.n_blocks):
                self.falling.append(stage(c, size))
                c = w[size]
                kept.append(c)
            if size < last:
                self.halve.append(nn.Conv2d(c, c, 3, 2, 1))
                kept.append(c)
        self.bottom = nn.ModuleList(
            [Block(c, c, E, config), Attention(c, config.groups), Block(c, c, E, config)]
        )
        self.rising, self.twice = nn.ModuleList(), nn.ModuleList()
        for size in reversed(range(last + 1)):
            for _ in range(config.n_blocks + 1):
                self.rising.append(stage(c + kept.pop(), size))
                c = w[size]
            if size:
                self.twice.append(nn.Conv2d(c, c, 3, padding=1))
        self.norm, self.leave = nn.GroupNorm(config.groups, c), nn.Conv2d(c, c_image, 3, padding=1)

    def forward(self, x, t):
        config, (H, W), n = self.config, x.shape[2:], self.config.n_blocks
        level = self.embed[1](F.silu(self.embed[0](step_embedding(t, config.width))))
        p, q = (one * 2 ** (len(config.widths) - 1) for one in config.patch)
        h = self.enter(fold(F.pad(x, (0, -W % q, 0, -H % p)), config.patch))
        kept = [h]
        for i, layers in enumerate(self.falling):
            for layer in layers:
                h = layer(h, level)
            kept.append(h)
            if (i + 1) % n == 0 and (i + 1) // n <= len(self.halve):
                h = self.halve[(i + 1) // n - 1](h)
                kept.append(h)
        for layer in self.bottom:
            h = layer(h, level)
        for i, layers in enumerate(self.rising):
            h = torch.cat([h, kept.pop()], dim=1)
            for layer in layers:
                h = layer(h, level)
            if (i + 1) % (n + 1) == 0 and (i + 1) // (n + 1) <= len(self.twice):
                h = self.twice[(i + 1) // (n + 1) - 1](F.interpolate(h, scale_factor=2.0))
        return unfold(self.leave(F.silu(self.norm(h))), config.patch)[:, :, :H, :W]


def build(config):
    return MyUNet(config)


def denoising_loss(network, x_0, noise, alpha_bar, t):
    signal, std = (one[:, None, None, None].sqrt() for one in (alpha_bar, 1 - alpha_bar))
    v = signal * noise - std * x_0
    return F.mse_loss(network(signal * x_0 + std * noise, t), v)


def weights(shipped, config):
    whole = {
        "step": "embed",
        "first": "enter",
        "smaller": "halve",
        "larger": "twice",
        "last": "leave",
    }
    whole |= {"down": "falling", "middle": "bottom", "up": "rising", "norm": "norm"}
    block = {
        "norm_1": "before",
        "conv_1": "one",
        "step": "level",
        "norm_2": "after",
        "conv_2": "two",
    }
    block |= {"shortcut": "direct", "norm": "before", "query_key_value": "qkv", "out": "end"}
    mine = {}
    for name, value in shipped.items():
        first, *middle, kind = name.split(".")
        if first == "step":
            middle = ["0" if middle == ["0"] else "1"]
        mine[".".join([whole[first], *(block.get(one, one) for one in middle), kind])] = value
    return mine
