"""Make a folder of recorded speech to train on: 48 minutes by two speakers.

COMMAND     python -m tools.prompts PACKAGES OUT
NEEDS       PACKAGES, a folder that ``python -m tools.assets --fetch`` filled, and ffmpeg
EXPECT      about 1,100 FLAC files, each at a peak of -1 dB

The telephone prompts of Carlo Flora (Italian) and ivrvoice.ru (Russian), CC-BY-3.0, see
`tinyaudio/assets/LICENSES.md`.  Those that are held out to score models by are left out.
"""

import argparse
from pathlib import Path

from tinyaudio.audio import save
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tools.assets import SPEECH, decoded

SHORTEST_S = 0.5  # spoken digits and the like are left out
BYTES_PER_S = 8_000  # of G.722


def main() -> None:
    """Decode every prompt."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", type=Path, help="folder with the unpacked Debian packages")
    parser.add_argument("out", type=Path, help="folder to write to")
    options = parser.parse_args()
    n_files, seconds = 0, 0.0
    for language, folder, *_ in SPEECH:
        sounds = options.packages / "usr" / "share" / "asterisk" / "sounds" / folder
        for path in sorted(sounds.rglob("*.g722")):
            name = f"speech-{language}-{'-'.join(path.relative_to(sounds).with_suffix('').parts)}"
            if name in HELD_OUT_SPEECH or path.stat().st_size < SHORTEST_S * BYTES_PER_S:
                continue
            clip, sample_rate = decoded(path)
            peak = clip.abs().max()
            if peak > 0:  # some prompts are silence
                save(options.out / f"{name}.flac", clip / peak * 10 ** (-1 / 20), sample_rate)
                n_files, seconds = n_files + 1, seconds + clip.shape[1] / sample_rate
    print(f"{n_files} files, {seconds / 60:.1f} min in {options.out}")


if __name__ == "__main__":
    main()
