"""A WaveNet of convolutions over (B, C, T), written from the text of chapters 5 and 6."""

import torch
from torch import nn
from torch.nn import functional as F


class MyWaveNet(nn.Module):
    def __init__(self, config):
        super().__init__()
        R, G, S = config.residual_channels, config.gate_channels, config.skip_channels
        C = config.condition.channels
        self.k, self.dilations, self.silence = (
            config.kernel_size,
            config.dilations,
            config.n_levels // 2,
        )
        self.code = nn.Embedding(config.n_levels, R)
        self.family, self.pitch = (nn.Embedding(n, C) for n in config.condition.n_classes)
        self.dilated = nn.ModuleList(
            nn.Conv1d(R, 2 * G, self.k, dilation=d) for d in self.dilations
        )
        self.given = nn.ModuleList(nn.Linear(C, 2 * G, bias=False) for _ in self.dilations)
        self.residual = nn.ModuleList(nn.Conv1d(G, R, 1) for _ in self.dilations[1:])
        self.skips = nn.Conv1d(len(self.dilations) * G, S, 1)
        self.hidden, self.out = nn.Conv1d(S, S, 1), nn.Conv1d(S, config.n_levels, 1)

    def forward(self, codes, classes):
        previous = F.pad(codes, (1, 0), value=self.silence)[:, :-1]
        x = self.code(previous).mT
        y = self.family(classes[:, 0]) + self.pitch(classes[:, 1])
        zs = []
        for i, d in enumerate(self.dilations):
            gates = self.dilated[i](F.pad(x, (d * (self.k - 1), 0))) + self.given[i](y)[:, :, None]
            filtered, gate = gates.chunk(2, dim=1)
            z = filtered.tanh() * gate.sigmoid()
            zs.append(z)
            if i < len(self.residual):
                x = x + self.residual[i](z)
        s = self.skips(torch.cat(zs, dim=1))
        return self.out(self.hidden(s.relu()).relu())


def build(config):
    return MyWaveNet(config)


def weights(shipped, config):
    offsets = shipped["conditioner.offsets.weight"].chunk(len(config.dilations))
    mine = {
        "code.weight": shipped["embed.weight"],
        "family.weight": shipped["conditioner.classes.0.weight"],
        "pitch.weight": shipped["conditioner.classes.1.weight"],
    }
    for i in range(len(config.dilations)):
        taps = shipped[f"layers.{i}.gate.weight"].unflatten(1, (config.kernel_size, -1))
        mine[f"dilated.{i}.weight"] = taps.mT
        mine[f"dilated.{i}.bias"] = shipped[f"layers.{i}.gate.bias"]
        mine[f"given.{i}.weight"] = offsets[i]
        if i < len(config.dilations) - 1:
            mine[f"residual.{i}.weight"] = shipped[f"layers.{i}.residual.weight"][:, :, None]
            mine[f"residual.{i}.bias"] = shipped[f"layers.{i}.residual.bias"]
    for name, theirs in (("skips", "skip"), ("hidden", "head.1"), ("out", "logits")):
        mine[f"{name}.weight"] = shipped[f"{theirs}.weight"][:, :, None]
        mine[f"{name}.bias"] = shipped[f"{theirs}.bias"]
    return mine
