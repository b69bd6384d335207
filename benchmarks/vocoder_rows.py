"""The rows of `benchmarks.vocoders`: what each of them makes of a clip, and with which network."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.vocoder import NARROW_TEMPERATURE, check_narrow
from benchmarks.vocoder_ways import FrontEnd, Way, by_command

NETWORKS = {  # the network that generates, and what its run is asked for
    "wavenet": ("net", {"temperature": NARROW_TEMPERATURE}),
    "diffusion": ("net", {"sampling_steps": 6}),
    "waveglow": ("net", {}),
    "hifigan": ("generator", {}),
    "univnet": ("generator", {}),
    "istft": ("net", {}),
}
RUNS = {
    "wavenet": "wavenet-vocoder",
    "diffusion": "wavegrad-vocoder",
    "waveglow": "waveglow-vocoder",
    "hifigan": "hifigan-vocoder",
    "univnet": "univnet-vocoder",
    "istft": "",
}
CONTROLS = ("griffin_lim", "noise_with_levels")
RECORD = Path(__file__).parents[1] / "runs"  # of the models that come with the package


@dataclass(frozen=True)
class Row:
    """A vocoder of the table.

    Attributes:
        way: What it makes of a clip.
        net: Its network; None of a control.
        run: What was trained; None of a control.
        place: Of the run.
    """

    way: Way
    net: Any = None
    run: Any = None
    place: str = ""


def narrow_config() -> Any:
    """Speaker and frames of the table."""
    from tinyaudio.recipes import load_recipe

    return load_recipe("vocoder").sizes["narrow"]


def network_row(name: str, run: Any, place: str) -> Row:
    """The row of a trained run.

    Raises:
        UserError: Its recipe is no vocoder, or it learned from other sounds or frames than the others.
    """
    from tinyaudio.errors import UserError

    net_name, options = NETWORKS[name]
    config = narrow_config()
    if name != "istft":
        check_narrow(f"--{name}-run", run, config)
    if net_name not in run.models:
        raise UserError(
            f"--{name}-run: {place} has no network {net_name!r}; is it another recipe's?"
        )
    way = by_command(run, **options)
    if run.config.sample_rate != config.sample_rate:
        way = resampled(way, config.sample_rate, run.config.sample_rate)
    return Row(way, run.models[net_name], run, place)


def control_row(name: str) -> Row:
    """The row of a way without a network."""
    config = narrow_config()
    return Row(getattr(FrontEnd(config.sample_rate, config.n_fft, config.hop_length), name))


def resampled(way: Way, sample_rate: int, run_rate: int) -> Way:
    """A way at another rate, with the resampling there and back."""
    from tinyaudio.audio import resample

    def resampled_way(clip: Any) -> Any:
        made = resample(way(resample(clip, sample_rate, run_rate)), run_rate, sample_rate)
        return made[:, : clip.shape[1]]

    return resampled_way


def generating_pass(row: Row, clip: Any) -> Callable[[], Any]:
    """A call in PyTorch with as many multiplications as the row needs for a clip.

    That is the way itself, but of a WaveNet, whose native step PyTorch does not see, the pass over all samples
    at once: each weight is used once a sample in both.
    """
    import torch

    from tinyaudio.models.condition import Condition
    from tinyaudio.models.wavenet import WaveNet

    if not isinstance(row.net, WaveNet):
        return lambda: row.way(clip)
    hop = row.run.config.hop_length
    whole = clip[:, : clip.shape[1] // hop * hop]
    codes = torch.zeros(1, whole.shape[1], dtype=torch.long)
    frames = row.run.config.frames(whole[None])[:, :, : whole.shape[1] // hop]
    return lambda: row.net(codes, Condition(frames=frames))
