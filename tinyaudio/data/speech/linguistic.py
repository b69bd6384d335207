"""What the first WaveNet for speech is conditioned on: phone, pitch and voicing, frame by frame.

Paper:      van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016, section 3.2.
Implements: `linguistic_frames`.
Differs:    from the paper's features, which include the position of a phone in its word and sentence:
            these sentences have no words.  The durations are the true ones, not predicted.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.item import Item
from tinyaudio.data.speech.content import PHONES
from tinyaudio.data.speech.speakers import MIDDLE_HZ
from tinyaudio.errors import DataError

HOP_S = 0.01  # from frame to frame
N_CHANNELS = len(PHONES) + 2


def linguistic_frames(labels: Item) -> Float[Tensor, "F N"]:
    """Frames of 10 ms: the phone one-hot, the pitch in octaves from 150 Hz, voicing as 0 or 1.

    A frame of zeros, which never occurs in these, can stand for an unknown phone and pitch.

    Args:
        labels: An item of `tinyaudio.data.voices.Voices`, or any dict with ``phones``,
            ``durations_s``, ``f0_hz``, ``voiced`` and ``sample_rate``.

    Returns:
        25 channels; frame n is centred on sample n * sample_rate / 100, pitch 0 where unvoiced.

    Raises:
        DataError: A phone is unknown, or the sample rate is no multiple of 100 Hz.

    Example:
        >>> from tinyaudio.data.voices import Voices
        >>> item = Voices(1)[0]
        >>> frames = linguistic_frames(item)
        >>> frames.shape[0], frames.shape[1] == 1 + item["audio"].shape[1] // 160
        (25, True)
    """
    rate, f0_hz = labels["sample_rate"], torch.as_tensor(labels["f0_hz"])
    hop = round(HOP_S * rate)
    if hop != HOP_S * rate:
        raise DataError(f"sample rate {rate}: frames of 10 ms need a multiple of 100 Hz")
    unknown = set(labels["phones"]) - PHONES.keys()
    if unknown:
        raise DataError(f"no phone {sorted(unknown)[0]!r}; choose some of: {', '.join(PHONES)}")
    n_frames = 1 + len(f0_hz) // hop
    at = torch.arange(n_frames) * hop
    # A phone lasts until its edge; after the last one comes silence.
    edges_s = np.cumsum(labels["durations_s"])
    phones = [*(list(PHONES).index(name) for name in labels["phones"]), list(PHONES).index("sil")]
    which = np.searchsorted(edges_s, at.numpy() / rate, side="right")
    frames = torch.zeros(N_CHANNELS, n_frames)
    frames[torch.tensor(phones)[which], torch.arange(n_frames)] = 1
    place = at.clamp(max=len(f0_hz) - 1)
    voiced = torch.as_tensor(labels["voiced"])[place]
    frames[-2] = voiced * torch.log2(f0_hz[place] / MIDDLE_HZ)
    frames[-1] = voiced
    return frames
