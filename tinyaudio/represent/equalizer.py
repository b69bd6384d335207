r"""As loud in every mel band as a spectrogram says: a mixing desk's equalizer, set anew for every frame.

    X_{kn} \leftarrow X_{kn} \exp \sum_m w_{mk} \ln \frac{mel_{mn}}{(A |X|)_{mn}}

with w the share that band m has in bin k.  Bands overlap and so do frames; a few rounds come close.
The phases stay, and so does what is finer than a band: the sound keeps its pitch.

Implements: `equalized`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent.logmel import FLOOR, HOP_LENGTH, N_FFT, filterbank, from_log_mel
from tinyaudio.represent.spectrum import istft, stft


def equalized(
    audio: Float[Tensor, "B T"],
    frames: Float[Tensor, "B 80 N"],
    sample_rate: int,
    n_rounds: int = 3,
) -> Float[Tensor, "B T"]:
    """Give a sound the levels of a mel spectrogram.

    Args:
        audio: In [-1, 1].
        frames: From `tinyaudio.represent.logmel.log_mel` of a sound of the same length.
        sample_rate: In Hz.
        n_rounds: Each comes nearer to the levels.

    Returns:
        The sound; what was silent stays silent.

    Example:
        >>> import torch
        >>> from tinyaudio.represent.logmel import log_mel
        >>> sine = torch.sin(torch.arange(4_000) / 5)[None]
        >>> frames = log_mel(0.1 * sine[:, None], 16_000)
        >>> equalized(sine, frames, 16_000).abs().max().round(decimals=1)
        tensor(0.1000)
    """
    T = audio.shape[1]
    mels, bands = from_log_mel(frames), filterbank(sample_rate).to(audio)
    shares = (bands / bands.sum(dim=0).clamp(min=1e-9)).T.clone()  # (bins, bands)
    shares[[0, -1]] = shares[[1, -2]]  # no triangle reaches the two ends
    whole = F.pad(audio, (0, -T % HOP_LENGTH))
    for _ in range(n_rounds):
        spectrum = stft(whole, N_FFT, HOP_LENGTH)
        gains = (mels / (bands @ spectrum.abs()).clamp(min=FLOOR)).log()
        whole = istft(spectrum * (shares @ gains).exp(), HOP_LENGTH)
    return whole[:, :T]
