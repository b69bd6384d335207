"""Files to 48 kHz in blocks: no seams at any rate, the low band kept, nothing delayed, memory that stays flat."""

import warnings

import pytest
import torch

from tinyaudio.audio import load, save
from tinyaudio.audio.resampling import resample
from tinyaudio.errors import AudioError, UserError
from tinyaudio.models.nuwave import NuWave, NuWaveConfig
from tinyaudio.models.whitened_residual import WhitenedResidual, WhitenedResidualConfig
from tinyaudio.represent.band_split import band
from tinyaudio.samplers.audio_file import AudioFile
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.samplers.upsampling import (
    GIVEN_WAY,
    KEPT,
    UpsampledFile,
    Upsampler,
    nuwave,
    open_source,
    whitened,
)

RATE = 48_000
RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100]


def small(ratio=3, n_steps=2, sampler="dpm-solver", kind="whitened"):
    """An upsampler of random weights: whatever it makes, all that is tested holds."""
    torch.manual_seed(0)
    if kind == "nuwave":
        net = NuWave(NuWaveConfig(4, 4, 4)).eval()
        return nuwave(net, ratio, n_steps, solver(sampler))
    net = WhitenedResidual(WhitenedResidualConfig(ratio, 4, 3, 3)).eval()
    torch.nn.init.normal_(net.output.weight)
    torch.nn.init.normal_(net.ridge.weights, std=0.05)
    return whitened(net, n_steps, solver(sampler))


def sound(rate, seconds=1.3, n_channels=1, seed=0):
    """Noise of a changing level."""
    n = round(seconds * rate)
    noise = torch.randn(n_channels, n, generator=torch.Generator().manual_seed(seed))
    return 0.1 * noise * (1.2 + torch.sin(torch.arange(n) * 12 / rate))


def upsampled(path, upsampler, block_s=2.0, seed=0, rate=RATE):
    file = UpsampledFile(AudioFile(path, None, mono=False), upsampler, rate, seed, block_s)
    made = torch.cat([*file], dim=2)[0]
    assert made.shape[1] == file.n_samples
    return made


@pytest.mark.parametrize("rate", RATES)
def test_block_sizes_agree_and_the_low_band_is_kept(rate, tmp_path):
    """Also where the file's samples and the network's fall together only every 40 ms."""
    audio = sound(rate)
    save(tmp_path / "a.wav", audio, rate, subtype="FLOAT")
    whole, parts = (upsampled(tmp_path / "a.wav", small(), s) for s in (9.0, 0.17))
    assert whole.shape == (1, -(-audio.shape[1] * RATE // rate))
    torch.testing.assert_close(whole, parts, atol=1e-5, rtol=0)
    wanted = resample(audio, rate, RATE)
    inner = slice(3_000, -3_000)  # the brick wall of `band` sees the ends
    faded = torch.hann_window(whole.shape[1])
    error = band((whole - wanted) * faded, RATE, 0, 0.97 * KEPT * rate / 2)[:, inner]
    assert error.abs().max() < 1e-5
    high = band(whole, RATE, GIVEN_WAY * rate / 2, RATE)[:, inner]
    assert high.std() > 1e-4  # there is something to cross over to


@pytest.mark.filterwarnings("ignore:.*samples left ±1")
@pytest.mark.parametrize("kind", ["whitened", "nuwave"])
@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "dpm-solver"])
@pytest.mark.parametrize("ratio", [2, 3])
def test_no_sampler_and_no_network_has_seams(kind, sampler, ratio, tmp_path):
    """Ancestral sampling draws noise at every step, which belongs to places, too."""
    save(tmp_path / "a.wav", sound(16_000, 0.8), 16_000)
    upsampler = small(ratio, 3, sampler, kind)
    whole, parts = (upsampled(tmp_path / "a.wav", upsampler, s) for s in (9.0, 0.1))
    torch.testing.assert_close(whole, parts, atol=2e-5, rtol=0)
    other = upsampled(tmp_path / "a.wav", upsampler, seed=1)
    assert (whole - other).abs().max() > 1e-3


def test_a_margin_that_is_too_short_is_a_seam(tmp_path):
    """The test above can fail."""
    save(tmp_path / "a.wav", sound(16_000, 0.8), 16_000)
    right = small(n_steps=8)
    wrong = Upsampler(right.ratio, 200, right.generate)
    whole, parts = (upsampled(tmp_path / "a.wav", wrong, s) for s in (9.0, 0.1))
    assert (whole - parts).abs().max() > 1e-4


def test_nothing_is_delayed(tmp_path):
    """With nothing to add, it is a resampler: at 44.1 kHz, too, whose upper band comes from the file."""
    identity = Upsampler(2, 0, lambda low, noise: torch.zeros(1, 1, 2 * low.shape[2]))
    audio = band(sound(44_100), 44_100, 0, 0.8 * 22_050)
    save(tmp_path / "a.wav", audio, 44_100, subtype="FLOAT")
    made = upsampled(tmp_path / "a.wav", identity, 0.3)
    wanted = resample(audio, 44_100, RATE)
    torch.testing.assert_close(made[:, 2_000:-2_000], wanted[:, 2_000:-2_000], atol=3e-5, rtol=0)


def test_channels_are_kept_apart_and_equal_ones_stay_equal(tmp_path):
    left, right = sound(16_000, 0.5), sound(16_000, 0.5, seed=1)
    save(tmp_path / "s.wav", torch.cat([left, right, left]), 16_000)
    save(tmp_path / "m.wav", right, 16_000)
    stereo, mono = (upsampled(tmp_path / f"{name}.wav", small()) for name in "sm")
    assert torch.equal(stereo[0], stereo[2]) and not torch.allclose(stereo[0], stereo[1])
    torch.testing.assert_close(stereo[1:2], mono, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["silence", "dc", "one", "clipped", "8-bit", "short"])
def test_odd_sounds(name, tmp_path):
    audio = {
        "silence": torch.zeros(1, 8_000),
        "dc": torch.full((1, 8_000), 0.5),
        "one": torch.full((1, 1), 0.5),
        "clipped": (10 * sound(16_000, 0.5)).clamp(-1, 1),
        "8-bit": sound(16_000, 0.5),
        "short": sound(16_000, 0.01),
    }[name]
    save(tmp_path / "a.wav", audio, 16_000, subtype="PCM_U8" if name == "8-bit" else "PCM_16")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = upsampled(tmp_path / "a.wav", small(), 0.2)
    assert made.shape == (1, 3 * audio.shape[1]) and made.isfinite().all()
    if name == "silence":
        assert made.abs().max() < 1e-3  # at most 20 dB over a floor of -120 dBFS
    if name == "dc":
        middle = made[:, 6_000:-6_000]
        assert float(middle.mean()) == pytest.approx(0.5, abs=1e-3)
    clipped = [w for w in caught if "left ±1 at the new rate and were clipped" in str(w.message)]
    assert len(clipped) == (name == "clipped")  # once, not for every block


def test_what_cannot_be_upsampled_is_refused(tmp_path):
    import soundfile

    for rate in (48_000, 96_000, 7_999):
        save(tmp_path / f"{rate}.wav", torch.zeros(1, 100), rate)
    with pytest.raises(UserError, match="is at 48000 Hz already"):
        open_source(tmp_path / "48000.wav", RATE, 3)
    with pytest.raises(UserError, match="is at 96000 Hz already"):
        open_source(tmp_path / "96000.wav", RATE, 2)
    with pytest.raises(UserError, match="too little sound below 8000 Hz"):
        open_source(tmp_path / "7999.wav", RATE, 3)
    with pytest.raises(AudioError, match="no such file"):
        open_source(tmp_path / "none.wav", RATE, 3)
    # NaN in the middle, where a first part has been read already
    samples = torch.zeros(2**18 + 5)
    samples[2**17 + 9] = torch.nan
    soundfile.write(tmp_path / "nan.wav", samples.numpy(), 16_000, "FLOAT")
    with pytest.raises(AudioError, match="NaN"):
        open_source(tmp_path / "nan.wav", RATE, 3)


def test_a_rate_below_the_models_is_warned_of(tmp_path):
    save(tmp_path / "a.wav", torch.zeros(1, 100), 11_025)
    with pytest.warns(UserWarning, match="from 5512 to 8000 Hz stays nearly empty"):
        open_source(tmp_path / "a.wav", RATE, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(tmp_path / "a.wav", torch.zeros(1, 100), 22_050)
        assert open_source(tmp_path / "a.wav", RATE, 3).n_channels == 1


def test_a_file_whose_length_is_that_of_a_part_is_read_whole(tmp_path):
    """Its end is where the next part would begin: no error, and no NaN that is taken for an end."""
    save(tmp_path / "a.wav", torch.zeros(2, 2**17), 16_000)
    file = AudioFile(tmp_path / "a.wav", None, mono=False)
    assert (file.n_samples, file.n_channels, file.sample_rate) == (2**17, 2, 16_000)


@pytest.mark.posix
@pytest.mark.slow
def test_ten_minutes_of_stereo_take_no_more_memory_than_one(tmp_path):
    """Peak memory of this process before and after; the file's samples alone are 77 MB."""
    import resource

    minute = sound(16_000, 60, 2)
    save(tmp_path / "one.flac", minute, 16_000)
    save(tmp_path / "ten.flac", minute.repeat(1, 10), 16_000)
    peaks_mb = []
    for name, n_minutes in (("one", 1), ("ten", 10)):
        file = UpsampledFile(AudioFile(tmp_path / f"{name}.flac", None, mono=False), small(), RATE)
        n_samples = sum(piece.shape[2] for piece in file)
        assert n_samples == n_minutes * 60 * RATE
        peaks_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"peak memory: {peaks_mb[0]:.0f} MB for a minute, {peaks_mb[1]:.0f} MB for ten")
    assert peaks_mb[1] - peaks_mb[0] < 200


def test_the_output_can_be_loaded(tmp_path):
    save(tmp_path / "a.wav", sound(16_000, 0.2), 16_000)
    save(tmp_path / "b.wav", upsampled(tmp_path / "a.wav", small()), RATE)
    assert load(tmp_path / "b.wav")[1] == RATE
