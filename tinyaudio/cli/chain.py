"""``tinyaudio chain IN OUT --to SPEAKER``: a recording in another voice at 48 kHz, link by link.

Links work in a folder of their own; OUT, and with ``--keep`` the sounds between the links, are moved in when
all of them are there.
"""

import argparse
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tinyaudio.checkpoints import TrainedRun, open_run
from tinyaudio.cli.convert import add_files
from tinyaudio.cli.options import count, whole
from tinyaudio.cli.runs import to_device, write_clips
from tinyaudio.devices import resolve_device
from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.models.mel_singing import MelSinging
from tinyaudio.models.mel_vqvae import MelVQVAE
from tinyaudio.models.vae_wgan import MelVAE
from tinyaudio.models.whitened_residual import WhitenedResidual
from tinyaudio.recipe import chosen
from tinyaudio.represent.front_end import FrontEnd
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS
from tinyaudio.samplers import upsampling
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.chain import CONVERTED, INPUT, UPSAMPLED, VOCODED, Chain, check_source
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.samplers.request import check_seeds
from tinyaudio.samplers.spoken import warn_if_spoken
from tinyaudio.samplers.streaming import encoder, handle_signals

CONVERTER, VOCODER, UPSAMPLER = "vqvae-voices", "istft-vocoder", "upsampling-x3"


def add_chain(commands: Any) -> None:
    """``tinyaudio chain``."""
    one = commands.add_parser(
        "chain",
        help="speech in another voice at 48 kHz: mel, conversion, vocoder, upsampling",
        description="Write speech in another voice at 48 kHz: mel frames, conversion, vocoder, upsampling. Any"
        " length, one voice. Nothing is written unless all links are done.",
    )
    add_files(one)
    one.add_argument("--to", metavar="NAME", help="speaker (default: the converter's first)")
    one.add_argument(
        "--upsample",
        type=count,
        default=48_000,
        metavar="HZ",
        help="sample rate to write (default: 48000)",
    )
    for flag, made_by, default in [
        ("--converter", "vqvae, vae-wgan or singing", CONVERTER),
        ("--vocoder", "istft-vocoder", VOCODER),
        ("--upsampler", "upsampling", UPSAMPLER),
    ]:
        text = f"a run of {made_by}, or one that comes with the package (default: {default})"
        one.add_argument(flag, metavar="RUN", default=default, help=text)
    one.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help=f"write what comes out of each link there: {INPUT}, {VOCODED}, {CONVERTED}, {UPSAMPLED}",
    )
    one.add_argument("--seed", type=whole, default=0, help="of the high band's noise (default: 0)")
    one.add_argument(
        "--sampling-steps",
        type=count,
        default=8,
        metavar="N",
        help="calls of the upsampler's network (default: 8)",
    )
    one.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    one.set_defaults(run=chain)


def chain(options: argparse.Namespace) -> None:
    """Check everything that can be known, run the links, and move in what they made."""
    check_places(options)
    links, speaker = open_links(options)
    check_source(options.source, links.middle_rate)
    if isinstance(links.converter, MelSinging):
        warn_if_spoken(options.source)
    with handle_signals(), tempfile.TemporaryDirectory(prefix="tinyaudio-chain-") as work:
        made = links.sounds(
            options.source, speaker, Path(work), seed=options.seed, every=options.keep is not None
        )
        parts = (part[None] for part in AudioFile(made[-1], None).parts())
        write_clips([options.out], parts, links.sample_rate, keep_unfinished=False)
        for path in made if options.keep else []:
            with open(path, "rb") as sound, atomic_write(options.keep / path.name) as file:
                shutil.copyfileobj(sound, file)
            print(options.keep / path.name)


def check_places(options: argparse.Namespace) -> None:
    """Refuse what cannot be written, before anything is computed.

    Raises:
        UserError: A file to write is the file to read, or the folder is a file.
        AudioError: OUT has a suffix that is no format's, or the format does not take the rate.
    """
    encoder(BytesIO(), options.out, options.upsample, 1).close()
    check_seeds([options.seed])
    kept = [] if options.keep is None else [INPUT, VOCODED, CONVERTED, UPSAMPLED]
    for place in [options.out, *(options.keep / name for name in kept)]:
        if place.exists() and options.source.exists() and place.samefile(options.source):
            raise UserError(f"{place}: is the file to read; give another name to write to")
    if options.out.resolve() in [(options.keep / name).resolve() for name in kept]:
        raise UserError(f"{options.out}: --keep writes this file; give another name to write to")
    if options.keep is not None and options.keep.exists() and not options.keep.is_dir():
        raise UserError(f"--keep {options.keep}: is no folder")


def open_links(options: argparse.Namespace) -> tuple[Chain, int]:
    """The three runs as links that fit each other, and the speaker's number.

    Raises:
        UserError: A run is of another kind, two do not fit, or there is no such speaker.
    """
    converter, vocoder, upsampler = (
        open_run(place) for place in (options.converter, options.vocoder, options.upsampler)
    )
    voices, sounding = (run.models.get("net") for run in (converter, vocoder))
    if not isinstance(voices, MelVQVAE | MelSinging | MelVAE):
        raise UserError(
            f"--converter {options.converter}: a run of {converter.recipe.name} does not convert mel"
            " frames; give one of vqvae, vae-wgan or singing"
        )
    speaker = chosen(options.to, converter.config.speakers)
    if difference := front_end(converter).difference(front_end(vocoder)):
        raise UserError(
            f"--vocoder {options.vocoder}: takes the mel of another front end than --converter"
            f" {options.converter} makes: {difference}"
        )
    if not isinstance(sounding, ISTFTVocoder):
        raise UserError(
            f"--vocoder {options.vocoder}: a run of {vocoder.recipe.name}; give one of istft-vocoder"
        )
    made_high = high_band(options, upsampler)
    for run in (converter, vocoder, upsampler):
        to_device(run, options.device)
    device = resolve_device(options.device)
    return Chain(voices, sounding, made_high, options.upsample, device), speaker


def front_end(run: TrainedRun) -> FrontEnd:
    """Of the mel frames that a run makes or takes; where its configuration says nothing, the package's."""
    config, model = run.config, run.config.model
    return FrontEnd(
        config.sample_rate,
        getattr(config, "n_fft", N_FFT),
        getattr(config, "hop_length", getattr(model, "hop_length", HOP_LENGTH)),
        getattr(model, "n_mels", N_MELS),
    )


def high_band(options: argparse.Namespace, run: TrainedRun) -> upsampling.Upsampler:
    """The last link.

    Raises:
        UserError: It is no upsampler, or makes sound at another rate.
    """
    net = run.models.get("net")
    if run.recipe.name != "upsampling":
        raise UserError(
            f"--upsampler {options.upsampler}: a run of {run.recipe.name}; give one of upsampling"
        )
    if run.config.sample_rate != options.upsample:
        raise UserError(
            f"--upsample {options.upsample}: no link makes that rate; --upsampler"
            f" {options.upsampler} makes {run.config.sample_rate} Hz"
        )
    step = solver("dpm-solver")
    if isinstance(net, WhitenedResidual):
        return upsampling.whitened(net, options.sampling_steps, step)
    return upsampling.nuwave(net, run.config.ratio, options.sampling_steps, step)  # type: ignore[arg-type]
