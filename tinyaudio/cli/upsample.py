"""``tinyaudio upsample IN OUT --to 48000``: a recording of a lower rate with a high band that a model makes.

A killed run leaves ``OUT.part.wav``, which plays up to where it was, and nothing under the final name.
"""

import argparse
from typing import Any

from tinyaudio.audio import load
from tinyaudio.checkpoints import shipped
from tinyaudio.cli.convert import add_files, command_of
from tinyaudio.cli.options import count, whole
from tinyaudio.cli.runs import to_device, write_clips
from tinyaudio.samplers.diffusion_steps import SOLVERS
from tinyaudio.samplers.upsampling import UpsampledFile

# The models that come with the package: for files of 24 kHz and more, and for those below.
DOUBLING, TRIPLING = "upsampling-x2", "upsampling-x3"


def add_upsample(commands: Any) -> None:
    """``tinyaudio upsample``."""
    one = commands.add_parser(
        "upsample",
        help="a recording of a lower rate at 48 kHz, with a high band that a model makes",
        description="Write a recording of 8 kHz or more at 48 kHz. What lies in its own band is kept; a model"
        " makes what lies above. Any length, any number of channels. A run that is killed leaves"
        " OUT.part.wav, as far as it came, and nothing under OUT.",
    )
    add_files(one)
    one.add_argument(
        "--to",
        type=count,
        default=48_000,
        metavar="HZ",
        help="sample rate to write (default: 48000)",
    )
    one.add_argument(
        "--model",
        metavar="RUN",
        help="a folder that 'tinyaudio train upsampling' made, or a model that comes with the package:"
        f" {', '.join(name for name in shipped() if name.startswith('upsampling')) or 'none yet'}"
        f" (default: {DOUBLING} for files of 24 kHz or more, {TRIPLING} below)",
    )
    one.add_argument(
        "--seed", type=whole, default=0, help="another seed gives another high band (default: 0)"
    )
    one.add_argument(
        "--sampling-steps",
        type=count,
        default=8,
        metavar="N",
        help="calls of the network (default: 8)",
    )
    one.add_argument(
        "--sampler",
        default="dpm-solver",
        help=f"one of: {', '.join(SOLVERS)} (default: dpm-solver)",
    )
    one.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    one.set_defaults(run=upsample, verb="upsample")


def upsample(options: argparse.Namespace) -> None:
    """Open the run and write what it makes of the file."""
    if options.model is None:
        rate = load(options.source, seconds=0.01)[1]
        options.model = DOUBLING if 2 * rate >= options.to else TRIPLING
    run, command = command_of(options)
    to_device(run, options.device)
    pieces = command(
        run.config,
        run.models,
        source=options.source,
        to=options.to,
        seed=options.seed,
        sampling_steps=options.sampling_steps,
        sampler=options.sampler,
    )
    n_samples = pieces.n_samples if isinstance(pieces, UpsampledFile) else None
    write_clips([options.out], pieces, run.config.sample_rate, n_samples, keep_unfinished=False)
