"""Make the recordings that ship in ``tinyaudio/assets/sounds``.

COMMAND     python -m tools.assets --fetch PACKAGES
NEEDS       Debian or Ubuntu with apt-get, dpkg, ffmpeg and espeak-ng; pip install --no-deps tinysoundfont
EXPECT      about 3 MB of FLAC and index.json; the same bytes every time, from the same packages

Everything comes from Debian's packages, whose copyright files say who made what under which licence;
`tinyaudio/assets/LICENSES.md` repeats it.  Nothing is edited but cut, mixed to one channel where said,
and brought to a peak of -1 dB.
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from tinyaudio.audio import load, save
from tinyaudio.data.soundfont import render_note
from tinyaudio.data.soundfont_notes import PROGRAMS

SOUNDS = Path(__file__).parents[1] / "tinyaudio" / "assets" / "sounds"
PACKAGES = (
    "fluid-soundfont-gm",
    "sonic-pi-samples",
    "asterisk-core-sounds-it-g722",
    "asterisk-core-sounds-ru-g722",
)

# (program, name, pitches): two seconds each, key down for one and a half. Some programs are those
# that data.soundfont holds out for tests.
NOTES = (
    (0, "grand piano", (36, 48, 60, 64, 67, 72, 84)),
    (6, "harpsichord", (60,)),
    (11, "vibraphone", (60, 72)),
    (12, "marimba", (60, 72)),
    (19, "church organ", (48, 60)),
    (24, "nylon guitar", (45, 52, 64)),
    (32, "acoustic bass", (31, 43)),
    (40, "violin", (57, 69, 76)),
    (41, "viola", (55,)),
    (42, "cello", (48,)),
    (52, "choir", (57, 69)),
    (56, "trumpet", (60, 69)),
    (58, "tuba", (41,)),
    (68, "oboe", (69,)),
    (71, "clarinet", (55, 69)),
    (73, "flute", (69, 81)),
    (80, "square lead", (57, 69)),
)
# (file, title, author, page, seconds, channels): 44.1 kHz, full band.
LOOPS = (
    ("loop_tabla", "tabla loop", "lezaarth", "freesound.org/people/lezaarth/sounds/242591", 3.0, 1),
    (
        "loop_safari",
        "percussion loop",
        "nemaavla",
        "freesound.org/people/nemaavla/sounds/318759",
        2.0,
        2,
    ),
    (
        "ambi_piano",
        "piano chord",
        "Rutger Muller",
        "freesound.org/people/RutgerMuller/sounds/51245",
        2.8,
        1,
    ),
    (
        "drum_cymbal_open",
        "open cymbal",
        "menegass",
        "freesound.org/people/menegass/sounds/100055",
        1.8,
        1,
    ),
    (
        "guit_harmonics",
        "guitar harmonics",
        "BStateham",
        "freesound.org/people/BStateham/sounds/141524",
        3.0,
        1,
    ),
)
# Prompts of telephone exchanges, read in a studio: (language, folder, speaker, names).
SPEECH = (
    ("it", "it_IT_m_Carlo", "Carlo Flora", ("demo-thanks", "vm-intro", "queue-youarenext")),
    ("ru", "ru_RU_f_IvrvoiceRU", "ivrvoice.ru", ("demo-thanks", "dir-instr", "vm-intro")),
)
# Read by a program, and said to be so.
KOREAN = (
    ("ko+m3", "소리는 공기의 떨림입니다. 마이크는 그 떨림을 숫자로 바꿉니다."),
    ("ko+f3", "컴퓨터는 일 초에 만 육천 번씩 소리의 크기를 잽니다."),
    ("ko+m3", "신경망은 지금까지 들은 소리로 다음 소리를 짐작합니다."),
    ("ko+f3", "이 목소리는 사람이 아니라 프로그램이 만들었습니다."),
)


def main() -> None:
    """Fetch if asked, make every recording, write the index."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", type=Path, help="folder with the unpacked Debian packages")
    parser.add_argument("--fetch", action="store_true", help="download and unpack them there first")
    options = parser.parse_args()
    if options.fetch:
        fetch(options.packages)
    share = options.packages / "usr" / "share"
    for old in SOUNDS.glob("*.flac"):
        old.unlink()
    index = [*notes(share), *loops(share), *speech(share), *korean()]
    SOUNDS.mkdir(parents=True, exist_ok=True)
    (SOUNDS / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n")
    n_bytes = sum(path.stat().st_size for path in SOUNDS.iterdir())
    print(f"{len(index)} recordings, {n_bytes / 1e6:.2f} MB")


def fetch(folder: Path) -> None:
    """Download the packages with apt and unpack them, without installing anything."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder], check=True)


def write(name: str, clip: Tensor, sample_rate: int, **about: object) -> dict[str, object]:
    """Save one recording at a peak of -1 dB, and say what it is."""
    clip = clip / clip.abs().max() * 10 ** (-1 / 20)
    path = SOUNDS / f"{name}.flac"
    save(path, clip, sample_rate)
    return {
        "name": name,
        **about,
        "sample_rate": sample_rate,
        "channels": clip.shape[0],
        "seconds": round(clip.shape[1] / sample_rate, 3),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def notes(share: Path) -> list[dict[str, object]]:
    """Notes of real instruments, from an MIT-licensed soundfont."""
    font = share / "sounds" / "sf2" / "FluidR3_GM.sf2"
    made = []
    for program, title, pitches in NOTES:
        family = next(family for family, (programs, _) in PROGRAMS.items() if program in programs)
        for pitch in pitches:
            clip = render_note(program, pitch, velocity=100, seconds=2.0, soundfont=font)
            made.append(
                write(
                    f"{title.replace(' ', '-')}-{pitch}",
                    clip,
                    16_000,
                    kind="note",
                    title=f"{title}, MIDI {pitch}",
                    licence="MIT",
                    author="Frank Wen and contributors",
                    source=f"FluidR3_GM.sf2, program {program}, velocity 100 "
                    "(Debian fluid-soundfont-gm 3.1-5.3)",
                    family=family,
                    program=program,
                    pitch=pitch,
                    velocity=100,
                )
            )
    return made


def loops(share: Path) -> list[dict[str, object]]:
    """Full-band sound at 44.1 kHz, dedicated to the public domain."""
    made = []
    for file, title, author, page, seconds, channels in LOOPS:
        clip, sample_rate = load(
            share / "sonic-pi" / "samples" / f"{file}.flac", mono=channels == 1, seconds=seconds
        )
        n_fade = sample_rate // 50  # a cut must not click
        clip[:, -n_fade:] *= torch.linspace(1, 0, n_fade)
        made.append(
            write(
                title.replace(" ", "-"),
                clip,
                sample_rate,
                kind="loop",
                title=title,
                licence="CC0-1.0",
                author=author,
                source=f"{page}, by way of {file}.flac (Debian sonic-pi-samples 3.2.2~repack-8)",
            )
        )
    return made


def speech(share: Path) -> list[dict[str, object]]:
    """Recorded speech at 16 kHz."""
    made = []
    for language, folder, speaker, names in SPEECH:
        for name in names:
            coded = share / "asterisk" / "sounds" / folder / f"{name}.g722"
            clip, sample_rate = decoded(coded)
            made.append(
                write(
                    f"speech-{language}-{name}",
                    clip,
                    sample_rate,
                    kind="speech",
                    title=f"telephone prompt “{name}”, {'Italian' if language == 'it' else 'Russian'}",
                    licence="CC-BY-3.0",
                    author=speaker,
                    source=f"{name}.g722 (Debian asterisk-core-sounds-{language}-g722 1.6.1-1)",
                    language=language,
                    speaker=speaker,
                )
            )
    return made


def decoded(prompt: Path) -> tuple[Tensor, int]:
    """A telephone prompt, (1, T) at 16 kHz, from G.722."""
    with tempfile.TemporaryDirectory() as place:
        wav = Path(place) / "decoded.wav"
        decode = ["ffmpeg", "-v", "error", "-f", "g722", "-i", prompt, "-ar", "16000", wav]
        subprocess.run(decode, check=True)
        return load(wav, mono=True)


def korean() -> list[dict[str, object]]:
    """Korean sentences at 22.05 kHz, synthetic: read by the program espeak-ng."""
    made = []
    for i, (voice, text) in enumerate(KOREAN):
        with tempfile.TemporaryDirectory() as place:
            recording = Path(place) / "spoken.wav"
            subprocess.run(
                ["espeak-ng", "-v", voice, "-s", "140", "-w", recording, text], check=True
            )
            clip, sample_rate = load(recording)
        made.append(
            write(
                f"synthetic-ko-{i}",
                clip,
                sample_rate,
                kind="synthetic speech",
                title=f"Korean sentence {i}, read by a program",
                licence="CC0-1.0",
                author="tinyaudio, with espeak-ng",
                source=f"espeak-ng 1.51, voice {voice}",
                language="ko",
                speaker=f"espeak-ng {voice}",
                text=text,
            )
        )
    return made


if __name__ == "__main__":
    main()
