"""Latents of files: the same block by block as at once, at any rate and length, and what lies between two."""

import pytest
import torch

from tinyaudio.audio import load, save
from tinyaudio.errors import UserError
from tinyaudio.models.dilated_encoder import DilatedEncoder, DilatedEncoderConfig
from tinyaudio.models.vqvae import VQVAE, VQVAEConfig
from tinyaudio.samplers import encoded
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.encoded import encode_and_mix, encode_file

RATE = 8_000


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return DilatedEncoder(DilatedEncoderConfig(8, 4, (1, 2, 4, 8, 16), hop_length=16)).eval()


@pytest.fixture
def sounds(tmp_path):
    """Two recordings of unequal lengths, which fill no hops."""
    for name, n in (("long", 4_000), ("short", 1_234)):
        save(tmp_path / f"{name}.wav", 0.6 * torch.rand(1, n) - 0.3, RATE)
    return tmp_path


@torch.no_grad()
def test_blocks_of_a_vqvae_give_what_the_whole_file_gives(sounds, monkeypatch):
    monkeypatch.setattr(encoded, "BLOCK", 3)
    net = VQVAE(VQVAEConfig.tiny()).eval()
    audio, _ = load(sounds / "short.wav")
    padded = torch.nn.functional.pad(audio, (0, -1_234 % net.config.hop_length))[None]
    found = encode_file(net, AudioFile(sounds / "short.wav", RATE))
    torch.testing.assert_close(found, net.latents(padded))
    assert found.shape == (1, 64, 20)


@torch.no_grad()
def test_blocks_give_what_the_whole_file_gives(encoder, sounds, monkeypatch):
    monkeypatch.setattr(encoded, "BLOCK", 10)  # 160 samples; the encoder reaches 32 to either side
    audio, _ = load(sounds / "short.wav")
    padded = torch.nn.functional.pad(audio, (0, -1_234 % 16))[None]
    found = encode_file(encoder, AudioFile(sounds / "short.wav", RATE))
    torch.testing.assert_close(found, encoder(padded))
    assert found.shape == (1, 4, 78)


def test_the_ends_of_the_line_are_the_two_sounds_and_the_shorter_one_ends_it(encoder, sounds):
    short, long = (
        encode_file(encoder, AudioFile(sounds / f"{n}.wav", RATE)) for n in ("short", "long")
    )
    paths = [sounds / "long.wav", sounds / "short.wav"]
    for mix, expected in ((0, long[:, :, :78]), (1, short), (None, (long[:, :, :78] + short) / 2)):
        latents, n_samples = encode_and_mix(encoder, paths, mix, RATE)
        assert n_samples == 1_234
        torch.testing.assert_close(latents, expected)
    latents, n_samples = encode_and_mix(encoder, paths[:1], None, RATE)
    assert n_samples == 4_000 and torch.equal(latents, long)


def test_another_rate_is_resampled_and_less_than_a_hop_is_one_latent(encoder, tmp_path):
    save(tmp_path / "fast.wav", 0.6 * torch.rand(2, 20) - 0.3, 2 * RATE)  # stereo, half a hop long
    latents, n_samples = encode_and_mix(encoder, [tmp_path / "fast.wav"], None, RATE)
    assert latents.shape == (1, 4, 1) and n_samples == 10


@pytest.mark.parametrize(
    ("n_files", "mix", "message"),
    [
        (3, None, "--of: 3 files; give one to rebuild, or two to mix"),
        (1, 0.5, "--mix 0.5: needs two recordings"),
        (0, 0.5, "--mix 0.5: needs two recordings"),
        (2, 1.5, "--mix 1.5: must be from 0 to 1"),
        (2, -0.1, "--mix -0.1: must be from 0 to 1"),
    ],
)
def test_what_cannot_be_mixed_is_said(encoder, sounds, n_files, mix, message):
    with pytest.raises(UserError, match=message):
        encode_and_mix(encoder, n_files * [sounds / "long.wav"], mix, RATE)
