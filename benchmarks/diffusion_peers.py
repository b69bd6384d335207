"""The networks of `benchmarks.diffusion` in another implementation: LMNT's, which pip installs."""

import importlib.util
import sys
from dataclasses import replace
from typing import Any


def installed(name: str) -> bool:
    """Whether a peer can be measured; if not, says how it could be."""
    if importlib.util.find_spec(name) is not None:
        return True
    print(
        f"the peer is not installed (pip install --no-deps {name}); its keys are null",
        file=sys.stderr,
    )
    return False


def diffwave() -> tuple[Any, Any] | None:
    """A DiffWave at the paper's size, and the peer's with the same weights; None where it is not installed."""
    if not installed("diffwave"):
        return None
    from diffwave.model import DiffWave as Peer
    from diffwave.params import params

    from tinyaudio.models.diffwave import DiffWave, DiffWaveConfig

    return with_weights_of(DiffWave(DiffWaveConfig.paper()), Peer(params))


def wavegrad() -> tuple[Any, Any] | None:
    """The same of WaveGrad, its noise level unscaled, as the peer has it."""
    if not installed("wavegrad"):
        return None
    from wavegrad.model import WaveGrad as Peer
    from wavegrad.params import params

    from tinyaudio.models.wavegrad import WaveGrad, WaveGradConfig

    config = replace(WaveGradConfig.paper(), level_scale=1.0)
    return with_weights_of(WaveGrad(config), Peer(params))


def with_weights_of(ours: Any, peer: Any) -> tuple[Any, Any]:
    """Both networks, with the weights of ours; all of them differ from 0.

    Raises:
        ValueError: They have not the same weights, in the same order.
    """
    import torch

    weights = [*ours.parameters()], [*peer.parameters()]
    if [w.shape for w in weights[0]] != [w.shape for w in weights[1]]:
        raise ValueError("the peer has other weights than this network; it is of another version")
    with torch.no_grad():
        for mine, other in zip(*weights, strict=True):
            if not mine.any():
                mine.normal_(std=0.1)
            other.copy_(mine)
    return ours, peer
