"""Networks that are told something, for the tests of samplers: all must hear the same."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent.oscillator import oscillator
from tinyaudio.samplers.conditioned import Conditioned

TOLD = ConditionConfig(n_classes=(3,), n_frame_channels=4, frame_taps=3, hop_length=8, channels=7)
PITCH = ConditionConfig(n_octaves=3, hop_length=8, channels=7)
DRAFT = ConditionConfig(n_sample_channels=2, hop_length=8, channels=7)
KINDS = {
    "all": TOLD,
    "class": ConditionConfig(n_classes=(3,)),
    "frames of 5": replace(TOLD, hop_length=5, n_classes=()),
    "frames of 7": replace(TOLD, hop_length=7, n_classes=()),
    "pitch": PITCH,
    "class and pitch": replace(PITCH, n_classes=(3,)),
    "class and pitch in frames of 7": replace(PITCH, n_classes=(3,), hop_length=7),
    "all and pitch": replace(TOLD, n_octaves=4, frame_layers=1),
    "draft": DRAFT,
    "all, pitch and draft": replace(TOLD, n_octaves=4, n_sample_channels=3),
}
every_kind = pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)


def told(config: WaveNetConfig, n_frames: int, device: str = "cpu", seed: int = 0) -> Conditioned:
    """A network that heeds its condition as a trained one does, and what two clips are told."""
    kinds = config.condition
    assert kinds is not None
    torch.manual_seed(seed)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    heard = net.conditioner
    for part in (heard.upsample, heard.waves, heard.samples):
        if part:  # as after training: frames are not joined by lines, and nothing is zero
            torch.nn.init.normal_(part.weight)
    hz = torch.tensor([[220.0], [331.0]]).expand(2, n_frames)
    condition = Condition(
        classes=torch.tensor([[2], [0]]) if kinds.n_classes else None,
        frames=torch.randn(2, kinds.n_frame_channels, n_frames) if kinds.n_frame_channels else None,
        cycles=oscillator(hz, 4_000, kinds.hop_length) if kinds.n_octaves else None,
        samples=torch.rand(2, kinds.n_sample_channels, n_frames * kinds.hop_length)
        if kinds.n_sample_channels
        else None,
    )
    return Conditioned(net.to(device), condition.to(device))
