"""Networks that are told something, for the tests of samplers: all must hear the same."""

import torch

from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent.oscillator import oscillator
from tinyaudio.samplers.conditioned import Conditioned


def told(config: WaveNetConfig, n_frames: int, device: str = "cpu") -> Conditioned:
    """A network that heeds its condition as a trained one does, and what two clips are told."""
    kinds = config.condition
    assert kinds is not None
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
