"""The numbers in the text of chapter 3, computed again."""

import base64
import io
import math
import re
from dataclasses import replace

import nbformat
import pytest
import soundfile
import torch

from tinyaudio.checkpoints import pretrained
from tinyaudio.data.recorded import recording
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent import linear, mulaw
from tinyaudio.show import compare
from tools.book import ROOT

LEVELS = mulaw.decode(torch.arange(256)).double()


def voice(gain_db=0.0):
    clip = recording("speech-ru-dir-instr").audio[:, 8_000:32_000]
    return clip * 10 ** (gain_db / 20)


def snr_db(clean, noisy):
    return (10 * torch.log10(clean.square().mean() / (noisy - clean).square().mean())).item()


def companded(x):
    return mulaw.decode(mulaw.encode(x))


def outputs(containing):
    """What the one cell that contains these words prints and shows, in the English notebook."""
    cells = nbformat.read(ROOT / "book" / "en" / "mu_law_and_softmax.ipynb", 4).cells
    (cell,) = (c for c in cells if c.cell_type == "code" and containing in c.source)
    return "".join(
        o.get("text", "") + "".join(o.get("data", {}).get("text/html", "")) for o in cell.outputs
    )


# ------------------------------------------------------------------ 3.1 to 3.4


@pytest.mark.parametrize("cell", ["explore(listen", 'explore(draw, "μ"', "compare(ten_rounds"])
def test_players_are_lossless_where_the_error_is_heard(cell):
    types = re.findall(r'src="data:(audio/\w+)', outputs(cell))
    assert types and set(types) == {"audio/flac"}


def test_a_lossless_player_adds_less_than_a_16_bit_step_and_mp3_more_than_the_mu_law_error():
    clip = companded(voice())
    error = {}
    for kind in ("flac", "mp3"):
        html = compare({"a": clip}, 16_000, format=kind).html
        data = base64.b64decode(re.search(r"base64,([\w+/=]+)", html)[1])
        played = torch.tensor(soundfile.read(io.BytesIO(data), dtype="float32")[0])
        played = played[: clip.shape[1]]
        gain = 0.95 / clip.abs().max()
        error[kind] = (played - gain * clip[0, : len(played)]).square().mean().sqrt().item()
        mulaw_error = (gain * (clip - voice())).square().mean().sqrt().item()
    assert error["flac"] <= 2**-15 < mulaw_error < error["mp3"]


def test_snr_of_the_voice():
    for gain, uniform, mu in ((0, 38.2, 37.8), (-40, 0.6, 28.5)):
        x = voice(gain)
        assert snr_db(x, linear.quantize(x, 8)) == pytest.approx(uniform, abs=0.06)
        assert snr_db(x, companded(x)) == pytest.approx(mu, abs=0.06)
    assert len(linear.quantize(voice(-40), 8).unique()) == 3
    loss = snr_db(voice(), companded(voice())) - snr_db(voice(-30), companded(voice(-30)))
    assert 3 < loss < 4


def test_snr_of_pure_tones():
    """Uniform quantization loses 20 dB a decade; mu-law 11 dB at full scale, and less than 5 on the way down."""
    t = torch.arange(48_000, dtype=torch.float64) / 16_000
    tones = [a * torch.sin(2 * torch.pi * 440.3 * t) for a in (1, 0.1, 0.01)]
    uniform = [snr_db(x, linear.quantize(x, 8)) for x in tones]
    mu = [snr_db(x, companded(x)) for x in tones]
    assert all(18 < a - b < 20 for a, b in zip(uniform, uniform[1:], strict=False))
    assert 10 < uniform[0] - mu[0] < 11.5 and 0 < mu[0] - mu[2] < 5
    assert 10 * math.log10(3 * 255**2 / math.log(256) ** 2) == pytest.approx(38.0, abs=0.05)


def test_one_round_through_two_grids_costs_twelve_db_and_one_code():
    codes = torch.arange(256)

    def slip(x):
        q = torch.floor((mulaw.compress(x) + 1) / 2 * 255).long()
        return mulaw.expand(2 * q / 256 - 1)

    down = torch.floor((mulaw.compress(mulaw.expand(2 * codes / 256 - 1)) + 1) / 2 * 255).long()
    assert torch.equal(codes - down, (codes > 0).long())
    assert snr_db(voice(), companded(voice())) == pytest.approx(38, abs=0.5)
    assert snr_db(voice(), slip(voice())) == pytest.approx(26, abs=0.5)


# ------------------------------------------------------------------ 3.5


@pytest.fixture(scope="module")
def p():
    lead = recording("square-lead-57").audio[:, :12_640]
    assert [round(x, 2) for x in lead[0, 12_589:12_592].tolist()] == [-0.58, -0.33, 0.63]
    with torch.inference_mode():
        return pretrained("causal-notes")(mulaw.encode(lead))[0, :, 12_591].double().softmax(0)


def bits(p, predicted):
    return -(p @ predicted.log2()).item()


def normal_in_amplitude(mean, sd):
    borders = mulaw.expand((2 * torch.arange(1, 256, dtype=torch.float64) - 1) / 255 - 1)
    end = torch.tensor([torch.inf], dtype=torch.float64)
    cdf = 0.5 * (1 + torch.erf((torch.cat([-end, borders, end]) - mean) / sd / math.sqrt(2)))
    return cdf.diff().clamp(min=1e-300)


def normal_over_codes(mean, sd):
    return torch.softmax(-0.5 * ((torch.arange(256.0, dtype=torch.float64) - mean) / sd) ** 2, 0)


def test_modes_and_the_mean_between_them(p):
    mean = p @ LEVELS
    assert LEVELS[p.argmax()].item() == pytest.approx(-0.31, abs=0.005)
    at_mean, at_mode = (p[(LEVELS - x).abs() < 0.02].sum() for x in (mean, LEVELS[p.argmax()]))
    assert (at_mean.item(), at_mode.item()) == pytest.approx((0.007, 0.12), abs=0.002)
    density = torch.stack([p[(LEVELS - x).abs() < 0.05].sum() for x in torch.arange(-10, 11) / 10])
    around = dict(zip(range(-10, 11), density.tolist(), strict=True))
    assert around[-3] > around[6] > 1.5 * max(around[0], around[4])
    assert around[8] + around[9] > 1.5 * around[7]


def test_bits_of_one_normal_distribution(p):
    mean, sd = p @ LEVELS, (p @ (LEVELS - p @ LEVELS) ** 2).sqrt()
    assert (mean.item(), sd.item()) == pytest.approx((-0.02, 0.46), abs=0.005)
    k = torch.arange(256.0, dtype=torch.float64)
    m = p @ k
    s = (p @ (k - m) ** 2).sqrt()
    assert bits(p, p) == pytest.approx(6.35, abs=0.005)
    assert bits(p, normal_in_amplitude(mean, sd)) == pytest.approx(7.05, abs=0.005)
    assert bits(p, normal_over_codes(m, s)) == pytest.approx(8.34, abs=0.005)


def test_no_other_normal_distribution_does_better(p):
    """In amplitude the matched one is the best; over the codes, the best is as wide as it can be."""
    amplitude = [
        bits(p, normal_in_amplitude(m / 50, s / 50)) for m in range(-10, 10) for s in range(15, 35)
    ]
    assert min(amplitude) == pytest.approx(7.05, abs=0.005)
    codes = {
        (m, s): bits(p, normal_over_codes(m, s))
        for m in range(0, 256, 15)
        for s in (40, 60, 80, 120, 200, 1_000, 10_000)
    }
    best = min(codes, key=codes.__getitem__)
    assert best[1] >= 200 and codes[best] == pytest.approx(8.0, abs=0.03)


# ------------------------------------------------------------------ 3.6 to 3.8, and exercise 3.6


def test_the_cold_sound_stops_two_die_away_and_the_one_at_temperature_1_is_like_the_recording():
    rows = re.findall(r"(?m)^(.*?): RMS (-?[\d.]+) dBFS, .* ([\d.]+)$", outputs("def describe"))
    level = {name: float(a) for name, a, _ in rows}
    change = {name: float(b) for name, _, b in rows}
    assert level["τ = 0.3"] > -12 and change["τ = 0.3"] == 0
    for name in ("τ = 0.7", "τ = 0.9"):
        assert level[name] < level["recording"] - 6
        assert change[name] < 0.1 * change["recording"]
    assert 0.8 < change["τ = 1.0"] / change["recording"] < 1.25


@pytest.mark.parametrize(("log_scale", "total"), [(-2, 3.907), (-4, 1.03)])
def test_the_excess_of_the_threshold_rule_depends_on_the_tails(log_scale, total):
    K, means = 65_536, torch.linspace(-0.9, 0.9, 10, dtype=torch.float64)[:, None]
    x = torch.linspace(-1, 1, K, dtype=torch.float64)
    low, high = (
        torch.sigmoid((x + h - means) / math.exp(log_scale)).mean(0)
        for h in (-1 / (K - 1), 1 / (K - 1))
    )
    low[x < -0.999], high[x > 0.999] = 0, 1
    assert (high - low).sum().item() == pytest.approx(total, abs=0.005)


def test_the_two_networks_of_3_8_differ_in_their_output_layer_only():
    """The chapter's own lines: with the same sound, all that enters the output layer is the same."""
    cells = nbformat.read(ROOT / "book" / "en" / "mu_law_and_softmax.ipynb", 4).cells
    (source,) = (c.source for c in cells if "class MuLawInput" in c.source)
    names = {
        "torch": torch,
        "mulaw": mulaw,
        "replace": replace,
        "WaveNet": WaveNet,
        "WaveNetConfig": WaveNetConfig,
    }
    exec(source, names)
    audio = voice()[:, :2_000]
    seen = []
    for net, codes in (
        (names["net8"], mulaw.encode(audio)),
        (names["net16"], linear.encode(audio, 16) + 2**15),
    ):
        net.logits.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
        with torch.inference_mode():
            net(codes)
    assert torch.equal(*seen)


def test_in_the_same_unit_half_a_bit_is_left_of_seven():
    b16, b8 = map(float, re.findall(r"→ ([\d.]+)", outputs("b16 = mixture")))
    same_unit = float(re.search(r"= ([\d.]+) bit", outputs("import soundfile"))[1])
    assert 6.5 < b16 - b8 < 7.5 and 0.25 < b16 - same_unit < 0.75


def test_levels_by_the_cube_root_of_a_laplacian():
    """They gain 5 dB at the loudness that they were made for, and lose 20 where it is 40 dB softer."""
    x = recording("speech-ru-vm-intro").audio[0]
    b, top = 3 * x.abs().mean(), x.abs().max()
    u = (2 * torch.arange(256) + 1) / 256 - 1
    levels = -b * u.sign() * torch.log1p(u.abs() * torch.expm1(-top / b))
    for gain, expected in ((0, 43.3), (-40, 8.3)):
        heard = voice(gain)[0]
        nearest = levels[torch.bucketize(heard, (levels[1:] + levels[:-1]) / 2)]
        assert snr_db(heard, nearest) == pytest.approx(expected, abs=0.06)
