"""Conditional networks for the tests of samplers: all samplers must generate the same from them."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.samplers.conditioned import Conditioned

CLASS_AND_FRAMES = ConditionConfig(
    n_classes=(3,), n_frame_channels=4, frame_taps=3, hop_length=8, channels=7
)
FRAMES = replace(CLASS_AND_FRAMES, n_classes=())
CONDITIONS = {
    "class and frames": CLASS_AND_FRAMES,
    "class, vector and frames": replace(CLASS_AND_FRAMES, n_vector=2),
    "class": ConditionConfig(n_classes=(3,)),
    "vector": ConditionConfig(n_vector=2),
    "frames of 5": replace(FRAMES, hop_length=5),
    "frames of 7": replace(FRAMES, hop_length=7),
}
every_condition = pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)


def conditioned_net(
    config: WaveNetConfig, n_frames: int, device: str = "cpu", seed: int = 0
) -> Conditioned:
    """A network whose output depends on its condition as after training, and a condition of two clips."""
    condition = config.condition
    assert isinstance(condition, ConditionConfig)
    torch.manual_seed(seed)
    net = WaveNet(config)
    torch.nn.init.normal_(net.logits.weight, std=2 / config.skip_channels**0.5)
    if net.conditioner.upsample:  # as after training, no linear interpolation
        torch.nn.init.normal_(net.conditioner.upsample.weight)
    frames = torch.randn(2, condition.n_frame_channels, n_frames)
    values = Condition(
        classes=torch.tensor([[2], [0]]) if condition.n_classes else None,
        vectors=torch.randn(2, condition.n_vector) if condition.n_vector else None,
        frames=frames if condition.n_frame_channels else None,
    )
    return Conditioned(net.to(device), values.to(device))
