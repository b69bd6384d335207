"""A recording in the voice of another speaker: of any length, in constant memory.

The recording is read twice, a few seconds at a time: once for the mean of its voiced frames, which the
encoder's input is relative to, and once to convert it, block by block, with a context on either side.

Implements: `convert`, by frames and a vocoder, and `Frames`; `sample`, by a WaveNet; `sing`, of a batch.
See:        `tinyaudio.models.mel_vqvae`, `tinyaudio.models.mel_singing` and `tinyaudio.samplers.vocode`;
            `tinyaudio.models.vqvae` and `tinyaudio.models.singing`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio import load
from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.models.mel_singing import MelSinging
from tinyaudio.models.mel_vqvae import MelVQVAE
from tinyaudio.models.singing import SingingConversion
from tinyaudio.models.vqvae import VQVAE
from tinyaudio.represent import mulaw
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS
from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums
from tinyaudio.samplers import vocode
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import native, stream

BLOCK = 512  # frames that are read at a time, at first
CONTEXT = 32  # frames on either side of a block, more than the networks look at
SILENT_PEAK = 1e-3  # -60 dB: no voice


class Frames:
    """The frames of a file, made when they are asked for.

    Args:
        path: An audio file.
        sample_rate: In Hz, of the frames.

    Attributes:
        n_samples: Length of the file at that rate.
        mean: The mean of its voiced frames, (82,).

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.path, self.sample_rate = path, sample_rate
        self.n_samples, peak, sums = 0, 0.0, torch.zeros(())
        block = BLOCK * HOP_LENGTH
        while True:
            audio = self.read(self.n_samples, self.n_samples + block)
            if not audio.shape[1]:
                break
            peak = max(peak, float(audio.abs().max()))
            sums = sums + voice_sums(mel_and_pitch(audio[None], sample_rate, N_FFT, HOP_LENGTH)[0])
            self.n_samples += audio.shape[1]
            if audio.shape[1] < block:
                break
        if peak < SILENT_PEAK:
            raise UserError(f"{path}: is silent; there is no voice to convert")
        self.mean = mean_voice(sums)

    def read(self, begin: int, end: int) -> Float[Tensor, "1 T"]:
        """Samples from begin on, to end if there are so many."""
        seconds = (end - begin) / self.sample_rate
        try:
            audio, _ = load(
                self.path,
                self.sample_rate,
                mono=True,
                start_s=begin / self.sample_rate,
                seconds=seconds,
            )
        except AudioError:
            if not begin:
                raise
            return torch.zeros(1, 0)  # the file ends before
        return audio[:, : end - begin]

    def __call__(self, first: int, last: int) -> Float[Tensor, "1 F n"]:
        """Frames from first to last (without); beyond the end of the file there is silence."""
        margin = (
            N_FFT // HOP_LENGTH
        )  # frames: a window reaches over two, and a pitch over a little more
        begin = max(0, first - margin) * HOP_LENGTH
        end = (last + margin) * HOP_LENGTH
        audio = self.read(begin, min(end, self.n_samples))
        audio = F.pad(audio, (0, end - begin - audio.shape[1]))
        frames = mel_and_pitch(audio[None], self.sample_rate, N_FFT, HOP_LENGTH)
        return frames[:, :, first - begin // HOP_LENGTH :][:, :, : last - first]


def convert(
    net: MelVQVAE | MelSinging, vocoder: ISTFTVocoder, source: Path, speaker: int
) -> Iterator[Float[Tensor, "1 1 _"]]:
    """A file in the voice of a speaker, piece by piece.

    Args:
        net: In evaluation mode.
        vocoder: Of speech, at the network's sample rate.
        source: An audio file with one voice, of any format and sample rate.
        speaker: In [0, n_speakers - 1].

    Returns:
        Pieces on the CPU, together as long as the file; nothing is random.

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent.
    """
    frames = Frames(source, vocoder.config.sample_rate)
    n_hops = max(1, -(-frames.n_samples // HOP_LENGTH))
    target = torch.tensor([speaker])
    device, stride = next(net.parameters()).device, net.config.stride

    def converted(first: int, last: int) -> Float[Tensor, "1 F n"]:
        # A code always stands for the same frames, wherever the block begins.
        begin = max(0, first - CONTEXT) // stride * stride
        inside = frames(begin, last + CONTEXT).to(device)
        made = net.convert(inside, frames.mean[None].to(device), target.to(device)).cpu()
        made = made[:, :, first - begin : last - begin]
        mels = made[:, :N_MELS].clamp(vocode.LOWEST, vocode.HIGHEST)
        return torch.cat([mels, made[:, N_MELS:]], dim=1)

    return vocode.blocks(vocoder, converted, n_hops, frames.n_samples)


def sample(
    net: VQVAE | SingingConversion,
    source: Path,
    speaker: int,
    sample_rate: int,
    temperature: float | int = 1.0,
) -> Iterator[Int[Tensor, "1 _"]]:
    """A file in the voice of a speaker, as mu-law codes drawn from the decoder one after the other.

    Args:
        net: In evaluation mode.
        source: An audio file with one voice.
        speaker: In [0, n_speakers - 1].
        sample_rate: In Hz, of the network.
        temperature: Of the draws, whose seed is 0.

    Returns:
        Pieces, together as long as the file.

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent.
    """
    device = next(net.parameters()).device
    audio = load(source, sample_rate, mono=True)[0][None].to(device)
    if audio.abs().max() < SILENT_PEAK:
        raise UserError(f"{source}: is silent; there is no voice to convert")
    padded = F.pad(audio, (0, -audio.shape[2] % net.config.hop_length))
    target = torch.tensor([speaker], device=device)
    with torch.no_grad():
        if isinstance(net, SingingConversion):
            condition = net.condition(net.latents(padded), net.singers(target))
        else:
            condition = net.condition(net.encode(padded).latents, target)
    return stream(Conditioned(net.decoder, condition), audio.shape[2], [0], temperature)


@torch.no_grad()
def sing(
    net: SingingConversion,
    audio: Float[Tensor, "B 1 T"],
    voice: Float[Tensor, "B V"],
    seeds: Sequence[int],
) -> Float[Tensor, "B 1 T"]:
    """Singing in other voices, drawn from the decoder sample by sample.

    Args:
        net: Its weights are used as they are now.
        audio: In [-1, 1]; T is a multiple of the hop.
        voice: For each clip, a singer's vector or a mixture.
        seeds: For each clip, of its draws.

    Returns:
        The same melodies, without a gradient.
    """
    condition = net.condition(net.latents(audio), voice)
    codes = native(Conditioned(net.decoder, condition), audio.shape[2], seeds)
    return mulaw.decode(codes, net.decoder.config.n_levels)[:, None]
