"""A VQ-VAE of frames, written from the text of chapter 9."""

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, channels, dilation, given=0):
        super().__init__()
        self.wide = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.point = nn.Conv1d(channels, channels, 1)
        self.given = nn.Linear(given, channels, bias=False) if given else None

    def forward(self, x, h=None):
        inner = self.wide(F.relu(x))
        if h is not None:
            inner = inner + self.given(h)[:, :, None]
        return x + self.point(F.relu(inner))


class MyVQVAE(nn.Module):
    def __init__(self, config):
        super().__init__()
        C, D, s, H = config.channels, config.latent_channels, config.stride, config.speaker_channels
        self.codebook = nn.Parameter(torch.rand(config.n_codes, D) / config.n_codes)
        self.enter, self.down = nn.Conv1d(82, C, 3, padding=1), nn.Conv1d(C, C, 2 * s, s, s // 2)
        self.fine = nn.ModuleList(Residual(C, d) for d in config.encoder_dilations)
        self.coarse = nn.ModuleList(Residual(C, d) for d in config.encoder_dilations)
        self.to_latents, self.from_latents = nn.Conv1d(C, D, 1), nn.Conv1d(D, C, 3, padding=1)
        self.voice = nn.Embedding(config.n_speakers, H)
        self.first = nn.ModuleList(Residual(C, d, H) for d in config.encoder_dilations)
        self.up = nn.ConvTranspose1d(C, C, 2 * s, s, s // 2)
        self.then = nn.ModuleList(Residual(C, d, H) for d in config.decoder_dilations)
        self.leave = nn.Conv1d(C, 82, 3, padding=1)

    def forward(self, x, speaker):
        x = self.enter(x)
        for block in self.fine:
            x = block(x)
        x = self.down(x)
        for block in self.coarse:
            x = block(x)
        z = self.to_latents(x)
        vectors = z.detach().mT.flatten(0, 1)
        codes = torch.cdist(vectors, self.codebook.detach()).argmin(1).view(len(z), -1)
        e = self.codebook[codes].mT
        x, h = self.from_latents(z + (e - z).detach()), self.voice(speaker)
        for block in self.first:
            x = block(x, h)
        x = self.up(x.relu())
        for block in self.then:
            x = block(x, h)
        return self.leave(x), z, codes


def build(config):
    return MyVQVAE(config)


def codebook_terms(latents, embeddings):
    codebook = (latents.detach() - embeddings).square().mean()
    commitment = (latents - embeddings.detach()).square().mean()
    return codebook + 0.25 * commitment


def weights(shipped, config):
    n = len(config.encoder_dilations)
    names = {"codebook": "quantizer.codebook", "voice": "speakers", "enter": "encoder.0"}
    names |= {"down": f"encoder.{n + 1}", "to_latents": f"encoder.{2 * n + 2}"}
    names |= {"from_latents": "widen", "up": "upsample", "leave": "output"}
    blocks = {f"fine.{i}": f"encoder.{i + 1}" for i in range(n)}
    blocks |= {f"coarse.{i}": f"encoder.{n + 2 + i}" for i in range(n)}
    blocks |= {f"first.{i}": f"before.{i}" for i in range(n)}
    blocks |= {f"then.{i}": f"after.{i}" for i in range(len(config.decoder_dilations))}
    for mine, theirs in blocks.items():
        names |= {
            f"{mine}.wide": f"{theirs}.A",
            f"{mine}.point": f"{theirs}.B",
            f"{mine}.given": f"{theirs}.V",
        }
    kinds = ("", ".weight", ".bias")
    return {m + k: shipped[t + k] for m, t in names.items() for k in kinds if t + k in shipped}
