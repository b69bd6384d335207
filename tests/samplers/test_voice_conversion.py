"""Converting a file: in blocks as in one piece, in constant memory, and what is refused."""

import tracemalloc

import pytest
import torch

from tinyaudio.audio import load, save
from tinyaudio.data.voices import sentence, speaker, voice
from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.models.mel_vqvae import MelVQVAE, MelVQVAEConfig
from tinyaudio.models.singing import SingingConversion, SingingConversionConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.represent import mulaw
from tinyaudio.represent.prosody import mel_and_pitch
from tinyaudio.samplers import vocode, voice_conversion
from tinyaudio.samplers.voice_conversion import Frames, convert

RATE = 16_000


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    made = MelVQVAE(MelVQVAEConfig(n_codes=16, latent_channels=8, channels=16, n_speakers=2)).eval()
    torch.nn.init.normal_(made.quantizer.codebook)
    return made


@pytest.fixture(scope="module")
def vocoder():
    return ISTFTVocoder(ISTFTVocoderConfig(channels=16, n_blocks=1)).eval()


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """Five seconds of a voice."""
    parts = [voice(speaker(0), sentence(i), sample_rate=RATE).clip for i in range(3)]
    file = tmp_path_factory.mktemp("speech") / "speech.wav"
    save(file, torch.cat(parts, dim=1)[:, :80_000], RATE)
    return file


def test_frames_made_part_by_part_are_those_of_the_whole(speech):
    audio, _ = load(speech)
    whole = mel_and_pitch(audio[None], RATE, 1_024, 256)
    frames = Frames(speech, RATE)
    assert frames.n_samples == 80_000
    for first, last in ((0, 40), (96, 160), (250, 300)):
        part = frames(first, last)
        assert torch.allclose(part[:, :80], whole[:, :80, first:last], atol=1e-5)
    beyond = frames(300, 330)
    assert beyond.shape == (1, 82, 30) and beyond[0, :80, 20:].eq(-1).all()


def test_a_block_does_not_change_what_is_in_it(net, vocoder, speech, monkeypatch):
    """The codes at a place depend on the file, not on where a block begins."""
    seen = {}

    def remember(name):
        def blocks(vocoder, frames, n_hops, n_samples):
            seen[name] = torch.cat(
                [frames(i, min(i + 100, n_hops)) for i in range(0, n_hops, 100)], 2
            )
            yield torch.zeros(1, 1, n_samples)

        monkeypatch.setattr(vocode, "blocks", blocks)
        list(convert(net, vocoder, speech, 1))

    remember("blocks")
    frames = Frames(speech, RATE)
    whole = net.convert(frames(0, 350), frames.mean[None], torch.tensor([1]))[:, :80, :313].clamp(
        -1, 3
    )
    same = (seen["blocks"][:, :80, :313] - whole).abs().amax(1)[0] < 1e-3
    assert same.float().mean() > 0.9  # pitch is followed by block, and may differ near its ends


def test_it_is_as_long_as_the_file_and_nothing_is_random(net, vocoder, speech):
    one, two = (torch.cat([*convert(net, vocoder, speech, 0)], dim=2) for _ in range(2))
    assert one.shape == (1, 1, 80_000) and torch.equal(one, two) and one.isfinite().all()
    other = torch.cat([*convert(net, vocoder, speech, 1)], dim=2)
    assert not torch.equal(one, other)


def test_any_rate_and_length(net, vocoder, tmp_path):
    clip = voice(speaker(0), sentence(0), sample_rate=44_100).clip
    for n in (30, 5_000, 44_100):
        save(tmp_path / "a.flac", clip[:, 8_000 : 8_000 + n], 44_100)
        made = torch.cat([*convert(net, vocoder, tmp_path / "a.flac", 0)], dim=2)
        assert abs(made.shape[2] - n * RATE / 44_100) <= 1


def test_memory_does_not_grow_with_the_file(net, vocoder, tmp_path, monkeypatch):
    """Only what is read and kept counts here: the vocoder, whose blocks are tested elsewhere, is left out."""
    monkeypatch.setattr(
        vocode,
        "blocks",
        lambda vocoder, frames, n_hops, n: (
            frames(i, min(i + 256, n_hops)) for i in range(0, n_hops, 256)
        ),
    )
    monkeypatch.setattr(  # following a pitch takes long
        voice_conversion,
        "mel_and_pitch",
        lambda audio, rate, n_fft, hop: torch.full((1, 82, 1 + audio.shape[2] // hop), 0.9),
    )
    peaks = []
    for seconds in (20, 120):
        file = tmp_path / f"{seconds}.wav"
        save(file, 0.1 * torch.ones(1, seconds * RATE), RATE)
        tracemalloc.start()
        for _ in convert(net, vocoder, file, 0):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_silence_and_what_is_no_sound_are_refused(net, vocoder, tmp_path):
    save(tmp_path / "silent.wav", torch.zeros(1, 8_000), RATE)
    with pytest.raises(UserError, match="there is no voice to convert"):
        list(convert(net, vocoder, tmp_path / "silent.wav", 0))
    with pytest.raises(AudioError):
        list(convert(net, vocoder, tmp_path / "missing.wav", 0))


def test_a_file_is_sung_as_a_batch_is_and_without_a_gradient(tmp_path):
    """The sampler of a file and the one of back-translation draw the same."""
    torch.manual_seed(0)
    net = SingingConversion(
        SingingConversionConfig(
            encoder=DilatedEncoderConfig(8, 4, (1, 2), hop_length=40),
            decoder=WaveNetConfig(stacks=1, layers=3, residual_channels=16, gate_channels=16),
        )
    ).eval()
    torch.nn.init.normal_(net.decoder.logits.weight, std=0.3)
    audio = 0.3 * torch.randn(1, 1, 200).clamp(-3, 3)
    save(tmp_path / "a.wav", audio[0], 8_000)
    kept, _ = load(tmp_path / "a.wav")
    codes = torch.cat([*voice_conversion.sample(net, tmp_path / "a.wav", 1, 8_000)], dim=1)
    made = voice_conversion.sing(net, kept[None], net.singers.weight[1:], seeds=[0])
    assert torch.equal(mulaw.decode(codes)[:, None], made)
    assert made.shape == audio.shape and not made.requires_grad
    others = (
        voice_conversion.sing(net, kept[None], net.singers.weight[:1], seeds=[0]),
        voice_conversion.sing(net, kept[None], net.singers.weight[1:], seeds=[1]),
    )
    assert all(not torch.equal(other, made) for other in others)
