r"""A past as a network might have made it: too loud or too faint, with noise that has gone round in it.

While a network learns, every past is the true one; when it speaks, the past is what was drawn, and errors
add up.  What adds up was heard: the level wanders off, and noise comes back through the layers, a dilation
and a sample later, or several dilations.  If that is a few periods of the note, a comb of false harmonics
grows.  A network that has met such pasts, and was still asked for the true next sample, knows what to do.

Paper:      Bengio et al., "Scheduled sampling for sequence prediction with recurrent neural networks",
            2015, who show a network its own draws; Jin et al., "FFTNet", 2018, who add noise.
Implements: `disturbed`.
Differs:    nothing is drawn from the network: shown its own draws, it learns to forget the past (Huszar
            2015).  Tried for 340 steps on two clips in five, it made `wavenet-notes` hiss.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.represent import mulaw

LOUDER = 0.25  # how far upwards a level wanders, of what it may downwards
PERIODS = range(2, 7)  # after which noise comes back that will be heard as another pitch


def disturbed(
    audio: Float[Tensor, "B T"],
    n_levels: int,
    *,
    noise: float | int,
    echo: float | int,
    lags: Sequence[int],
    periods: Float[Tensor, " B"] | None = None,
    gain_db: float | int,
    undisturbed: float | int,
) -> Int[Tensor, "B T"]:
    """The codes of recordings, each disturbed by as much as is drawn for it.

    Args:
        audio: In [-1, 1].
        n_levels: Number of mu-law levels.
        noise: Largest root mean square of the noise, in codes.
        echo: Largest share of the noise that comes back, in [0, 1].
        lags: After how many samples it may come back; one of them is drawn for each clip.
        periods: Samples that a cycle of each clip takes. If they are known, half of the noise comes back
            after two to six of them, and so is a note itself, but of another pitch.
        gain_db: Most that a level may fall below the true one, in decibels; half of the disturbed clips
            are left as loud as they are.
        undisturbed: Share of clips that are left as they are, in [0, 1).

    Example:
        >>> audio = torch.zeros(1, 4)
        >>> disturbed(audio, 256, noise=0, echo=0, lags=[1], gain_db=40, undisturbed=0)
        tensor([[128, 128, 128, 128]])
    """
    B, T = audio.shape

    def drawn(*shape: int) -> Tensor:
        return torch.rand(shape, device=audio.device)

    # Of a number between 0 and 1, so much lies below 0 when it is stretched downwards.
    share = (1 - drawn(B, 1) / (1 - undisturbed)).clamp(min=0)
    past = audio
    if gain_db:
        begins, ends = (gain_db * ((1 + LOUDER) * drawn(2, B, 1) - 1)).unbind()
        level = torch.lerp(begins, ends, torch.arange(T, device=audio.device) / T)
        wanders = (share > 0) & (drawn(B, 1) < 0.5)
        past = torch.where(wanders, audio * 10 ** (level / 20), audio)
    codes = mulaw.encode(past, n_levels)
    if not noise:
        return codes

    def one_of(choices: Sequence[int]) -> Tensor:
        which = torch.randint(len(choices), (B, 1), device=audio.device)
        return torch.tensor(choices, device=audio.device)[which]

    lag = one_of(lags)
    if periods is not None:
        several = (one_of(PERIODS) * periods[:, None]).round().long().clamp(1, T)
        lag = torch.where(drawn(B, 1) < 0.5, several, lag)
    back = echo * (1 - drawn(B, 1).square())  # mostly large: what grows is what comes back whole
    loud = noise * share * gone_round(torch.randn(B, T, device=audio.device), lag, back)
    there = (codes + loud).round().long().clamp(0, n_levels - 1)
    return torch.where(share > 0, there, codes)


def gone_round(
    noise: Float[Tensor, "B T"], lag: Int[Tensor, "B 1"], share: Float[Tensor, "B 1"]
) -> Float[Tensor, "B T"]:
    r"""Noise of which a share comes back after a lag, again and again, as loud as it was.

    y_t = \sqrt{1 - g^2}\, x_t + g\, y_{t - L}

    Example:
        >>> click = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0]])
        >>> gone_round(click, torch.tensor([[2]]), torch.tensor([[0.6]])).round(decimals=3)
        tensor([[0.8000, 0.0000, 0.4800, 0.0000, 0.2880]])
    """
    T = noise.shape[1]
    t = torch.arange(T, device=noise.device)
    echoes = torch.where(t % lag == 0, share ** (t // lag), 0) * (1 - share**2).sqrt()
    return torch.fft.irfft(torch.fft.rfft(noise, 2 * T) * torch.fft.rfft(echoes, 2 * T))[:, :T]
