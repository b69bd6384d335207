"""The network of `benchmarks.wavenet` in another implementation: the wavenet_vocoder that pip installs."""

import importlib.util
import sys
from typing import Any


def peer() -> Any:
    """The same network in wavenet_vocoder, ready to generate; None where it is not installed."""
    if importlib.util.find_spec("wavenet_vocoder") is None:
        message = (
            "the peer is not installed (pip install --no-deps wavenet_vocoder); its keys are null"
        )
        print(message, file=sys.stderr)
        return None
    from wavenet_vocoder import WaveNet

    other = WaveNet(
        out_channels=256,
        layers=30,
        stacks=3,
        residual_channels=64,
        gate_channels=128,
        skip_out_channels=256,
        kernel_size=2,
        dropout=0.0,
        weight_normalization=False,
        legacy=False,
    )
    other.make_generation_fast_()  # removes the weight normalization that is left
    return other.eval()
