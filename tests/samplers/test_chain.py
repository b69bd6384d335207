"""The chain's links fit and are what each is alone, at any length; the command leaves all or nothing."""

import pytest
import torch

from tests.command import run
from tests.samplers.test_upsampling import small
from tinyaudio.audio import load, save
from tinyaudio.data.voices import sentence, speaker, voice
from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.istft_vocoder import ISTFTVocoder, ISTFTVocoderConfig
from tinyaudio.models.mel_vqvae import MelVQVAE, MelVQVAEConfig
from tinyaudio.represent import linear
from tinyaudio.represent.prosody import mel_and_pitch
from tinyaudio.samplers import chain as module
from tinyaudio.samplers import vocode
from tinyaudio.samplers.audio_file import PART, AudioFile
from tinyaudio.samplers.chain import CONVERTED, INPUT, UPSAMPLED, VOCODED, Chain, check_source
from tinyaudio.samplers.upsampling import UpsampledFile
from tinyaudio.samplers.voice_conversion import convert

RATE = 16_000
FILES = [INPUT, VOCODED, CONVERTED, UPSAMPLED]
FAST = ("--sampling-steps", 1, "--device", "cpu")


@pytest.fixture(scope="module")
def links():
    """A chain of random weights: whatever it makes, all that is tested holds."""
    torch.manual_seed(0)
    net = MelVQVAE(MelVQVAEConfig(n_codes=16, latent_channels=8, channels=16, n_speakers=2)).eval()
    torch.nn.init.normal_(net.quantizer.codebook)
    vocoder = ISTFTVocoder(ISTFTVocoderConfig(channels=16, n_blocks=1)).eval()
    return Chain(net, vocoder, small(n_steps=1))


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """A second of a voice at 16 kHz."""
    file = tmp_path_factory.mktemp("speech") / "speech.wav"
    save(file, voice(speaker(0), sentence(0), sample_rate=RATE).clip[:, :16_000], RATE)
    return file


def rounded(pieces):
    """As 16 bits hold it."""
    codes = linear.encode(torch.cat([*pieces], dim=2)[0], bits=16)
    return linear.decode(codes, bits=16)


@pytest.mark.filterwarnings("ignore:.*samples left ±1")
def test_each_sound_is_what_its_link_makes_alone(links, speech, tmp_path):
    audio, _ = load(speech)
    made = links.sounds(speech, 1, tmp_path, seed=3)
    assert [path.name for path in made] == FILES
    sounds, rates = zip(*map(load, made), strict=True)
    assert rates == (RATE, RATE, RATE, 48_000)
    assert [sound.shape[1] for sound in sounds] == [16_000] * 3 + [48_000]
    assert torch.equal(sounds[0], audio)
    frames = mel_and_pitch(audio[None], RATE, 1_024, 256)
    again = rounded(vocode.stream(links.vocoder, frames, 16_000))
    assert torch.allclose(
        sounds[1][:, :8_000], again[:, :8_000], atol=1e-3
    )  # the pitch ends otherwise
    assert torch.equal(sounds[2], rounded(convert(links.converter, links.vocoder, speech, 1)))
    file = AudioFile(made[2], None, mono=False)
    assert torch.equal(sounds[3], rounded(UpsampledFile(file, links.upsampler, 48_000, 3)))
    few = links.sounds(speech, 1, tmp_path, seed=3, every=False)
    assert few == made[2:] and torch.equal(load(few[1])[0], sounds[3])


@pytest.mark.filterwarnings("ignore:.*samples left ±1")
def test_no_link_holds_more_than_a_block_of_a_recording(links, tmp_path, monkeypatch):
    """What is read, and what is written, at a time; the memory of the whole is in `benchmarks.chain`."""
    part = voice(speaker(0), sentence(0), sample_rate=RATE).clip[:, :RATE]
    save(tmp_path / "long.wav", part.repeat(1, 9), RATE)
    read, sizes = AudioFile.read, []

    def remember(self, begin, end):
        audio = read(self, begin, end)
        sizes.append(audio.shape[1])
        return audio

    def remember_piece(path, pieces, sample_rate, n_samples):
        total = 0
        for piece in pieces:
            sizes.append(piece.shape[2] * RATE // sample_rate)
            total += piece.shape[2]
        save(path, torch.zeros(1, total), sample_rate)
        return path

    monkeypatch.setattr(AudioFile, "read", remember)
    monkeypatch.setattr(module, "write_link", remember_piece)
    links.sounds(tmp_path / "long.wav", 1, tmp_path, every=False)
    assert 4 * RATE < max(sizes) <= PART < 9 * RATE


def test_what_no_link_takes_is_refused(links, tmp_path):
    def refused(message, audio, rate=RATE):
        save(tmp_path / "in.wav", audio, rate)
        with pytest.raises(UserError, match=message):
            check_source(tmp_path / "in.wav", RATE)

    tone = 0.1 * torch.sin(torch.arange(2_000) / 9)[None]
    refused("in.wav: is silent; there is no voice", 0 * tone)
    refused("in.wav: lasts 62 ms, and a mel frame 64 ms", tone[:, :1_000])
    refused("in.wav: is at 4000 Hz; no link of the chain takes sound below 8000 Hz", tone, 4_000)
    with pytest.raises(UserError, match="16000 Hz: the vocoder makes sound at 16000 Hz already"):
        Chain(links.converter, links.vocoder, links.upsampler, RATE)
    with pytest.raises(AudioError, match="missing"):
        check_source(tmp_path / "missing.wav", RATE)


@pytest.mark.filterwarnings("ignore:.*samples left ±1 at the new rate")
def test_the_command_is_convert_and_upsample_in_one(speech, tmp_path, capsys):
    run("convert", speech, tmp_path / "16.wav", "--to", 3, "--device", "cpu")
    run("upsample", tmp_path / "16.wav", tmp_path / "48.wav", "--seed", 5, *FAST)
    out, keep = tmp_path / "out.flac", tmp_path / "new" / "kept"
    run("chain", speech, out, "--to", 3, "--seed", 5, "--keep", keep, *FAST)
    assert "out.flac: 1.000 s at 48000 Hz" in capsys.readouterr().out
    assert sorted(path.name for path in keep.iterdir()) == FILES
    wanted, rate = load(tmp_path / "48.wav")
    assert rate == 48_000
    assert torch.equal(load(out)[0], wanted) and torch.equal(load(keep / UPSAMPLED)[0], wanted)
    assert torch.equal(load(keep / CONVERTED)[0], load(tmp_path / "16.wav")[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "anna"], "--to anna: this run has none of that name; it has: 0, 1, 2, 3"),
        (
            ["--upsample", 44_100],
            "--upsample 44100: no link makes that rate; --upsampler upsampling-x3",
        ),
        (
            ["--converter", "istft-vocoder"],
            "--converter istft-vocoder: a run of istft-vocoder does not",
        ),
        (
            ["--vocoder", "wavegrad-vocoder"],
            "another front end than --converter vqvae-voices makes: sample rate 8000 Hz instead of 16000,"
            " n_fft 512 instead of 1024, hop 64 instead of 256",
        ),
        (
            ["--vocoder", "vae-wgan"],
            "--vocoder vae-wgan: a run of vae-wgan; give one of istft-vocoder",
        ),
        (
            ["--upsampler", "singing"],
            "--upsampler singing: a run of singing; give one of upsampling",
        ),
        (["--seed", 2**63], "seed"),
    ],
)
def test_links_that_do_not_fit_are_refused_in_a_line(speech, tmp_path, capsys, words, message):
    run("chain", speech, tmp_path / "out.wav", "--keep", tmp_path / "kept", *words, code=2)
    error = capsys.readouterr().err
    assert error.startswith("tinyaudio: error: ") and error.count("\n") == 1 and message in error
    assert not [*tmp_path.iterdir()]


def test_places_that_cannot_be_written_are_refused_in_a_line(speech, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    own = tmp_path / INPUT
    own.write_bytes(speech.read_bytes())
    for source, out, keep, message in [
        (speech, speech, tmp_path, "is the file to read"),
        (speech, tmp_path / CONVERTED, tmp_path, "--keep writes this file"),
        (own, tmp_path / "out.wav", tmp_path, f"{INPUT}: is the file to read"),
        (speech, tmp_path / "out.xyz", tmp_path, "unknown suffix '.xyz'"),
        (speech, tmp_path / "out.wav", tmp_path / "file", "file: is no folder"),
    ]:
        run("chain", source, out, "--keep", keep, code=2)
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [INPUT, "file"]


def test_a_stopped_chain_leaves_nothing(speech, tmp_path, monkeypatch, capsys):
    """Neither a file nor an earlier one changed, whatever link it was in."""
    (tmp_path / "out.wav").write_bytes(b"earlier")

    def stopped(self):
        yield torch.zeros(1, 1, 4_800)
        raise KeyboardInterrupt

    monkeypatch.setattr(UpsampledFile, "__iter__", stopped)
    run("chain", speech, tmp_path / "out.wav", "--keep", tmp_path / "kept", *FAST, code=130)
    assert capsys.readouterr().err == "tinyaudio: interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.wav"]
    assert (tmp_path / "out.wav").read_bytes() == b"earlier"
