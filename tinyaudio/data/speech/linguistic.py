"""What the first WaveNet was told of speech: which phone, at which pitch, voiced or not, frame by frame.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, section 3.2.
Implements: `linguistic_frames`.
Differs:    from the paper's features, which also say where in the word and sentence a phone stands:
            these sentences have no words.  The durations are the true ones, not predicted.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.speech.content import PHONES
from tinyaudio.errors import DataError

HOP_S = 0.01
N_CHANNELS = len(PHONES) + 2
MIDDLE_HZ = 150.0  # between men and women; an octave from it is 1


def linguistic_frames(fields: Mapping[str, Any]) -> Float[Tensor, "F N"]:
    """Frames of 10 ms: the phone as one of many, the pitch in octaves from 150 Hz, voiced or not.

    All zeros, which no frame of these is, can stand for "not told".

    Args:
        fields: Of an item of `tinyaudio.data.voices.Voices`, or with the same ``phones``,
            ``durations_s``, ``f0_hz``, ``voiced`` and ``sample_rate``: change them, and another
            speaker says something else.

    Returns:
        25 channels; frame n is centred on sample n * sample_rate / 100, pitch 0 where unvoiced.

    Raises:
        DataError: A phone is unknown, or the sample rate is no multiple of 100 Hz.

    Example:
        >>> from tinyaudio.data.voices import Voices
        >>> clip, fields = Voices(1)[0]
        >>> frames = linguistic_frames(fields)
        >>> frames.shape[0], frames.shape[1] == 1 + clip.shape[1] // 160
        (25, True)
    """
    rate, f0_hz = fields["sample_rate"], torch.as_tensor(fields["f0_hz"])
    hop = round(HOP_S * rate)
    if hop != HOP_S * rate:
        raise DataError(f"sample rate {rate}: frames of 10 ms need a multiple of 100 Hz")
    unknown = set(fields["phones"]) - PHONES.keys()
    if unknown:
        raise DataError(f"no phone {sorted(unknown)[0]!r}; there are: {', '.join(PHONES)}")
    n_frames = 1 + len(f0_hz) // hop
    at = torch.arange(n_frames) * hop
    # A phone lasts until its edge; after the last one it is silent.
    edges_s = np.cumsum(fields["durations_s"])
    phones = [*(list(PHONES).index(name) for name in fields["phones"]), list(PHONES).index("sil")]
    which = np.searchsorted(edges_s, at.numpy() / rate, side="right")
    frames = torch.zeros(N_CHANNELS, n_frames)
    frames[torch.tensor(phones)[which], torch.arange(n_frames)] = 1
    place = at.clamp(max=len(f0_hz) - 1)
    voiced = torch.as_tensor(fields["voiced"])[place]
    frames[-2] = voiced * torch.log2(f0_hz[place] / MIDDLE_HZ)
    frames[-1] = voiced
    return frames
