r"""A classifier of a note's pitch: what metrics of generated notes use in the place of Inception.

    sound -> log-frequency spectrogram -> 2 convolutions -> semitones (85 x frames)
          -> 1 convolution along 73 semitones -> the mean over time -> candidates (61)
          -> hidden layer, the features -> a logit for each of 61 pitches

On a logarithmic axis the harmonics of all pitches are at the same distances, so that one kernel, from an octave
below a candidate to five octaves above it, compares any pitch with its harmonics and subharmonics.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 4.2:
            a pitch classifier trained on spectrograms of NSynth, whose features and probabilities
            the metrics use.  Bittner et al., "Deep salience representations for F0 estimation in
            polyphonic music", 2017, for kernels along a logarithmic frequency axis.
Implements: `PitchClassifier`, `PitchClassifierConfig`.
Differs:    the paper describes no architecture; this one is this book's, small, and hears nothing above
            4.2 kHz.
See:        `tinyaudio.metrics.pitch_classification`; `tinyaudio.recipes.pitch_classifier`, which trains it.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.represent.log_frequency import (
    BANDS_A_SEMITONE,
    N_BANDS,
    N_FFT,
    log_frequency,
)

LOWEST, HIGHEST = 24, 84  # MIDI pitches that it tells apart [Engel et al. 2019]
N_PITCHES = HIGHEST - LOWEST + 1
BELOW, ABOVE = 12, 60  # semitones that a candidate is compared with


@dataclass(frozen=True)
class PitchClassifierConfig:
    """Size of the network.

    Attributes:
        channels: Of the two convolutions of the spectrogram; the second has twice as many.
        candidate_channels: Of the convolution along the semitones.
        n_features: Of the hidden layer.
    """

    channels: int = 12
    candidate_channels: int = 32
    n_features: int = 64

    sample_rate: ClassVar[int] = 16_000  # in Hz

    @classmethod
    def tiny(cls) -> "PitchClassifierConfig":
        """0.18 million parameters, for a CPU core."""
        return cls()


TAGS = ["audio", "pitch", "classification"]


class PitchClassifier(nn.Module, PyTorchModelHubMixin, library_name="tinyaudio", tags=TAGS):
    """Notes to a logit for each MIDI pitch from 24 to 84.

    Args:
        config: Size of the network.

    Example:
        >>> net = PitchClassifier(PitchClassifierConfig.tiny())
        >>> notes = torch.zeros(2, 1, 16_384)
        >>> net(notes).shape, net.features(notes).shape
        (torch.Size([2, 61]), torch.Size([2, 64]))
    """

    def __init__(self, config: PitchClassifierConfig) -> None:
        super().__init__()
        self.config = config
        C, H = config.channels, config.candidate_channels
        self.bands = nn.Conv2d(1, C, (5, 3), stride=(1, 2), padding=(0, 1))
        self.semitones = nn.Conv2d(C, 2 * C, (BANDS_A_SEMITONE, 3), stride=(BANDS_A_SEMITONE, 1))
        self.harmonics = nn.Conv1d(2 * C, H, BELOW + 1 + ABOVE)
        self.hidden = nn.Linear(H * N_PITCHES, config.n_features)
        self.logits = nn.Linear(config.n_features, N_PITCHES)

    def features(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B D"]:
        """The last hidden layer, of which the Fréchet inception distance takes two moments.

        Args:
            audio: Notes at 16 kHz, of 4,096 samples or more.

        Raises:
            UserError: They are shorter.
        """
        if audio.shape[-1] < N_FFT:
            raise UserError(
                f"notes of {audio.shape[-1]} samples: the pitch classifier looks at frames of {N_FFT}"
            )
        return self.features_of_frames(log_frequency(audio, self.config.sample_rate))

    def features_of_frames(self, frames: Float[Tensor, "B F N"]) -> Float[Tensor, "B D"]:
        """The same of frames that `tinyaudio.represent.log_frequency` has made."""
        # The first candidate is the first semitone; beyond both ends of the axis is silence, -1.
        below, above = BELOW, N_PITCHES + ABOVE - N_BANDS // BANDS_A_SEMITONE
        edges = (0, 0, BANDS_A_SEMITONE * below + 2, BANDS_A_SEMITONE * above + 2)
        x = F.leaky_relu(self.bands(F.pad(frames[:, None], edges, value=-1.0)), 0.1)
        x = F.leaky_relu(self.semitones(x), 0.1).mean(
            3
        )  # (B, 2C, 12 + 85 + 36): the mean over time
        x = F.leaky_relu(self.harmonics(x), 0.1)  # (B, H, 61)
        return F.leaky_relu(self.hidden(x.flatten(1)), 0.1)

    def forward(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B K"]:
        """Logits of the pitches; see `features`."""
        return self.logits(self.features(audio))

    @torch.no_grad()
    def probabilities(self, audio: Float[Tensor, "B 1 T"]) -> Float[Tensor, "B K"]:
        """Of the pitches from 24 to 84; see `features`."""
        return self(audio).softmax(1)


def check_pitches(pitch: Int[Tensor, " B"]) -> None:
    """Raise a `UserError` if one is outside 24 to 84."""
    if ((pitch < LOWEST) | (pitch > HIGHEST)).any():
        raise UserError(
            f"pitches from {pitch.min()} to {pitch.max()}: the classifier tells those from {LOWEST} to"
            f" {HIGHEST} apart"
        )


def pitch_classes(pitch: Int[Tensor, " B"]) -> Int[Tensor, " B"]:
    """MIDI pitches as the classifier numbers them, from 0.

    Raises:
        UserError: One is outside 24 to 84.

    Example:
        >>> pitch_classes(torch.tensor([24, 84]))
        tensor([ 0, 60])
    """
    check_pitches(pitch)
    return pitch - LOWEST
