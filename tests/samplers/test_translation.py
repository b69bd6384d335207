"""Translating a file: in blocks as in one piece, in constant memory, and what is refused."""

import tracemalloc

import pytest
import torch

from tinyaudio.audio import load, save
from tinyaudio.data.melodies import Melodies
from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.models.mel_translation import MelTranslation, MelTranslationConfig
from tinyaudio.models.translation import Translation, TranslationConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.represent.logmel import log_mel
from tinyaudio.samplers import encoded, vocode
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.encoded import encode_file
from tinyaudio.samplers.translation import sample, translate

RATE = 16_000


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return MelTranslation(MelTranslationConfig(2, latent_channels=8, channels=16)).eval()


@pytest.fixture(scope="module")
def wavenet():
    torch.manual_seed(0)
    encoder = DilatedEncoderConfig(8, 6, (1, 2, 4), hop_length=400)
    decoder = WaveNetConfig(stacks=1, layers=3, residual_channels=16, gate_channels=16)
    return Translation(TranslationConfig(2, encoder, decoder)).eval()


@pytest.fixture(scope="module")
def vocoder():
    return ISTFTVocoder(ISTFTVocoderConfig(channels=16, n_blocks=1)).eval()


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Five seconds of a melody."""
    file = tmp_path_factory.mktemp("music") / "melody.wav"
    save(file, Melodies(1, RATE, 5.0, (("flute", 0),))[0]["audio"], RATE)
    return file


def test_frames_of_parts_of_a_file_are_those_of_the_whole(music):
    audio, _ = load(music)
    whole, file = log_mel(audio[None], RATE), AudioFile(music, RATE)
    assert file.n_samples == 80_000 and file.peak == audio.abs().max()
    for first, last in ((0, 40), (96, 160), (250, 300)):
        part = file.frames(lambda one: log_mel(one, RATE), first, last)
        assert torch.allclose(part, whole[:, :, first:last], atol=1e-5)
    beyond = file.frames(lambda one: log_mel(one, RATE), 300, 330)
    assert beyond.shape == (1, 80, 30) and beyond[0, :, 20:].eq(-1).all()


def test_a_block_does_not_change_what_is_in_it(net, vocoder, music, monkeypatch):
    parts = []

    def blocks(vocoder, frames, n_hops, n_samples):
        parts.extend(frames(i, min(i + 90, n_hops)) for i in range(0, n_hops, 90))
        yield torch.zeros(1, 1, n_samples)

    monkeypatch.setattr(vocode, "blocks", blocks)
    list(translate(net, vocoder, music, 1))
    file = AudioFile(music, RATE)
    frames = file.frames(lambda one: log_mel(one, RATE), 0, 400)
    whole = net.translate(frames, 1)[:, :, :313].clamp(-1, 3)
    assert torch.allclose(torch.cat(parts, dim=2), whole, atol=1e-4)


def test_the_waveform_s_latents_are_those_of_the_whole_file(wavenet, music, monkeypatch):
    monkeypatch.setattr(encoded, "BLOCK", 7)
    file = AudioFile(music, 8_000)
    whole = wavenet.encode(file.read(0, 40_000)[None])
    assert torch.allclose(encode_file(wavenet.encoder, file), whole, atol=1e-5)


def test_it_is_as_long_as_the_file_and_nothing_is_random(net, vocoder, music):
    one, two = (torch.cat([*translate(net, vocoder, music, 0)], dim=2) for _ in range(2))
    assert one.shape == (1, 1, 80_000) and torch.equal(one, two) and one.isfinite().all()
    assert not torch.equal(one, torch.cat([*translate(net, vocoder, music, 1)], dim=2))


def test_any_rate_and_length(net, wavenet, vocoder, tmp_path):
    clip = Melodies(1, 44_100, 1.2, (("organ", 0),))[0]["audio"]
    for n in (30, 5_000, 44_100):
        save(tmp_path / "a.flac", clip[:, 4_410 : 4_410 + n], 44_100)
        made = torch.cat([*translate(net, vocoder, tmp_path / "a.flac", 0)], dim=2)
        assert abs(made.shape[2] - n * RATE / 44_100) <= 1
        codes = torch.cat([*sample(wavenet, tmp_path / "a.flac", 1, 8_000)], dim=1)
        assert abs(codes.shape[1] - n * 8_000 / 44_100) <= 1


def test_memory_does_not_grow_with_the_file(net, vocoder, tmp_path, monkeypatch):
    """Only what is read and kept counts here: the vocoder, whose blocks are tested elsewhere, is left out."""
    monkeypatch.setattr(
        vocode,
        "blocks",
        lambda vocoder, frames, n_hops, n: (
            frames(i, min(i + 256, n_hops)) for i in range(0, n_hops, 256)
        ),
    )
    peaks = []
    for seconds in (20, 120):
        file = tmp_path / f"{seconds}.wav"
        save(file, 0.1 * torch.ones(1, seconds * RATE), RATE)
        tracemalloc.start()
        for _ in translate(net, vocoder, file, 0):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_silence_and_what_is_no_sound_are_refused(net, wavenet, vocoder, tmp_path):
    save(tmp_path / "silent.wav", torch.zeros(1, 8_000), RATE)
    for make in (
        lambda path: translate(net, vocoder, path, 0),
        lambda path: sample(wavenet, path, 0, 8_000),
    ):
        with pytest.raises(UserError, match="there is no music to translate"):
            make(tmp_path / "silent.wav")
        with pytest.raises(AudioError):
            make(tmp_path / "missing.wav")
