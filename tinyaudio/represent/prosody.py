r"""Pitch and voicing as frames beside the mel spectrogram, whose bands are too coarse to say a low pitch.

    c_n = (\log_2 (f_n / 150 Hz),  r_n)

f is the pitch, defined also where nothing is voiced; r, from 0 to 1, is how periodic the sound is at that
pitch: near 1 in a vowel, low in noise.  Both are continuous, so no decision between voiced and unvoiced is
taken here.

Paper:      van den Oord et al., "WaveNet: A generative model for raw audio", 2016, section 3.2, where
            log F0 stands beside the linguistic features; Yu & Young, "Continuous F0 modeling for HMM based
            statistical parametric speech synthesis", 2011, for a pitch that is defined everywhere; Atal,
            "Effectiveness of linear prediction characteristics of the speech wave for automatic speaker
            identification and verification", 1974, for taking away the mean spectrum.
Implements: `pitch_frames`, `mel_and_pitch`; `voice_sums`, `mean_voice` and `relative_frames`, for what does not
            depend on the speaker.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.represent.logmel import HOP_LENGTH, log_mel
from tinyaudio.represent.source_filter import normalized_autocorrelation, voice_pitch

N_CHANNELS = 2
VOICED = 0.8  # periodicity from which a frame counts as voiced
SEMITONES = 12  # an octave
REFERENCE_HZ = 150.0  # between men's and women's voices


def pitch_frames(
    audio: Float[Tensor, "B 1 T"], sample_rate: int, hop_length: int
) -> Float[Tensor, "B 2 N"]:
    """log2 of the pitch over 150 Hz, and periodicity, of one voice in each clip.

    Args:
        audio: In [-1, 1].
        sample_rate: In Hz, at most 48,000.
        hop_length: From frame to frame, in samples.

    Returns:
        1 + ceil(T / hop_length) frames, as `log_mel` has; linear between every 256 samples.

    Raises:
        UserError: The sample rate is too high for the pitch of voices.

    Example:
        >>> t = torch.arange(8_000) / 16_000
        >>> buzz = sum(torch.sin(2 * torch.pi * 300 * k * t) for k in range(1, 10)) / 10
        >>> pitch_frames(buzz[None, None], 16_000, 64)[0, :, 60].round(decimals=1)
        tensor([1., 1.])
    """
    n_frames = 1 + -(-audio.shape[2] // hop_length)
    coarse = torch.stack([_pitch_and_periodicity(clip[0].cpu(), sample_rate) for clip in audio])
    places = torch.arange(n_frames) * hop_length / HOP_LENGTH
    below = places.long().clamp(max=coarse.shape[2] - 1)
    above = (below + 1).clamp(max=coarse.shape[2] - 1)
    return coarse[:, :, below].lerp(coarse[:, :, above], places - below).to(audio)


def _pitch_and_periodicity(clip: Float[Tensor, " T"], sample_rate: int) -> Float[Tensor, "2 n"]:
    octaves, r = normalized_autocorrelation(clip, sample_rate)
    pitch = voice_pitch(clip, sample_rate).log2()
    nearest = torch.searchsorted(octaves, pitch).clamp(max=len(octaves) - 1)
    periodicity = r.gather(1, nearest[:, None])[:, 0].clamp(0, 1)
    return torch.stack([pitch - torch.tensor(REFERENCE_HZ).log2(), periodicity])


def mel_and_pitch(
    audio: Float[Tensor, "B 1 T"], sample_rate: int, n_fft: int, hop_length: int
) -> Float[Tensor, "B C N"]:
    """The channels of `log_mel`, then those of `pitch_frames`.

    Example:
        >>> mel_and_pitch(torch.zeros(1, 1, 4_000), 8_000, 512, 64).shape
        torch.Size([1, 82, 64])
    """
    mels = log_mel(audio, sample_rate, n_fft, hop_length)
    return torch.cat([mels, pitch_frames(audio, sample_rate, hop_length)], dim=1)


def voice_sums(frames: Float[Tensor, "C N"]) -> Float[Tensor, " C"]:
    """The sum of the voiced frames of `mel_and_pitch`, and how many they are in place of the last channel.

    Sums of parts of a recording add up to those of the whole.
    """
    voiced = (frames[-1] > VOICED).to(frames.dtype)
    return torch.cat([frames[:-1] @ voiced, voiced.sum()[None]])


def mean_voice(sums: Float[Tensor, " C"]) -> Float[Tensor, " C"]:
    """The mean voiced frame, from `voice_sums`; zeros where nothing is voiced.

    Mean spectrum and mean pitch say who speaks rather than what is said.
    """
    means = sums / sums[-1].clamp(min=1)
    return torch.cat([means[:-1], torch.zeros_like(means[-1:])])


def relative_frames(
    frames: Float[Tensor, "*batch C N"], mean: Float[Tensor, "*batch C"]
) -> Float[Tensor, "*batch C N"]:
    """Frames of `mel_and_pitch` relative to the mean voiced frame; the pitch in semitones.

    A recording that is louder, or of a voice that is higher or has another mean spectrum, is the same.

    Example:
        >>> frames = torch.rand(82, 50)
        >>> louder = frames + torch.cat([torch.ones(80, 1) / 4, torch.zeros(2, 1)])
        >>> one, other = (relative_frames(f, mean_voice(voice_sums(f))) for f in (frames, louder))
        >>> torch.allclose(one, other, atol=1e-5)
        True
    """
    relative = frames - mean[..., None]
    scale = torch.ones(frames.shape[-2], 1, dtype=frames.dtype, device=frames.device)
    scale[-2] = SEMITONES
    return relative * scale
