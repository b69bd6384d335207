"""How fast do DiffWave and WaveGrad compute and train, beside the implementations that most people know?

One run, one thread, everything in turn, both networks at the papers' size with the same weights.  The peers are
LMNT's ``diffwave`` 0.1.7 and ``wavegrad`` 0.1.5, which pip installs.  A forward pass and a training step
(forward, backward, Adam) have one clip: 62 frames of 256 samples for DiffWave and 24 of 300 for WaveGrad,
the crops that the peers train on.

diffwave_over_peer    CPU time over the peer's, the larger of forward pass and training step
wavegrad_over_peer    likewise
NAME_forward, NAME_step   the two ratios
NAME_error            largest difference of any output from the peer's, of two clips, each with a step or noise
                      level of its own
NAME_parameters       ours, and the peer's
with_mel_over_forward     DiffWave's forward pass with the condition computed before, as for all steps of a
                      generation but the first, over one that computes it again

Times are the thread's CPU time; a ratio is the median over the rounds of the ratio within one.  Keys of a
peer are null where it is not installed:

    pip install --no-deps diffwave wavegrad
    python -m benchmarks.diffusion --json
"""

import json
from collections.abc import Callable
from typing import Any

from benchmarks import diffusion_peers
from benchmarks.command import parser
from benchmarks.timing import cpu, ratio, seconds, significant

ROUNDS, WARM = 5, 1  # pairs that count, and that do not
Work = Callable[[], Any]
FRAMES = {
    "diffwave": (62, 256, 80),
    "wavegrad": (24, 300, 128),
}  # of a crop, samples a frame, bands


def interleaved(ours: Work, other: Work) -> float | None:
    """CPU time of one over that of the other, in turn."""
    times: tuple[list[float], list[float]] = [], []
    for number in range(WARM + ROUNDS):
        for work, found in zip((ours, other), times, strict=True):
            spent = seconds(work)
            if number >= WARM:
                found.append(spent)
    return ratio(*times)


def calls(name: str, pair: Any, clips: int) -> tuple[Work, Work]:
    """What each of a pair of networks computes of the same noisy clips."""
    import torch

    ours, peer = pair
    n_frames, hop, n_mels = FRAMES[name]
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(clips, 1, n_frames * hop, generator=draws)
    mel = torch.randn(clips, n_mels, n_frames, generator=draws)
    if name == "diffwave":
        t = torch.tensor([3, 41])[:clips]
        return lambda: ours(x, t.float(), mel), lambda: peer(x[:, 0], mel, t)
    level = torch.tensor([0.3, 0.9])[:clips]
    return lambda: ours(x, level, mel), lambda: peer(x[:, 0], mel, level)


def no_grad(call: Work) -> Work:
    """The call without a graph."""
    import torch

    def work() -> Any:
        with torch.no_grad():
            return call()

    return work


def training_step(net: Any, call: Work) -> Work:
    """A step of Adam towards an output of zeros."""
    import torch

    adam = torch.optim.Adam(net.parameters(), lr=1e-6)

    def step() -> None:
        adam.zero_grad()
        call().abs().mean().backward()
        adam.step()

    return step


def compared(name: str, pair: Any | None) -> dict[str, Any]:
    """All keys of a network."""
    keys = ("over_peer", "forward", "step", "error", "parameters")
    if pair is None:
        return {f"{name}_{key}": None for key in keys}
    ours, peer = (no_grad(call)() for call in calls(name, pair, clips=2))
    error = significant(float((ours - peer).abs().max()))
    one = calls(name, pair, clips=1)
    forward = interleaved(*map(no_grad, one))
    step = interleaved(*map(training_step, pair, one))
    counts = [sum(p.numel() for p in net.parameters()) for net in pair]
    values = (max(forward or 0.0, step or 0.0), forward, step, error, counts)
    return {f"{name}_{key}": value for key, value in zip(keys, values, strict=True)}


def cached_condition() -> float | None:
    """Time of a DiffWave's forward pass with its condition computed before, over one without."""
    import torch

    from tinyaudio.models.diffwave import DiffWave, DiffWaveConfig

    net = DiffWave(DiffWaveConfig.paper())
    n_frames, hop, n_mels = FRAMES["diffwave"]
    x, t, mel = torch.zeros(1, 1, n_frames * hop), torch.zeros(1), torch.zeros(1, n_mels, n_frames)
    with torch.no_grad():
        bound = net.with_mel(mel)
    return interleaved(no_grad(lambda: bound(x, t)), no_grad(lambda: net(x, t, mel)))


def measure() -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return {
        **compared("diffwave", diffusion_peers.diffwave()),
        **compared("wavegrad", diffusion_peers.wavegrad()),
        "with_mel_over_forward": cached_condition(),
        "threads": torch.get_num_threads(),
        "cpu": cpu(),
    }


def main() -> None:
    options = parser("diffusion", __doc__).parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {'-' if value is None else value}")


if __name__ == "__main__":
    main()
