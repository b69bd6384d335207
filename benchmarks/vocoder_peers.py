"""Vocoders of `benchmarks.vocoders` in another implementation: HiFi-GAN of plain modules, and PyPI's Vocos."""

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.timing import ratio, seconds, significant

PAIRS, WARM = 7, 1  # that count, and that do not
N_FRAMES = 43  # half a second at 22.05 kHz
Work = Callable[[], Any]


class PlainBlock(nn.Module):
    """A residual block of the public code's form: dilated convolutions, each with a plain one behind it."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=d * (kernel - 1) // 2)
            for d in dilations
        )
        self.plain = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding=(kernel - 1) // 2) for _ in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add what each pair of convolutions finds."""
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            h = dilated(F.leaky_relu(x, 0.1))
            x = plain(F.leaky_relu(h, 0.1)) + x
        return x


class PlainHiFiGAN(nn.Module):
    """HiFi-GAN V1 of plain modules, without weight normalization."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        width = config.channels
        self.first = nn.Conv1d(config.n_mels, width, 7, padding=3)
        self.ups, self.blocks = nn.ModuleList(), nn.ModuleList()
        for factor, kernel in zip(config.factors, config.kernels, strict=True):
            up = nn.ConvTranspose1d(width, width // 2, kernel, factor, (kernel - factor) // 2)
            self.ups.append(up)
            width //= 2
            sizes = zip(config.block_kernels, config.block_dilations, strict=True)
            self.blocks.append(nn.ModuleList(PlainBlock(width, k, d) for k, d in sizes))
        self.last = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """Mel frames to a waveform."""
        x = self.first(x)
        for up, blocks in zip(self.ups, self.blocks, strict=True):
            x = up(F.leaky_relu(x, 0.1))
            x = sum(block(x) for block in blocks) / len(blocks)
        return torch.tanh(self.last(F.leaky_relu(x)))


def plain_with_weights_of(net: Any) -> PlainHiFiGAN:
    """The plain network with the weights of a folded `HiFiGAN`."""
    plain = PlainHiFiGAN(net.config)
    pairs = [(plain.first, net.input), (plain.last, net.output)]
    for up, blocks, ours_up, mrf in zip(plain.ups, plain.blocks, net.up, net.mrf, strict=True):
        pairs.append((up, ours_up))
        for block, ours in zip(blocks, mrf.blocks, strict=True):
            # Of each pair's sequence: activation, dilated, activation, plain.
            pairs += [(block.dilated[i], layer[1]) for i, layer in enumerate(ours.layers)]
            pairs += [(block.plain[i], layer[3]) for i, layer in enumerate(ours.layers)]
    with torch.no_grad():
        for other, ours in pairs:
            other.weight.copy_(ours.weight)
            other.bias.copy_(ours.bias)
    return plain.eval()


@torch.no_grad()
def interleaved(ours: Work, other: Work, pairs: int) -> float | None:
    """CPU time of one over that of the other, in turn: the median."""
    over, under = [], []
    for number in range(WARM + pairs):
        times = seconds(ours), seconds(other)
        if number >= WARM:
            over.append(times[0])
            under.append(times[1])
    return ratio(over, under)


def hifigan_over_plain(config: Any, n_frames: int = N_FRAMES, pairs: int = PAIRS) -> dict[str, Any]:
    """Forward time over that of plain modules with the same weights, and the largest difference of samples."""
    from tinyaudio.models.hifigan import HiFiGAN
    from tinyaudio.models.weight_norm import folded

    torch.manual_seed(0)
    net = folded(HiFiGAN(config))
    for p in net.parameters():  # the initial ones are so small that nothing would be heard
        nn.init.normal_(p, std=(2 / max(1, p[0].numel())) ** 0.5 if p.ndim > 1 else 0.1)
    plain = plain_with_weights_of(net)
    mel = torch.randn(1, config.n_mels, n_frames)
    with torch.no_grad():
        error = float((net(mel) - plain(mel)).abs().max())
    return {
        "hifigan_over_plain": interleaved(lambda: net(mel), lambda: plain(mel), pairs),
        "hifigan_plain_error": significant(error),
    }


# ---------------------------------------------------------------------------- Vocos

VOCOS_KEYS = (
    "istft_over_vocos",
    "istft_all_parts_over_vocos",
    "istft_vocos_prediction_error",
    "istft_vocos_parameters",
)


def vocos_pair(config: Any) -> tuple[Any, Any, Any] | None:
    """Ours, and the backbone and head of Vocos with its weights; None where Vocos is not installed."""
    if importlib.util.find_spec("vocos") is None or importlib.util.find_spec("encodec") is None:
        print(
            "the peer is not installed (pip install --no-deps vocos encodec); its keys are null",
            file=sys.stderr,
        )
        return None
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone

    from tinyaudio.models.istft_vocoder import ISTFTVocoder
    from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS

    torch.manual_seed(0)
    net = ISTFTVocoder(config).eval()
    nn.init.normal_(net.head.weight, std=0.02)
    width, n_blocks = config.channels, config.n_blocks
    backbone = VocosBackbone(N_MELS, width, config.expansion * width, n_blocks).eval()
    head = ISTFTHead(width, N_FFT, HOP_LENGTH, padding="center").eval()
    pairs = [(backbone.embed, net.embed), (backbone.norm, net.norm_in)]
    pairs.append((backbone.final_layer_norm, net.norm_out))
    for theirs, ours in zip(backbone.convnext, net.blocks, strict=True):
        pairs += [(theirs.dwconv, ours.depthwise), (theirs.norm, ours.norm)]
        pairs += [(theirs.pwconv1, ours.expand), (theirs.pwconv2, ours.project)]
    with torch.no_grad():
        for theirs, ours in pairs:
            theirs.weight.copy_(ours.weight)
            theirs.bias.copy_(ours.bias)
        n = head.out.out_features  # ours also predicts a level of noise
        head.out.weight.copy_(net.head.weight[:n])
        head.out.bias.copy_(net.head.bias[:n])
    return net, backbone, head


def istft_over_vocos(n_frames: int = 188, pairs: int = PAIRS) -> dict[str, Any]:
    """Forward time of the frame-rate vocoder at Vocos' size over that of Vocos: two seconds at 24 kHz."""
    from dataclasses import replace

    from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
    from tinyaudio.represent.logmel import HOP_LENGTH, N_MELS

    every_part = ISTFTVocoderConfig.large()
    bare = replace(every_part, harmonic=False, noise=False, n_match=0, n_rounds=0)
    if (found := vocos_pair(bare)) is None:
        return dict.fromkeys(VOCOS_KEYS)
    net, backbone, head = found
    whole = ISTFTVocoder(every_part).eval()
    mel = torch.rand(1, N_MELS, n_frames)
    harmonics = torch.randn(1, 1, (n_frames - 1) * HOP_LENGTH)
    with torch.no_grad():
        predicted = head.out(backbone(mel)).mT
        error = float((net.predict(mel, None)[:, : predicted.shape[1]] - predicted).abs().max())
    values = (
        interleaved(lambda: net(mel), lambda: head(backbone(mel)), pairs),
        interleaved(lambda: whole(mel, harmonics), lambda: head(backbone(mel)), pairs),
        significant(error),
        [
            sum(p.numel() for m in side for p in m.parameters())
            for side in ([net], [backbone, head])
        ],
    )
    return dict(zip(VOCOS_KEYS, values, strict=True))
