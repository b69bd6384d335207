"""The network of `benchmarks.wavenet` in another implementation: the wavenet_vocoder that pip installs."""

import importlib.util
import sys
from typing import Any


def peer(config: Any) -> Any:
    """The same network in wavenet_vocoder, ready to generate; None where it is not installed.

    Args:
        config: A `WaveNetConfig` without a condition.
    """
    if importlib.util.find_spec("wavenet_vocoder") is None:
        message = (
            "the peer is not installed (pip install --no-deps wavenet_vocoder); its keys are null"
        )
        print(message, file=sys.stderr)
        return None
    from wavenet_vocoder import WaveNet

    other = WaveNet(
        out_channels=config.n_levels,
        layers=len(config.dilations),
        stacks=config.stacks,
        residual_channels=config.residual_channels,
        gate_channels=2 * config.gate_channels,
        skip_out_channels=config.skip_channels,
        kernel_size=config.kernel_size,
        dropout=0.0,
        weight_normalization=False,
        legacy=False,
    )
    other.make_generation_fast_()  # removes the weight normalization that is left
    return other.eval()
