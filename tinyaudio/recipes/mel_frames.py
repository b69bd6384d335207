"""Runs of a WaveNet that is conditioned on mel frames: how the frames are made, and cut with the sound.

See:        chapter 6, "Conditioning and the mel vocoder".
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from tinyaudio.recipe import option
from tinyaudio.recipes.conditional import WaveNetRunConfig, check_multiple, size_frames
from tinyaudio.represent import prosody
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS, log_mel, middle_frames
from tinyaudio.train import Batch


@dataclass(frozen=True)
class MelRunConfig(WaveNetRunConfig):
    """What makes a run; a recipe adds its data."""

    n_fft: int = option(N_FFT, "length of a mel frame's window, in samples", minimum=2)
    hop_length: int = option(HOP_LENGTH, "from mel frame to mel frame, in samples", minimum=1)
    pitch: bool = option(False, "log-F0 and voicing beside the mel bands")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_multiple("n_samples", self.n_samples, of=self.hop_length)
        check_multiple("n_fft", self.n_fft, of=2 * self.hop_length)
        size_frames(self, self.hop_length, N_MELS + prosody.N_CHANNELS * self.pitch)

    def frames(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B C N"]:
        """The condition: log-mel frames, and with ``pitch`` log-F0 and voicing beside them."""
        make = prosody.mel_and_pitch if self.pitch else log_mel
        return make(audio, self.sample_rate, self.n_fft, self.hop_length)

    def with_frames(self, batch: Batch) -> Batch:
        """The middle of each crop and its frames, for crops with half a window more at either end."""
        frames = self.frames(batch["audio"])
        audio, frames = middle_frames(batch["audio"], frames, self.n_fft, self.hop_length)
        return {**batch, "audio": audio, "frames": frames}
