"""``tinyaudio data``: check a folder of audio files, write procedural sound, or download a public corpus."""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from torch import Tensor
from tqdm.auto import tqdm

from tinyaudio.audio import save
from tinyaudio.audio.resampling import check_rate
from tinyaudio.cli.corpora import add_corpora
from tinyaudio.cli.options import count, whole
from tinyaudio.data.clips import shorter_than_a_crop
from tinyaudio.data.folder import audio_files, read_recording
from tinyaudio.data.notes import Notes
from tinyaudio.data.voices import Voices
from tinyaudio.errors import AudioError, DataError
from tinyaudio.files import atomic_write

FULL_SCALE, CLIPPED_FRACTION = 0.999, 1e-3  # more samples than this fraction at full scale: clipped
LARGEST_OFFSET = 0.01  # of full scale; a mean beyond it is the recorder's, not the sound's


def add_data(commands: Any) -> None:
    """``tinyaudio data check | notes | voices | list | download | arrange``."""
    data = commands.add_parser(
        "data",
        help="check a folder of audio files, write procedural sound, or download a corpus",
        description="Check a folder of audio files, write procedural sound to files, or download a public"
        " corpus.",
    )
    kinds = data.add_subparsers(required=True, metavar="COMMAND")
    check = kinds.add_parser(
        "check",
        help="list the audio files of a folder, and which of them training would leave out",
        description="List the audio files of a folder with sample rate, length and peak, and which of"
        " them training would leave out.",
    )
    check.add_argument(
        "folder", type=Path, metavar="FOLDER", help="folder to look in, with its subfolders"
    )
    check.add_argument(
        "--sample-rate",
        type=count,
        default=16_000,
        metavar="HZ",
        help="sample rate of the training, which files are converted to (default: 16000)",
    )
    check.add_argument(
        "--n-samples",
        type=count,
        metavar="N",
        help="length of a crop of the training in samples: say which files are shorter",
    )
    check.set_defaults(run=check_command)
    for kind, content in (
        ("notes", "instrument notes of 4 s, with NSynth's labels"),
        ("voices", "spoken sentences of nonsense, with speaker, phones and durations"),
    ):
        one = kinds.add_parser(
            kind, help=f"write procedural {content}", description=f"Write procedural {content}."
        )
        one.add_argument(
            "out",
            type=Path,
            metavar="FOLDER",
            help="folder to write WAV files and a labels.json to",
        )
        one.add_argument("--n", type=count, default=20, help="number of files (default: 20)")
        one.add_argument(
            "--sample-rate",
            type=count,
            default=16_000,
            metavar="HZ",
            help="sample rate (default: 16000)",
        )
        one.add_argument(
            "--seed", type=whole, default=0, help="another seed gives other sounds (default: 0)"
        )
        one.add_argument(
            "--split",
            choices=["train", "valid", "test"],
            default="train",
            help="which part; the parts share no instrument or speaker (default: train)",
        )
        one.set_defaults(run=write_command, kind=kind)
    add_corpora(kinds)


def check_command(options: argparse.Namespace) -> None:
    """List a folder's audio files with rate, length, peak, and remarks."""
    check_rate(options.sample_rate)
    total_s, lengths = 0.0, []
    first: dict[bytes, Path] = {}  # the first file of each sound
    paths = audio_files(options.folder)
    for path in paths:
        name = path.relative_to(options.folder)
        try:
            recording = read_recording(path, options.sample_rate)
        except AudioError as error:
            print(f"{name}: left out: {error}")
            continue
        clip = recording.clip
        seconds = clip.shape[-1] / recording.sample_rate
        remarks = []
        if (clip.abs() >= FULL_SCALE).float().mean() > CLIPPED_FRACTION:
            remarks.append("clipped: a model trained on it learns the distortion")
        if clip.shape[0] > 1:
            remarks.append(f"{clip.shape[0]} channels, mixed to one")
        offset = max(clip.mean(-1).tolist(), key=abs)
        if abs(offset) > LARGEST_OFFSET:
            remarks.append(f"constant offset {offset:+.3f}: subtract the mean")
        if (same := first.setdefault(hash_of(recording.audio), name)) != name:
            remarks.append(f"the same sound as {same}: keep one, or a copy may be held out")
        line = f"{name}: {recording.sample_rate} Hz, {seconds:.2f} s, peak {clip.abs().max().item():.3f}"
        print("; ".join([line, *remarks]))
        lengths.append(recording.audio.shape[1])
        total_s += seconds
    if options.n_samples and (
        remark := shorter_than_a_crop(lengths, options.n_samples, options.sample_rate)
    ):
        print(remark)
    total = f"{total_s / 60:.1f} minutes" if total_s >= 60 else f"{total_s:.1f} seconds"
    print(f"{len(lengths)} of {len(paths)} files usable, {total}")


def hash_of(audio: Tensor) -> bytes:
    """The same for the same samples, whatever file they were in."""
    return hashlib.sha256(audio.contiguous().numpy().tobytes()).digest()


def write_command(options: argparse.Namespace) -> None:
    """Write procedural sound and its labels."""
    dataset = {"notes": Notes, "voices": Voices}[options.kind](
        options.n, sample_rate=options.sample_rate, split=options.split, seed=options.seed
    )
    labels = {}
    for i in tqdm(range(len(dataset)), unit="clip", disable=None):
        item = dataset[i]
        name = f"{options.kind}-{i:05d}.wav"
        save(options.out / name, item["audio"], options.sample_rate)
        # Labels at every sample, such as the pitch of a voice, would be larger than the sound.
        labels[name] = {k: v for k, v in item.items() if not isinstance(v, Tensor)}
    with atomic_write(options.out / "labels.json", DataError) as file:
        file.write(json.dumps(labels, indent=1, ensure_ascii=False).encode() + b"\n")
    print(f"{len(labels)} files and labels.json in {options.out}")
