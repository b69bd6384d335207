"""The sound of `benchmarks.upsampling`: speakers that no training has, and recordings, each with its pitch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RATE = 48_000
SECONDS = 1.6  # of a clip, at most
SILENCE_S = 0.15  # on either side of a voice
NOISE_FLOOR_DBFS = -75.0  # of voices, as in training
SPEAKER_SEEDS = (11, 12, 13)  # not that of training, so that these speakers are others
VALID_SEED = 21  # of speakers on whom gains are tuned
# Where Debian's packages alsa-utils, klettres-data, puredata-doc and supercollider-common put recordings of
# 44.1 or 48 kHz, and how many of a folder are taken, the largest files first.  One of klettres is a speaker.
PACKAGED = {
    "usr/share/sounds/alsa/[FRS]*.wav": 4,  # words; the others are noise
    "usr/share/klettres/*/alpha/*.ogg": 1,
    "usr/share/puredata/doc/sound/voice*.wav": 2,
    "usr/share/SuperCollider/sounds/a11wlk01.wav": 1,
}
RATES = (44_100, 48_000)
N_RECORDED = 20
# What is softer, or has less power above 16 kHz relative to all of it, has no top band to compare with.
SOFTEST_PEAK, TOP_HZ, LEAST_TOP_DB = 0.05, 16_000, -78.0


@dataclass(frozen=True)
class Clip:
    """One sound (1, T), its rate in Hz and its pitch every 256 samples, NaN where it is not voiced."""

    name: str
    audio: Any
    sample_rate: int
    f0_hz: Any


def voice_clip(speaker: int, seed: int, split: str) -> Clip:
    """A sentence of a procedural speaker with silence around it, and with the noise of a microphone."""
    import torch
    from torch.nn import functional as F

    from tinyaudio.data.voices import Voices

    item = Voices(speaker + 1, RATE, split, seed, only_speaker=speaker)[speaker]
    silence, length = int(SILENCE_S * RATE), 6 * int(SECONDS * RATE / 6)
    inside = slice(0, length - 2 * silence)
    f0 = torch.where(item["voiced"] > 0, item["f0_hz"], torch.nan)[inside]
    audio = F.pad(item["audio"][:, inside], (silence, silence))
    f0 = F.pad(f0, (silence, silence), value=torch.nan)
    rest = -audio.shape[1] % 6  # so that both ratios give whole numbers of samples
    audio, f0 = F.pad(audio, (0, rest)), F.pad(f0, (0, rest + 1), value=torch.nan)
    noise = torch.randn(
        audio.shape, generator=torch.Generator().manual_seed(1_000 * seed + speaker)
    )
    audio = audio + 10 ** (NOISE_FLOOR_DBFS / 20) * noise
    return Clip(f"voice {seed}-{speaker}", audio, RATE, f0[::256])


def voices(n: int, split: str = "test") -> list[Clip]:
    """A clip each by n speakers, of other seeds than training."""
    from tinyaudio.data.voices import Voices

    numbers = Voices(1, RATE, split).speakers
    seeds = SPEAKER_SEEDS if split == "test" else (VALID_SEED,)
    known = [(speaker, seed) for seed in seeds for speaker in numbers]
    if not 1 <= n <= len(known):
        raise ValueError(f"{n} speakers: there are {len(known)}")
    return [voice_clip(speaker, seed, split) for speaker, seed in known[:n]]


def recordings(folder: Path | None, packages: Path) -> list[Clip]:
    """Recorded clips at their own rate, 44.1 or 48 kHz: of a folder, or of the package and of Debian's."""
    from tinyaudio.data import recorded
    from tinyaudio.errors import UserError

    if folder:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        clips = [clip for path in files for clip in of_file(path)][:N_RECORDED]
        if not clips:
            raise UserError(
                f"--recorded {folder}: no sound of 44.1 or 48 kHz with a top band in it"
            )
        return clips
    files = []
    for pattern, n in PACKAGED.items():
        folders: dict[Path, list[Path]] = {}
        for path in sorted(packages.glob(pattern)):
            folders.setdefault(path.parent, []).append(path)
        for one in folders.values():
            files += sorted(one, key=lambda path: -path.stat().st_size)[:n]
    own = [recorded.recording(name) for name in recorded.names()]
    clips = [clip for one in own for clip in clip_of(one.name, one.audio, one.sample_rate)]
    return (clips + [clip for path in files for clip in of_file(path)])[:N_RECORDED]


def of_file(path: Path) -> Iterator[Clip]:
    """The clip of an audio file, if it is one and has a top band."""
    from tinyaudio.audio import load
    from tinyaudio.errors import UserError

    try:
        audio, rate = load(path)
    except UserError:
        return
    yield from clip_of("-".join(path.parts[-3:]), audio, rate)


def clip_of(name: str, audio: Any, rate: int) -> Iterator[Clip]:
    """The loudest part of a recording's first channel, if it has a top band."""
    import torch

    from tinyaudio.metrics.pitch import f0_track
    from tinyaudio.represent.spectrum import stft

    audio, length = audio[:1], 6 * int(SECONDS * rate / 6)
    if rate not in RATES or audio.shape[1] < length // 4 or audio.abs().max() < SOFTEST_PEAK:
        return
    if audio.shape[1] > length:
        energy = audio[0].double().square().cumsum(0)
        start = int((energy[length:] - energy[:-length]).argmax())
        audio = audio[:, start : start + length]
    audio = audio[:, : audio.shape[1] // 6 * 6].clone()
    inner = stft(audio[0], 2_048, 512)[:, 2:-2]  # the others see where the clip was cut
    power = inner.abs().square().sum(dim=1)
    top = power[round(TOP_HZ / rate * 2_048) :].sum() / power.sum()
    if 10 * torch.log10(top) >= LEAST_TOP_DB:
        yield Clip(name, audio, rate, f0_track(audio, rate))
