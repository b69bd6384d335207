"""Latents of audio files of any length, made block by block in constant memory, and points between two.

Implements: `encode_file`, `interpolate`; `encode_and_mix`, both for files that a user named.
See:        `tinyaudio.models.dilated_encoder` and `tinyaudio.models.vqvae`; `tinyaudio.samplers.translation`,
            `tinyaudio.samplers.voice_conversion` and `tinyaudio.recipes.wavenet_autoencoder`, which use it.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.dilated_encoder import DilatedEncoder
from tinyaudio.models.vqvae import VQVAE
from tinyaudio.samplers.audio_file import AudioFile

BLOCK = 256  # latents that are made at a time


@torch.no_grad()
def encode_file(encoder: DilatedEncoder | VQVAE, file: AudioFile) -> Float[Tensor, "1 D N"]:
    """The latents of a whole file, the last of them filled up with silence.

    Args:
        encoder: In evaluation mode, on any device. A VQ-VAE gives its latents before quantization.
        file: Read at the sample rate that the encoder was trained at.

    Returns:
        On the encoder's device; equal to encoding the whole file at once, since every block is encoded
        together with all that its latents depend on.
    """
    encode = encoder.latents if isinstance(encoder, VQVAE) else encoder
    hop, device = encoder.config.hop_length, next(encoder.parameters()).device
    n_latents, context = -(-file.n_samples // hop), -(-encoder.config.reach // hop)
    parts = []
    for first in range(0, n_latents, BLOCK):
        last = min(first + BLOCK, n_latents)
        begin, end = max(0, first - context), min(n_latents, last + context)
        audio = file.read(begin * hop, end * hop)
        audio = F.pad(audio, (0, (end - begin) * hop - audio.shape[1]))
        latents = encode(audio[None].to(device))
        parts.append(latents[:, :, first - begin : last - begin])
    return torch.cat(parts, dim=2)


def interpolate(
    one: Float[Tensor, "1 D N"], other: Float[Tensor, "1 D M"], mix: float | int
) -> Float[Tensor, "1 D _"]:
    """Latents on the line between those of two sounds, as long as the shorter one.

    Args:
        one: Of the sound at 0.
        other: Of the sound at 1.
        mix: In [0, 1].

    Example:
        >>> interpolate(torch.zeros(1, 1, 2), torch.ones(1, 1, 3), 0.25)
        tensor([[[0.2500, 0.2500]]])
    """
    n = min(one.shape[2], other.shape[2])
    return torch.lerp(one[:, :, :n], other[:, :, :n], mix)


def encode_and_mix(
    encoder: DilatedEncoder, paths: Sequence[Path], mix: float | int | None, sample_rate: int
) -> tuple[Float[Tensor, "1 D N"], int]:
    """The latents of one file, or of what lies between two.

    Args:
        encoder: As for `encode_file`.
        paths: One or two audio files, of any format and sample rate.
        mix: Of two files, the share of the second one; None is a half.
        sample_rate: In Hz, that the encoder was trained at.

    Returns:
        The latents, and the samples that they stand for: as many as the shorter file has.

    Raises:
        AudioError: A file cannot be read.
        UserError: There are more than two files, or a share of one; or it is not from 0 to 1.
    """
    if len(paths) > 2:
        raise UserError(f"--of: {len(paths)} files; give one to rebuild, or two to mix")
    if mix is not None and len(paths) < 2:
        raise UserError(f"--mix {mix:g}: needs two recordings, --of ONE OTHER")
    if mix is not None and not 0 <= mix <= 1:
        raise UserError(f"--mix {mix:g}: must be from 0 to 1")
    files = [AudioFile(path, sample_rate) for path in paths]
    one, *other = (encode_file(encoder, file) for file in files)
    latents = interpolate(one, other[0], 0.5 if mix is None else mix) if other else one
    return latents, min(file.n_samples for file in files)
