"""A recording in the voice of another speaker: of any length, in constant memory.

The recording is read twice, a few seconds at a time: once for the mean of its voiced frames, which the
encoder's input is relative to, and once to convert it, block by block, with a context on either side.

Implements: `convert`, by frames and a vocoder, and `Frames`; `sample`, by a WaveNet; `sing`, of a batch.
See:        `tinyaudio.models.mel_vqvae`, `tinyaudio.models.mel_singing`, `tinyaudio.models.vae_wgan` and
            `tinyaudio.samplers.vocode`; `tinyaudio.models.vqvae` and `tinyaudio.models.singing`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.models.mel_singing import MelSinging
from tinyaudio.models.mel_vqvae import MelVQVAE
from tinyaudio.models.singing import SingingConversion
from tinyaudio.models.vae_wgan import MelVAE
from tinyaudio.models.vqvae import VQVAE
from tinyaudio.represent import mulaw
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, N_MELS
from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums
from tinyaudio.samplers import vocode
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.encoded import encode_file
from tinyaudio.samplers.native import native, stream

CONTEXT = 32  # frames on either side of a block, more than the networks look at


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
        sums = torch.zeros(())

        def add(part: Float[Tensor, "1 _"]) -> None:
            nonlocal sums
            sums = sums + voice_sums(self.represent(part[None])[0])

        self.sample_rate = sample_rate
        self.file = AudioFile(path, sample_rate, add)
        self.file.check_sound("voice to convert")
        self.n_samples, self.mean = self.file.n_samples, mean_voice(sums)

    def represent(self, audio: Float[Tensor, "1 1 T"]) -> Float[Tensor, "1 F n"]:
        """Mel bands, pitch and voicing."""
        return mel_and_pitch(audio, self.sample_rate, N_FFT, HOP_LENGTH)

    def __call__(self, first: int, last: int) -> Float[Tensor, "1 F n"]:
        """Frames from first to last (without); beyond the end of the file there is silence."""
        return self.file.frames(self.represent, first, last)


def convert(
    net: MelVQVAE | MelSinging | MelVAE, vocoder: ISTFTVocoder, source: Path, speaker: int
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
    file = AudioFile(source, sample_rate)
    file.check_sound("voice to convert")
    target = torch.tensor([speaker], device=next(net.parameters()).device)
    with torch.no_grad():
        if isinstance(net, SingingConversion):
            condition = net.condition(encode_file(net.encoder, file), net.singers(target))
        else:
            codes = net.quantizer(encode_file(net, file))
            condition = net.condition(codes.latents, target)
    return stream(Conditioned(net.decoder, condition), file.n_samples, [0], temperature)


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
