"""Does a sound return from its log magnitude and instantaneous frequency, and what does it cost?

Notes of four seconds at 16 kHz, half of them procedural, half of a soundfont; frames of 2,048 every 512
samples.  Ratios are of signal to error in dB, over the full length of a note, its ends included.

if_full_length_db_float32   the worst note by represent/ifreq.py in single precision
if_full_length_db_float64   and in double precision
complex_mel_db              median by the complex spectrum in 1,024 mel bands and the pseudo-inverse
complex_mel_from_start_db   the same with phases counted from the start of each frame, where bins cancel
published_mel_db            median by IF-mel as the released code has it
if_440_hz                   half turns a hop of a sinusoid of 440 Hz at its bin, the median of the frames
time_ratio                  there and back, over torch.stft and torch.istft alone; median of five rounds

    python -m benchmarks.ifreq --json
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.command import one_line_errors, parser
from benchmarks.timing import ratio

RATE, SECONDS = 16_000, 4.0
N_FFT, HOP = 2_048, 512
ROUNDS = 5


def snr_db(wanted: Any, found: Any) -> Any:
    """Of each note, (B,)."""
    error = (wanted - found).norm(dim=(1, 2))
    return 20 * (wanted.norm(dim=(1, 2)) / error).log10()


def there_and_back(audio: Any) -> Any:
    """By log magnitude and instantaneous frequency."""
    from tinyaudio.represent.ifreq import from_log_magnitude_and_if, log_magnitude_and_if

    image = log_magnitude_and_if(audio, N_FFT, HOP)
    return from_log_magnitude_and_if(image, N_FFT, HOP, audio.shape[2])


def by_complex_mel(audio: Any, centred: bool) -> Any:
    """By the complex spectrum in mel bands; half the sample rate stays as it is."""
    import torch

    from tinyaudio.represent.if_mel import from_complex_mel, to_complex_mel
    from tinyaudio.represent.ifreq import centre_phase
    from tinyaudio.represent.spectrum import istft, stft

    origin: Callable[[Any], Any] = centre_phase if centred else lambda spectrum: spectrum
    spectrum = origin(stft(audio[:, 0], N_FFT, HOP))
    below = from_complex_mel(to_complex_mel(spectrum[:, :-1], RATE), RATE)
    whole = origin(torch.cat([below, spectrum[:, -1:]], dim=1))
    return istft(whole, HOP, audio.shape[2])[:, None]


def published(audio: Any) -> Any:
    """By the released code's image."""
    from tinyaudio.represent.gansynth_image import ImageConfig, to_audio, to_image

    config = replace(ImageConfig.released("if_mel"), n_samples=audio.shape[2])
    return to_audio(to_image(audio, config), config)


def turn_of_440_hz() -> float:
    """Half turns a hop, of frames that lie within the tone."""
    import torch

    from tinyaudio.represent.ifreq import log_magnitude_and_if

    tone = torch.sin(2 * torch.pi * 440 * torch.arange(RATE, dtype=torch.float64) / RATE)
    image = log_magnitude_and_if(tone[None, None], N_FFT, HOP)
    return float(image[0, 1, 3:-3, round(440 * N_FFT / RATE)].median())


def bare(audio: Any) -> Any:
    """The transform and its inverse, without magnitude and phase."""
    import torch

    window = torch.hann_window(N_FFT)
    spectrum = torch.stft(
        audio[:, 0], N_FFT, HOP, window=window, pad_mode="constant", return_complex=True
    )
    return torch.istft(spectrum, N_FFT, HOP, window=window, length=audio.shape[2])


def seconds_of(work: Callable[[Any], Any], audio: Any) -> float:
    """CPU time of this thread."""
    start = time.thread_time()
    work(audio)
    return time.thread_time() - start


def measure(n: int) -> dict[str, Any]:
    """All keys, of n notes of either kind."""
    import torch

    from tinyaudio.data.notes import Notes
    from tinyaudio.data.soundfont_notes import SoundfontNotes

    torch.set_num_threads(1)
    sets = (Notes(n, RATE, SECONDS), SoundfontNotes(n, RATE, SECONDS))
    audio = torch.stack([notes[i]["audio"] for notes in sets for i in range(n)])
    mel = {
        "complex_mel_db": by_complex_mel(audio, centred=True),
        "complex_mel_from_start_db": by_complex_mel(audio, centred=False),
        "published_mel_db": published(audio),
    }
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds_of(there_and_back, audio))
        theirs.append(seconds_of(bare, audio))
    return {
        "notes": len(audio),
        "if_full_length_db_float32": snr_db(audio, there_and_back(audio)).min().item(),
        "if_full_length_db_float64": snr_db(audio.double(), there_and_back(audio.double()))
        .min()
        .item(),
        **{name: statistics.median(snr_db(audio, found).tolist()) for name, found in mel.items()},
        "if_440_hz": turn_of_440_hz(),
        "time_ratio": ratio(ours, theirs),
    }


def main() -> None:
    options = parser("ifreq", __doc__)
    options.add_argument("--notes", type=int, default=16, help="of either kind (default: 16)")
    given = options.parse_args()
    with one_line_errors():
        found = measure(given.notes)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:26} {value:.6g}")


if __name__ == "__main__":
    main()
