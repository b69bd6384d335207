"""``tinyaudio data``: look at a folder of sound, or write procedural sound."""

import argparse
import json
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from tinyaudio.audio import load, save
from tinyaudio.cli.numbers import count, whole
from tinyaudio.data.clips import audio_files
from tinyaudio.data.notes import Notes
from tinyaudio.data.voices import Voices
from tinyaudio.errors import AudioError, DataError
from tinyaudio.files import atomic_write


def add_data(commands: Any) -> None:
    """``tinyaudio data check | notes | voices``."""
    data = commands.add_parser(
        "data",
        help="look at a folder of sound, or make procedural sound",
        description="Look at a folder of sound, or write procedural sound to files.",
    )
    kinds = data.add_subparsers(required=True, metavar="WHAT")
    evaluate = kinds.add_parser("check", help="what a folder holds and what would be left out")
    evaluate.add_argument("folder", type=Path)
    evaluate.set_defaults(run=check_command)
    for kind, what in (
        ("notes", "instrument notes, with NSynth's labels"),
        ("voices", "spoken sentences, with their speakers"),
    ):
        one = kinds.add_parser(kind, help=f"write procedural {what}")
        one.add_argument(
            "out", type=Path, metavar="FOLDER", help="written as WAV files and one labels.json"
        )
        one.add_argument("--n", type=count, default=20, help="how many (default: 20)")
        one.add_argument(
            "--sample-rate", type=count, default=16_000, metavar="HZ", help="(default: 16000)"
        )
        one.add_argument("--seed", type=whole, default=0, help="(default: 0)")
        one.add_argument(
            "--split", choices=["train", "valid", "test"], default="train", help="(default: train)"
        )
        one.set_defaults(run=write_command, kind=kind)


def check_command(options: argparse.Namespace) -> None:
    """List a folder's audio files with rate, channels, length and level."""
    total_s, usable = 0.0, 0
    paths = audio_files(options.folder)
    for path in paths:
        name = path.relative_to(options.folder)
        try:
            clip, sample_rate = load(path)
        except AudioError as error:
            print(f"{name}: left out: {error}")
            continue
        seconds, peak = clip.shape[-1] / sample_rate, clip.abs().max().item()
        remarks = []
        if peak < 1e-4:
            remarks.append("silent, left out")
        elif (clip.abs() >= 0.999).float().mean() > 1e-3:
            remarks.append("clipped: it will sound, and teach, distorted")
        if clip.shape[0] > 1:
            remarks.append(f"{clip.shape[0]} channels, mixed to one")
        print(
            f"{name}: {sample_rate} Hz, {seconds:.2f} s, peak {peak:.3f}"
            + "".join(f"; {r}" for r in remarks)
        )
        total_s += seconds
        usable += peak >= 1e-4
    print(f"{usable} of {len(paths)} files usable, {total_s / 60:.1f} minutes")


def write_command(options: argparse.Namespace) -> None:
    """Write procedural sound and its labels."""
    dataset = {"notes": Notes, "voices": Voices}[options.kind](
        options.n, sample_rate=options.sample_rate, split=options.split, seed=options.seed
    )
    labels = {}
    for i in tqdm(range(len(dataset)), unit="clip", disable=None):
        clip, fields_ = dataset[i]
        name = f"{options.kind}-{i:05d}.wav"
        save(options.out / name, clip, options.sample_rate)
        labels[name] = {k: v for k, v in fields_.items() if isinstance(v, int | float | str | list)}
    with atomic_write(options.out / "labels.json", DataError) as file:
        file.write(json.dumps(labels, indent=1, ensure_ascii=False).encode() + b"\n")
    print(f"{len(labels)} files and labels.json in {options.out}")
