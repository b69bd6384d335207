"""Mel frames of any length to a waveform, block by block, in constant memory.

The frames are cut into blocks of some four seconds, always at the same places.  A block is computed with
`MARGIN` frames on either side, continues the phase of the one before it, and is cross-faded into it.  So
the sound is a function of the frames alone: `vocode` is `stream` in one piece, and a block is known as
soon as the frames of the next `MARGIN` are.

Paper:      Griffin & Lim 1984 for the rounds that follow the network.
Implements: `stream`, `vocode`, `check_frames`.
Differs:    from one computation over all frames, which the rounds of Griffin-Lim and the path of the pitch
            would need: they reach as far as a block and its margins.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.represent.logmel import HOP_LENGTH, N_MELS
from tinyaudio.represent.prosody import N_CHANNELS, REFERENCE_HZ
from tinyaudio.represent.refine import refine
from tinyaudio.represent.source_filter import harmonic_signal, mel_pitch, phase_from_pitch
from tinyaudio.represent.spectrum import istft, stft

BLOCK, MARGIN = 256, 16  # frames
FADE = 512  # samples
N_MATCH, N_ROUNDS, MOMENTUM = 10, 16, 0.99  # after the network
LOWEST, HIGHEST = -1.0, 3.0  # of `log_mel`: its floor, and 80 dB


def check_frames(frames: Tensor) -> None:
    """Refuse what is no mel spectrogram of `tinyaudio.represent.logmel.log_mel`, with or without its pitch.

    Args:
        frames: (1, 80, N), or (1, 82, N) of `tinyaudio.represent.prosody.mel_and_pitch`.

    Raises:
        AudioError: It has another shape, is not finite, or has another scale.

    Example:
        >>> check_frames(torch.full((1, 80, 9), -11.5))
        Traceback (most recent call last):
        tinyaudio.errors.AudioError: mel frames from -11.5 to -11.5: those of log_mel are from -1 ...
    """
    channels = (N_MELS, N_MELS + N_CHANNELS)
    if (
        frames.ndim != 3
        or len(frames) != 1
        or frames.shape[1] not in channels
        or frames.shape[2] < 2
    ):
        raise AudioError(
            f"mel frames of shape {tuple(frames.shape)}: must be (1, {N_MELS}, N), N from 2 on, as"
            " tinyaudio.represent.logmel.log_mel makes them, or with the two channels of mel_and_pitch"
        )
    if not frames.isfinite().all():
        raise AudioError("mel frames that are not finite; look for NaN in what they were made of")
    low, high = frames[:, :N_MELS].aminmax()
    if low < LOWEST - 1e-3 or high > HIGHEST:
        raise AudioError(
            f"mel frames from {low:.3g} to {high:.3g}: those of log_mel are from {LOWEST:g} to about 1.5;"
            " another front end's have another scale, and cannot be converted without its filters"
        )


def vocode(
    net: ISTFTVocoder,
    frames: Float[Tensor, "1 C N"],
    n_samples: int | None = None,
    *,
    n_rounds: int = N_ROUNDS,
) -> Float[Tensor, "1 1 T"]:
    """The waveform of mel frames, as `stream` yields it."""
    return torch.cat([*stream(net, frames, n_samples, n_rounds=n_rounds)], dim=2)


def stream(
    net: ISTFTVocoder,
    frames: Float[Tensor, "1 C N"],
    n_samples: int | None = None,
    *,
    n_rounds: int = N_ROUNDS,
) -> Iterator[Float[Tensor, "1 1 _"]]:
    """The waveform of mel frames, block by block; nothing about it is random.

    Args:
        net: In evaluation mode, on any device.
        frames: From `tinyaudio.represent.logmel.log_mel`, at the network's sample rate; of ``mel_and_pitch``,
            the pitch is taken from the frames, and otherwise found from the mel bands.
        n_samples: To end after, at most 256 (N - 1); all by default.
        n_rounds: Rounds of Griffin-Lim after the network; 0 for none.

    Returns:
        Pieces on the CPU.

    Raises:
        AudioError: The frames are not those of `log_mel`; see `check_frames`.

    Example:
        >>> from tinyaudio.models.istft_vocoder import ISTFTVocoderConfig
        >>> net = ISTFTVocoder(ISTFTVocoderConfig(channels=8, n_blocks=1))
        >>> [piece.shape[2] for piece in stream(net, torch.zeros(1, 80, 300), n_rounds=0)]
        [65280, 11264]
    """
    if n_samples is not None and n_samples < 1:
        raise AudioError(f"{n_samples} samples: ask for one or more")
    if n_rounds < 0:
        raise AudioError(f"rounds {n_rounds}: must be 0 or more")
    check_frames(frames)
    whole = frames.cpu()
    return blocks(
        net, lambda i, j: whole[:, :, i:j], whole.shape[2] - 1, n_samples, n_rounds=n_rounds
    )


def blocks(
    net: ISTFTVocoder,
    frames: Callable[[int, int], Float[Tensor, "1 C n"]],
    n_hops: int,
    n_samples: int | None = None,
    *,
    n_rounds: int = N_ROUNDS,
) -> Iterator[Float[Tensor, "1 1 _"]]:
    """The waveform of frames that are made when they are needed, so that memory does not grow with them.

    Args:
        net: As for `stream`.
        frames: From i to j (without) of all n_hops + 1, on the CPU; asked for some four seconds at a time,
            from the first to the last, with an overlap.
        n_hops: One less than there are frames.
        n_samples: As for `stream`.
        n_rounds: As for `stream`.
    """
    left = n_hops * HOP_LENGTH if n_samples is None else n_samples
    cycles, tail = 0.0, None  # phase at the beginning of a block; the end of the one before it
    rising = torch.linspace(0, 1, FADE)
    for first in range(0, n_hops, BLOCK):
        last = min(first + BLOCK, n_hops)
        begin, end = max(0, first - MARGIN), min(n_hops, last + MARGIN)
        inside, pitch_hz = split(frames(begin, end + 1), net.config.sample_rate)
        harmonics = None
        if net.config.harmonic:
            # The phase goes on where it stood at the beginning of this block.
            phase = phase_from_pitch(pitch_hz(), net.config.sample_rate)
            phase = phase + cycles - phase[(first - begin) * HOP_LENGTH]
            cycles = float(phase[(last - begin) * HOP_LENGTH]) % 1
            harmonics = harmonic_signal(inside[0], phase, net.config.sample_rate)[None, None]
            harmonics = harmonics[:, :, : (end - begin) * HOP_LENGTH]
        audio = block(net, inside, harmonics, white_noise(begin, end), n_rounds)
        # A block begins and ends half a cross-fade before its frames do.
        start = (first - begin) * HOP_LENGTH - (FADE // 2 if first else 0)
        stop = (last - begin) * HOP_LENGTH - (FADE // 2 if last < n_hops else 0)
        piece = audio[:, :, start:stop]
        if tail is not None:
            n = min(FADE, piece.shape[2])
            piece[:, :, :n] = torch.lerp(tail[:, :, :n], piece[:, :, :n], rising[:n])
        tail = audio[:, :, stop : stop + FADE]
        yield piece[:, :, :left]
        left -= piece.shape[2]
        if left <= 0:
            return


def split(
    frames: Float[Tensor, "1 C n"], sample_rate: int
) -> tuple[Float[Tensor, "1 M n"], Callable[[], Float[Tensor, " n"]]]:
    """Mel frames, and what gives their pitch: the channel beside them, or, without one, they themselves."""
    mels = frames[:, :N_MELS]
    if frames.shape[1] == N_MELS:
        return mels, lambda: mel_pitch(mels[0], sample_rate)
    return mels, lambda: REFERENCE_HZ * 2 ** frames[0, N_MELS]


@torch.no_grad()
def block(
    net: ISTFTVocoder,
    frames: Float[Tensor, "1 M N"],
    harmonics: Float[Tensor, "1 1 T"] | None,
    noise: Float[Tensor, "1 1 T"],
    n_rounds: int,
) -> Float[Tensor, "1 1 T"]:
    """The network's waveform, refined."""
    device = next(net.parameters()).device
    frames, noise = frames.to(device), noise.to(device)
    audio = net(frames, harmonics if harmonics is None else harmonics.to(device), noise)
    if n_rounds:
        refined = refine(
            stft(audio[:, 0]),
            frames,
            net.config.sample_rate,
            n_match=N_MATCH if net.config.n_match else 0,
            n_rounds=n_rounds,
            momentum=MOMENTUM,
        )
        audio = istft(refined)[:, None]
    return audio.cpu()


def white_noise(begin: int, end: int) -> Float[Tensor, "1 1 T"]:
    """Noise from one frame to another: always the same numbers at the same place."""
    parts = []
    for k in range(begin // BLOCK, (end - 1) // BLOCK + 1):
        numbers = torch.randn(BLOCK * HOP_LENGTH, generator=torch.Generator().manual_seed(k))
        parts.append(numbers)
    first = begin % BLOCK * HOP_LENGTH
    return torch.cat(parts)[None, None, first : first + (end - begin) * HOP_LENGTH]
