"""What chapter 1 says in words and numbers, computed again."""

import math

import pytest
import torch

from tinyaudio.data.recorded import recording
from tinyaudio.represent import linear
from tinyaudio.represent.melscale import hz_to_mel
from tinyaudio.represent.spectrum import griffin_lim, istft, stft
from tools.book import SOURCES

TEXT = (SOURCES / "sound_into_numbers.md").read_text(encoding="utf-8")


def snr_db(clean, noisy):
    return (10 * torch.log10(clean.square().mean() / (noisy - clean).square().mean())).item()


def stated(*words):
    """Each stands in both languages, so at least twice."""
    return all(TEXT.count(word) >= 2 for word in words)


# ------------------------------------------------------------------- 1.3 quantization


def test_the_integers_of_the_piano_are_those_of_its_file_and_lose_nothing():
    piano = recording("grand-piano-60").audio
    integers = linear.encode(piano, 16)
    assert torch.equal(linear.decode(integers, 16), piano)
    assert torch.equal(integers.float() / 2**15, piano)


def test_what_is_rounded_to_zero_has_an_snr_of_exactly_0_db():
    sine = torch.cos(2 * torch.pi * 441.3 / 16_000 * torch.arange(16_000.0)) / 10
    assert not linear.quantize(sine, 2).any() and snr_db(sine, linear.quantize(sine, 2)) == 0


@pytest.mark.parametrize("bits", [4, 8])
def test_dither_costs_3_db_and_keeps_what_is_below_a_level(bits):
    """Rounding and rectangular dither have the power step^2 / 12 each, so both have twice that."""
    step, random = 2 / 2**bits, torch.Generator().manual_seed(0)
    x = 1.8 * torch.rand(200_000, generator=random, dtype=torch.float64) - 0.9
    u = torch.rand(200_000, generator=random, dtype=torch.float64) - 0.5
    plain, dithered = linear.quantize(x, bits), linear.quantize(x + step * u, bits)
    assert snr_db(x, plain) - snr_db(x, dithered) == pytest.approx(10 * math.log10(2), abs=0.05)
    faint = torch.full((200_000,), 0.3 * step, dtype=torch.float64)
    assert not linear.quantize(faint, bits).any()
    mean = linear.quantize(faint + step * u, bits).double().mean().item()
    assert mean == pytest.approx(0.3 * step, abs=0.005 * step)
    assert stated("$0.3\\Delta$")


def test_dither_costs_the_piano_about_3_db_at_4_bits():
    piano = recording("grand-piano-60").audio
    u = torch.rand(piano.shape, generator=torch.Generator().manual_seed(0)) - 0.5
    loss = snr_db(piano, linear.quantize(piano, 4)) - snr_db(
        piano, linear.quantize(piano + u / 8, 4)
    )
    assert loss == pytest.approx(3, abs=1)


def test_dither_keeps_the_piano_s_tail_at_4_bits_which_rounding_cuts_off():
    tail = recording("grand-piano-60").audio[:, -4000:]
    random = torch.Generator().manual_seed(0)
    u = torch.rand(tail.shape, generator=random) - 0.5
    assert not linear.quantize(tail, 4).any()
    dithered = linear.quantize(tail + u / 8, 4)
    # 4,000 independent samples have a correlation of 0 +- 0.016.
    assert torch.corrcoef(torch.cat([tail, dithered]))[0, 1] > 4 * 0.016


# ----------------------------------------------------------------------------- 1.4 STFT


def dip_db(bins, n_fft=256, zoom=32):
    """Depth of the dip between two equal tones, the worst of 64 phases, in a finely read spectrum."""
    n = torch.arange(n_fft, dtype=torch.float64)
    window = torch.hann_window(n_fft, dtype=torch.float64)
    phases = 2 * torch.pi * torch.arange(64, dtype=torch.float64)[:, None] / 64
    low = torch.exp(2j * torch.pi * 40 * n / n_fft)
    high = torch.exp(2j * torch.pi * (40 + bins) * n / n_fft + 1j * phases)
    spectra = torch.fft.fft((low + high) * window, n_fft * zoom).abs()
    worst = math.inf
    for spectrum in spectra[:, 39 * zoom : int((41 + bins) * zoom) + 1]:
        peaks = [
            i
            for i in range(1, len(spectrum) - 1)
            if spectrum[i - 1] < spectrum[i] >= spectrum[i + 1]
        ]
        if len(peaks) < 2:
            return 0.0
        between = spectrum[peaks[0] : peaks[-1] + 1].min()
        lower = min(spectrum[peaks[0]], spectrum[peaks[-1]])
        worst = min(worst, 20 * math.log10(lower / between.clamp_min(1e-9)))
    return worst


def test_four_bins_are_sufficient_and_not_necessary():
    assert dip_db(4) > 100  # the spectrum touches zero between them
    assert [round(dip_db(bins), 1) for bins in (3, 2.5, 2)] == [9.4, 3.7, 0.2]
    assert dip_db(1.5) == 0
    assert stated("9.4 dB", "3.7 dB", "0.2 dB")


def test_the_inverse_is_exact_to_a_small_part_of_a_step():
    voice = recording("speech-it-vm-intro").audio[:, :56_000]
    assert (istft(stft(voice), length=56_000) - voice).abs().max() * 2**15 < 0.05  # shown as 0.0


# ------------------------------------------------------------------------------ 1.5 mel


def test_mels_are_no_octaves():
    def width(low, high):
        return (hz_to_mel(torch.tensor(high)) - hz_to_mel(torch.tensor(low))).item()

    assert width(100.0, 200.0) == pytest.approx(1.5) == width(900.0, 1000.0)
    assert width(7100.0, 7200.0) == pytest.approx(27 * math.log(72 / 71) / math.log(6.4), rel=1e-3)
    assert round(width(7100.0, 7200.0), 1) == 0.2 and 80 / 513 < 1 / 6


# ---------------------------------------------------------------------------- 1.6 phase


@pytest.fixture(scope="module")
def voice():
    return recording("speech-it-vm-intro").audio[:, :56_000]


@pytest.fixture(scope="module")
def sounds(voice):
    """As the chapter makes them."""
    magnitude = stft(voice).abs()
    random = torch.Generator().manual_seed(0)
    angle = 2 * torch.pi * torch.rand(magnitude.shape, generator=random)
    flip = (-1.0) ** torch.arange(513)[:, None]
    return {
        "zero": istft(magnitude * flip + 0j, 256, length=56_000),
        "random": istft(torch.polar(magnitude, angle), 256, length=56_000),
        "griffin_lim": griffin_lim(magnitude, 256, length=56_000),
    }


def test_silence_beats_every_sound_with_a_phase_of_its_own(voice, sounds):
    assert snr_db(voice, 0 * voice) == 0
    assert all(snr_db(voice, sound) < -0.9 for sound in sounds.values())


def test_at_equal_level_the_snr_is_a_function_of_the_correlation_alone(voice, sounds):
    """|gx - x|^2 / |x|^2 = 2 - 2 rho if |gx| = |x|: uncorrelated sounds come to -3.01 dB."""
    found = {}
    for name, sound in sounds.items():
        matched = sound * voice.norm() / sound.norm()
        rho = ((matched * voice).sum() / voice.square().sum()).item()
        found[name] = snr_db(voice, matched)
        assert found[name] == pytest.approx(-10 * math.log10(2 * (1 - rho)), abs=1e-3)
        assert abs(rho) < 0.21
    assert found == pytest.approx({"zero": -3.1, "random": -3.2, "griffin_lim": -3.8}, abs=0.1)
    assert stated("−3.1", "−3.2", "−3.8 dB")


def test_random_phases_lead_before_matching_only_because_they_lost_level(voice, sounds):
    level = {name: 20 * (s.norm() / voice.norm()).log10().item() for name, s in sounds.items()}
    assert level == pytest.approx({"zero": -2.4, "random": -6.4, "griffin_lim": 0}, abs=0.1)
    assert max(sounds, key=lambda name: snr_db(voice, sounds[name])) == "random" and stated(
        "6.4 dB"
    )


def test_spectral_convergence_ranks_silence_last_and_griffin_lim_first(voice, sounds):
    def convergence_db(sound):
        magnitude = stft(voice).abs()
        return 20 * ((stft(sound).abs() - magnitude).norm() / magnitude.norm()).log10().item()

    others = [convergence_db(sounds[name]) for name in ("zero", "random")]
    assert convergence_db(0 * voice) == 0 and convergence_db(sounds["griffin_lim"]) < -25
    assert all(-6 < one < -3 for one in others)


def test_a_second_of_mels_is_five_thousand_numbers():
    assert 80 * 16_000 / 256 == 5_000
