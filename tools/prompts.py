"""Make a folder of recorded speech to train on.

COMMAND     python -m tools.prompts PACKAGES OUT [--languages en es fr] [--shortest 3]
NEEDS       PACKAGES, a folder with the unpacked Debian packages asterisk-core-sounds-LANGUAGE-g722, as
            ``python -m tools.assets --fetch`` fills it for Italian and Russian; and ffmpeg
EXPECT      FLAC files, each at a peak of -1 dB: by default about 1,100, 48 minutes by two speakers

Telephone prompts by Carlo Flora (Italian) and ivrvoice.ru (Russian), CC-BY-3.0, see
`tinyaudio/assets/LICENSES.md`; by Allison Smith (English, Spanish) and June Wallack (French), CC-BY-SA-3.0,
who are not in the package.  Those that are held out to score models by are left out.
"""

import argparse
from pathlib import Path

from tinyaudio.audio import save
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tools.assets import decoded

FOLDERS = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
BYTES_PER_S = 8_000  # of G.722


def main() -> None:
    """Decode every prompt."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", type=Path, help="folder with the unpacked Debian packages")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument(
        "--languages", nargs="+", choices=FOLDERS, default=["it", "ru"], help="(default: it ru)"
    )
    parser.add_argument(
        "--shortest",
        type=float,
        default=0.5,
        help="in seconds, so that spoken digits and the like are left out (default: 0.5)",
    )
    options = parser.parse_args()
    n_files, seconds = 0, 0.0
    for language in options.languages:
        share = options.packages / "usr" / "share"
        sounds = share / "asterisk" / "sounds" / FOLDERS[language]
        for path in sorted(sounds.rglob("*.g722")):
            name = f"speech-{language}-{'-'.join(path.relative_to(sounds).with_suffix('').parts)}"
            if name in HELD_OUT_SPEECH or path.stat().st_size < options.shortest * BYTES_PER_S:
                continue
            clip, sample_rate = decoded(path)
            peak = clip.abs().max()
            if peak > 0:  # some prompts are silence
                save(options.out / f"{name}.flac", clip / peak * 10 ** (-1 / 20), sample_rate)
                n_files, seconds = n_files + 1, seconds + clip.shape[1] / sample_rate
    print(f"{n_files} files, {seconds / 60:.1f} min in {options.out}")


if __name__ == "__main__":
    main()
