"""A recording translated to a musical domain, of any length.

Implements: `translate`, by frames and a vocoder, block by block, in constant memory; `sample`, by a WaveNet.
See:        `tinyaudio.models.mel_translation` and `tinyaudio.samplers.vocode`;
            `tinyaudio.models.translation`.
"""

from collections.abc import Iterator
from pathlib import Path

from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.models.condition import Condition
from tinyaudio.models.istft_vocoder import ISTFTVocoder
from tinyaudio.models.mel_translation import MelTranslation
from tinyaudio.models.translation import Translation
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel
from tinyaudio.samplers import vocode
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.encoded import encode_file
from tinyaudio.samplers.native import stream

WANTED = "music to translate"


def translate(
    net: MelTranslation, vocoder: ISTFTVocoder, source: Path, domain: int
) -> Iterator[Float[Tensor, "1 1 _"]]:
    """A file in a domain, piece by piece.

    Args:
        net: In evaluation mode.
        vocoder: Of notes, at the network's sample rate.
        source: An audio file, of any format and sample rate.
        domain: In [0, n_domains - 1].

    Returns:
        Pieces on the CPU, together as long as the file; nothing is random.

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent.
    """
    rate = vocoder.config.sample_rate
    file = AudioFile(source, rate)
    file.check_sound(WANTED)
    device, stride = next(net.parameters()).device, net.config.stride
    context = net.config.context_frames

    def translated(first: int, last: int) -> Float[Tensor, "1 80 n"]:
        # A latent always stands for the same frames, wherever the block begins.
        begin = max(0, first - context) // stride * stride
        frames = file.frames(lambda audio: log_mel(audio, rate), begin, last + context)
        made = net.translate(frames.to(device), domain).cpu()
        return made[:, :, first - begin : last - begin].clamp(vocode.LOWEST, vocode.HIGHEST)

    n_hops = max(1, -(-file.n_samples // HOP_LENGTH))
    return vocode.blocks(vocoder, translated, n_hops, file.n_samples)


def sample(
    net: Translation, source: Path, domain: int, sample_rate: int, temperature: float | int = 1.0
) -> Iterator[Int[Tensor, "1 _"]]:
    """A file in a domain, as mu-law codes drawn from its decoder one after the other.

    Args:
        net: In evaluation mode.
        source: An audio file.
        domain: In [0, n_domains - 1].
        sample_rate: In Hz, of the network.
        temperature: Of the draws, whose seed is 0.

    Returns:
        Pieces, together as long as the file.  Of the file, only the latents are kept.

    Raises:
        AudioError: The file cannot be read.
        UserError: It is silent.
    """
    file = AudioFile(source, sample_rate)
    file.check_sound(WANTED)
    latents = encode_file(net.encoder, file)
    conditioned = Conditioned(net.decoder(domain), Condition(frames=latents))
    return stream(conditioned, file.n_samples, [0], temperature)
