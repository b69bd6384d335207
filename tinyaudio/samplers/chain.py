"""From one voice at any rate to another at 48 kHz: mel frames, conversion, vocoder, upsampling.

Every link reads a file and writes a file, block by block, so that memory does not grow with the length
of the recording, and every sound between two links can be heard:

    0-input.wav      the recording, one channel at the vocoder's rate
    1-vocoder.wav    its own frames made to sound again: what the vocoder alone loses
    2-converted.wav  converted frames made to sound
    3-upsampled.wav  the same with a high band

What comes out is, to the last bit, what ``tinyaudio convert`` and ``tinyaudio upsample`` give one after
the other.  Files between links have 16 bits, whose rounding is 98 dB below a loud voice.

Implements: `Chain`, `check_source`, `vocoded`.
See:        ``tinyaudio chain``; the chapter on the whole chain.
"""

import warnings
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import load
from tinyaudio.errors import UserError
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.models.mel_singing import MelSinging
from tinyaudio.models.mel_vqvae import MelVQVAE
from tinyaudio.models.vae_wgan import MelVAE
from tinyaudio.represent import linear
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT
from tinyaudio.samplers import vocode
from tinyaudio.samplers.audio_file import SHORT_S, AudioFile
from tinyaudio.samplers.request import progress
from tinyaudio.samplers.streaming import os_errors_as_audio_errors
from tinyaudio.samplers.upsampling import LOWEST_RATE, UpsampledFile, Upsampler, open_source
from tinyaudio.samplers.voice_conversion import Frames, convert

INPUT, VOCODED, CONVERTED, UPSAMPLED = (
    "0-input.wav",
    "1-vocoder.wav",
    "2-converted.wav",
    "3-upsampled.wav",
)


@dataclass(frozen=True)
class Chain:
    """Three trained links.

    Attributes:
        converter: Of mel frames of the vocoder's front end; in evaluation mode.
        vocoder: Of speech; in evaluation mode.
        upsampler: From the vocoder's rate, or one near it.
        sample_rate: To end with, in Hz; above the vocoder's.
        device: Of the networks.

    Raises:
        UserError: The sample rate is not above the vocoder's.
    """

    converter: MelVQVAE | MelSinging | MelVAE
    vocoder: ISTFTVocoder
    upsampler: Upsampler
    sample_rate: int = 48_000
    device: str | torch.device = "cpu"

    def __post_init__(self) -> None:
        if self.sample_rate <= self.middle_rate:
            raise UserError(
                f"{self.sample_rate} Hz: the vocoder makes sound at {self.middle_rate} Hz already; ask"
                " for more, such as 48000"
            )

    @property
    def middle_rate(self) -> int:
        """Of converter and vocoder, in Hz."""
        return self.vocoder.config.sample_rate

    def sounds(
        self, source: Path, speaker: int, folder: Path, *, seed: int = 0, every: bool = True
    ) -> list[Path]:
        """Run a recording through the links, and write what comes out of each.

        Args:
            source: An audio file with one voice, of any format and length.
            speaker: To convert to, in [0, n_speakers - 1].
            folder: Where to, which is there; files of the names above are replaced.
            seed: Of the upsampler's noise.
            every: Whether to write what only serves to be compared: the input, and the vocoder alone.

        Returns:
            The files, in order; the last one is the result.

        Raises:
            AudioError: The recording cannot be read, or a file not be written.
            UserError: It is silent, shorter than a frame, or of too low a rate.

        Example:
            >>> import tempfile
            >>> from tinyaudio.checkpoints import pretrained
            >>> from tinyaudio.data.recorded import SOUNDS
            >>> from tinyaudio.samplers.diffusion_steps import dpm_solver
            >>> from tinyaudio.samplers.shipped_vocoder import shipped_vocoder
            >>> from tinyaudio.samplers.upsampling import whitened
            >>> upsampler = whitened(pretrained("upsampling-x3"), 1, dpm_solver)
            >>> chain = Chain(pretrained("vqvae-voices"), shipped_vocoder("speech"), upsampler)
            >>> sentence = SOUNDS / "speech-it-demo-thanks.flac"
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     made = chain.sounds(sentence, 3, Path(folder), every=False)
            ...     [(path.name, load(path)[1]) for path in made]
            [('2-converted.wav', 16000), ('3-upsampled.wav', 48000)]
        """
        recording = check_source(source, self.middle_rate)
        rate, n_samples = self.middle_rate, recording.n_samples
        written = []
        if every:
            parts = (part[None] for part in recording.parts())
            written.append(write_link(folder / INPUT, parts, rate, n_samples))
            again = vocoded(self.vocoder, source)
            written.append(write_link(folder / VOCODED, again, rate, n_samples))
        voice = convert(self.converter, self.vocoder, source, speaker)
        converted = write_link(folder / CONVERTED, voice, rate, n_samples)
        file = open_source(converted, self.sample_rate, self.upsampler.ratio)
        high = UpsampledFile(file, self.upsampler, self.sample_rate, seed, device=self.device)
        result = write_link(folder / UPSAMPLED, high, self.sample_rate, high.n_samples)
        return [*written, converted, result]


def check_source(source: Path, sample_rate: int) -> AudioFile:
    """The recording at the vocoder's rate, if a chain can begin with it.

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent, shorter than a frame, or of too low a rate.
    """
    own_rate = load(source, seconds=SHORT_S)[1]
    if own_rate < LOWEST_RATE:
        raise UserError(
            f"{source}: is at {own_rate} Hz; no link of the chain takes sound below {LOWEST_RATE} Hz"
        )
    recording = AudioFile(source, sample_rate)
    if recording.n_samples < N_FFT:
        raise UserError(
            f"{source}: lasts {1000 * recording.n_samples / sample_rate:.0f} ms, and a mel frame"
            f" {1000 * N_FFT / sample_rate:.0f} ms; give a longer recording"
        )
    recording.check_sound("voice to convert")
    return recording


def vocoded(vocoder: ISTFTVocoder, source: Path) -> Iterator[Float[Tensor, "1 1 _"]]:
    """A recording's own frames, made to sound again, block by block.

    Args:
        vocoder: In evaluation mode.
        source: An audio file with one voice.
    """
    frames = Frames(source, vocoder.config.sample_rate)
    n_hops = -(-frames.n_samples // HOP_LENGTH)
    return vocode.blocks(vocoder, frames, n_hops, frames.n_samples)


def write_link(
    path: Path, pieces: Iterable[Float[Tensor, "1 C _"]], sample_rate: int, n_samples: int
) -> Path:
    """Write one link's sound as it comes, 16 bits a sample, with its progress; warn of what was clipped."""
    beyond = 0
    with (
        os_errors_as_audio_errors(path),
        wave.open(str(path), "wb") as file,
        progress(n_samples) as bar,
        warnings.catch_warnings(),
    ):
        # The upsampler's own would name a file between links.
        warnings.filterwarnings("ignore", ".*left ±1 at the new rate")
        file.setparams((1, 2, sample_rate, 0, "NONE", ""))
        bar.set_description(path.stem)
        for piece in pieces:
            beyond += int((piece.abs() > 1).sum())
            codes = linear.encode(piece[0].cpu(), bits=16).T.numpy().astype("<i2")
            file.writeframes(codes.tobytes())
            bar.update(piece.shape[2])
    if beyond:
        warnings.warn(f"{path.stem}: {beyond} samples left ±1 and were clipped", stacklevel=2)
    return path
