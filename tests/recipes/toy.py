"""A WaveNet small enough to train within a test."""

from tinyaudio.models.wavenet import WaveNetConfig

TOY_NET = WaveNetConfig(
    stacks=1, layers=5, residual_channels=16, gate_channels=16, skip_channels=16
)
