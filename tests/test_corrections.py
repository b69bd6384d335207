"""What the source documents got wrong, and what holds instead: the numbers of the correction boxes."""

import math
import re
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torch.distributions import Normal
from torch.nn import functional as F

from benchmarks.gansynth_speed import PAPER_RATIO
from tinyaudio.audio.decimation import decimate_sinc
from tinyaudio.audio.interpolation import upsample_linear, upsample_nearest, upsample_sinc
from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.checkpoints import pretrained
from tinyaudio.data.kept_frames import sounds_with_frames
from tinyaudio.data.nsynth import SOURCES as NSYNTH_SOURCES
from tinyaudio.data.recorded import recording
from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.script import spoken
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.layers import CausalConv1d
from tinyaudio.metrics.listening import abx_p, preference_p
from tinyaudio.metrics.upsampling import (
    LSD_NUWAVE,
    SNR,
    SNR_PRINTED,
    log_spectral_distance,
    signal_to_noise_db,
)
from tinyaudio.models.autoencoder import reparameterize
from tinyaudio.models.concatenative import UnitSelection
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.gansynth import GANSynthConfig, Generator
from tinyaudio.models.parametric import ParametricVoice, envelope_db, global_variance, vocode
from tinyaudio.models.upsampler import Upsampler
from tinyaudio.models.vae_wgan import MelVAE, VAEWGANConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder, WaveNetAutoencoderConfig
from tinyaudio.objectives import mixture
from tinyaudio.objectives.diffusion import GaussianDiffusion, add_noise
from tinyaudio.objectives.diffusion_time import DiscreteTime
from tinyaudio.objectives.noise_schedule import DDPM
from tinyaudio.objectives.variational import gaussian_log_likelihood, kl_divergence
from tinyaudio.recipes.autoencoder import MIDDLE_C
from tinyaudio.represent import linear, mulaw
from tinyaudio.represent.gansynth_image import ImageConfig, to_audio, to_image
from tinyaudio.represent.ifreq import instantaneous_frequency
from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.spectrum import stft
from tinyaudio.samplers.autoregressive import cached, draw
from tinyaudio.samplers.diffusion import sample
from tinyaudio.samplers.diffusion_steps import ancestral
from tinyaudio.samplers.native import native
from tinyaudio.samplers.shipped_vocoder import frames_to_audio

SOURCES = Path(__file__).parents[1] / "book" / "src"
BOXED = {
    1: "sound_into_numbers",
    2: "mu_law_and_softmax",
    3: "wavenet",
    4: "instantaneous_frequency",
    5: "instantaneous_frequency",
    6: "gansynth",
    7: "instantaneous_frequency",
    8: "instantaneous_frequency",
    9: "instantaneous_frequency",
    10: "gansynth",
    11: "gansynth",
    12: "generative_metrics",
    13: "generative_metrics",
    14: "instantaneous_frequency",
    15: "one_sample_at_a_time",
    16: "dilated_causal_convolution",
    17: "wavenet_autoencoder",
    18: "autoencoder_and_vae",
    19: "vae_and_gan",
    20: "earth_mover",
    21: "dilated_causal_convolution",
    22: "wavenet",
    23: "one_sample_at_a_time",
    24: "conditioning_and_vocoder",
    25: "one_sample_at_a_time",
    26: "mu_law_and_softmax",
    27: "making_it_fast",
    28: "sound_into_numbers",
    29: "upsampling_baselines",
    30: "diffusion_from_scratch",
    31: "diffusion_from_scratch",
    32: "upsampling_baselines",
    33: "measuring_upsampling",
}


@pytest.mark.parametrize(("number", "chapter"), BOXED.items())
def test_stands_in_its_chapter_in_both_languages(number, chapter):
    text = (SOURCES / f"{chapter}.md").read_text()
    assert len(re.findall(rf'id="correction-{number}"', text)) == 2
    assert f">정정 {number}<" in text and f">Correction {number}<" in text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_all_are_gathered_in_the_appendix(language):
    """Each with the way to its box, and with no equation that only its chapter would find."""
    cells = nbformat.read(SOURCES.parent / language / "corrections.ipynb", 4).cells[1:]
    word = {"ko": "정정", "en": "Correction"}[language]
    assert [cell.source.split("\n")[0] for cell in cells] == [
        f"## {word} {n}" for n in sorted(BOXED)
    ]
    for number, cell in zip(sorted(BOXED), cells, strict=True):
        assert f"]({BOXED[number]}.ipynb#correction-{number})" in cell.source
        assert 'href="#' not in cell.source


def test_every_box_has_a_test_here():
    found = {
        int(n)
        for path in SOURCES.glob("*.md")
        for n in re.findall(r'id="correction-(\d+)"', path.read_text())
    }
    assert found == set(BOXED)


def test_1_sixteen_bits_reach_from_minus_2_15_to_2_15_minus_1():
    ends = linear.encode(torch.tensor([-1.0, 1.0]), 16)
    assert ends.tolist() == [-(2**15), 2**15 - 1]
    assert (ends[1] - ends[0] + 1).item() == 65_536
    assert linear.encode(torch.tensor([-1.0, 1.0]), 8).tolist() == [
        -(2**7),
        2**7 - 1,
    ]  # what was printed


def test_2_the_levels_come_from_rounding_with_mu_255_and_x_within_one():
    """The curve alone keeps all 65,536 values of 16 bits; the 256 codes are each their own decoding."""
    x = torch.arange(-(2**15), 2**15, dtype=torch.float64) / 2**15
    assert x.min() == -1 and x.max() < 1
    bent = torch.sign(x) * torch.log1p(255 * x.abs()) / math.log(256)
    assert torch.allclose(bent, mulaw.compress(x), atol=1e-12) and len(bent.unique()) == 65_536
    assert len(mulaw.encode(x).unique()) == 256
    codes = torch.arange(256)
    assert torch.equal(mulaw.encode(mulaw.decode(codes)), codes)


def test_6_one_latent_vector_reaches_every_frame_of_a_note():
    """In a WaveNet there is none: what a draw decides on is what comes after it."""
    torch.manual_seed(0)
    config = GANSynthConfig.tiny()
    generator, z = Generator(config), torch.randn(1, config.n_latents, requires_grad=True)
    image = generator(z, torch.tensor([60]))
    for n in range(image.shape[2]):
        (slope,) = torch.autograd.grad(image[0, :, n].sum(), z, retain_graph=True)
        assert (slope != 0).all()
    net = WaveNet(WaveNetConfig.tiny())
    torch.nn.init.normal_(net.logits.weight)  # begins at 0
    codes = torch.full((1, 40), net.silence)
    changed = codes.clone()
    changed[0, 20] = 0
    with torch.no_grad():
        differ = (net(codes) != net(changed)).any(1)[0]
    assert not differ[:20].any() and differ[21:].any()


def test_10_acoustic_instruments_and_five_octaves_were_kept():
    assert NSYNTH_SOURCES == ("acoustic", "electronic", "synthetic")
    assert [round(midi_to_hz(p), 2) for p in (24, 84)] == [32.70, 1046.50]
    config = GANSynthConfig.paper()
    assert (config.lowest_pitch, config.lowest_pitch + config.n_pitches - 1) == (24, 84)


def test_11_the_public_subset_is_not_the_paper_s():
    splits, n = (60_788, 17_469, 8_518), 86_775
    assert sum(splits) == n != 70_379
    assert [round(one / n, 1) for one in splits] == [0.7, 0.2, 0.1]
    assert round(70_379 / 305_979, 2) == 0.23


def test_12_the_factor_is_of_two_latencies_and_a_full_pass_would_have_taken_longer():
    seconds, samples = 1_077.53, 64_000
    assert round(seconds / 0.020, -1) == PAPER_RATIO == 53_880 and int(samples / seconds) == 59
    assert round(PAPER_RATIO, -3) == 54_000  # what was printed
    # 30 layers of 3 taps and 512 channels: gates and residuals, for all columns that one sample needs
    needed, columns = 1, 0
    for dilation in reversed([2**i for i in range(10)] * 3):
        columns += needed
        needed += 2 * dilation
    operations = 2 * columns * (3 * 512 * 2 * 512 + 512 * 512)
    full_pass_ms, measured_ms = operations / 11e12 * 1e3, seconds / samples * 1e3
    assert (round(full_pass_ms), round(measured_ms)) == (37, 17)


def test_15_training_feeds_true_samples_and_does_all_times_at_once():
    """One pass gives what step by step gives with the true samples, whatever the net would have drawn."""
    net = pretrained("causal-notes")
    codes = mulaw.encode(recording("cello-48").audio[:, 8_000:8_200])
    with torch.inference_mode():
        at_once = net(codes)
        cache, previous = net.init_cache(1), torch.tensor([net.silence])
        likeliest = []
        for t in range(200):
            logits = net.step(previous, cache, t)
            assert torch.allclose(logits, at_once[:, :, t], atol=1e-3)
            likeliest.append(logits.argmax().item())
            previous = codes[:, t]
    assert likeliest != codes[0].tolist()  # so its own outputs would have been another input


def test_3_joins_belong_to_concatenation_buzz_and_over_smoothing_to_parametric_synthesis():
    talker = speaker(0)
    recordings = [spoken(talker, sentence(i)) for i in range(12)]
    natural, script = spoken(talker, sentence(1_000))
    # Concatenation: the pitch jumps at joins; between them the sound is the recording's own.
    joined_units = UnitSelection(recordings).synthesize(script)
    jumps = joined_units.semitones
    assert jumps[~jumps.isnan()].abs().mean() > 0.3
    # Parametric synthesis: no joins, the pitch is the one given; but the envelope is over-smoothed...
    voice = ParametricVoice(recordings)
    moves = [
        global_variance(one) for one in (voice.envelope_db(script), envelope_db(natural, 16_000))
    ]
    assert (moves[0] < 0.9 * moves[1]).all()
    # ... and at a constant pitch all periods are equal, as in no human voice: buzz.
    constant_hz = torch.full((16_000,), 100.0)
    buzz = vocode(torch.full((201, 32), -30.0), constant_hz, torch.ones(16_000), 16_000)[0]
    assert (buzz[4_000:12_000] - buzz[4_160:12_160]).abs().max() < 1e-3 * buzz.abs().max()


def test_4_unwrapping_removes_the_modulus_and_its_difference_is_0_16_at_440_hz():
    t = torch.arange(16_000, dtype=torch.float64) / 16_000
    phase = stft(torch.sin(2 * math.pi * 440 * t), 2048, 512).angle()[56, 3:-3]
    unwrapped = torch.from_numpy(np.unwrap(phase.numpy()))
    assert phase.abs().max() <= math.pi < unwrapped.max() - unwrapped.min()  # it leaves the range
    curvature = unwrapped.diff().diff().abs().max()
    assert curvature < 1e-4 < (unwrapped % (2 * math.pi)).diff().diff().abs().max()
    turn = instantaneous_frequency(phase[None])[0, 1:]
    torch.testing.assert_close(turn, unwrapped.diff() / math.pi, atol=1e-6, rtol=0)
    assert turn.sub(0.16).abs().max() < 1e-5


def test_5_instantaneous_frequency_has_values_below_zero_and_is_not_changed_by_loudness():
    """So it has no logarithm; that of the magnitude makes a constant of a gain."""
    clip = recording("trumpet-60").audio[None, :, :31_000]
    config = replace(ImageConfig.paper(), epsilon=1e-30)
    loud, quiet = (to_image(gain * clip.double(), config) for gain in (1, 0.1))
    assert loud[0, 1].min() < -0.5
    sounding = quiet[0, 0] > loud[0, 0].max() - 0.2
    step = (loud - quiet)[0, :, sounding]
    assert step[0].std() < 1e-6 < step[0].mean() and step[1].abs().max() < 1e-6


def test_7_256_is_the_number_of_frames_and_the_hop_happens_to_be():
    low, high = ImageConfig.paper(), ImageConfig.paper(high_resolution=True)
    note = torch.zeros(1, 1, 64_000)
    assert [to_image(note, one).shape[2:] for one in (low, high)] == [(256, 512), (128, 1024)]
    assert [one.hop_length for one in (low, high)] == [256, 512]
    assert [1 + 64_000 // one.hop_length for one in (low, high)] == [251, 126]


def test_8_ln_of_a_millionth_becomes_minus_0_8():
    config = ImageConfig.released("if")
    image = to_image(torch.zeros(1, 1, 64_000), config)
    assert image[0, 0].sub(-0.8).abs().max() < 1e-6
    assert 0.0661371661726 * math.log(1e-6) + 0.113718730221 == pytest.approx(-0.8, abs=2e-8)


def test_9_harmonics_32_7_hz_apart_are_resolved_by_2048_samples_and_not_by_1024():
    lowest = 440 * 2 ** ((24 - 69) / 12)
    assert lowest == pytest.approx(32.70, abs=0.005)
    assert [4 * 16_000 / n for n in (1024, 2048)] == [62.5, 31.25]
    t = torch.arange(64_000, dtype=torch.float64) / 16_000
    low = sum(torch.sin(2 * math.pi * k * lowest * t) for k in range(1, 30))
    depths = []
    for n_fft in (1024, 2048):
        level = 20 * stft(low, n_fft, n_fft // 4)[:, 60].abs().log10()
        at = [lowest * k * n_fft / 16_000 for k in (2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6)]
        near = [level[int(x) : int(x) + 2] for x in at]
        peaks, valleys = [x.max() for x in near[::2]], [x.min() for x in near[1::2]]
        depths.append(float(sum(peaks) / len(peaks) - sum(valleys) / len(valleys)))
    assert depths[0] < 10 and depths[1] > 18


def test_14_the_measures_of_table_1_disagree_and_published_if_mel_does_not_return():
    """Rows of Engel et al. 2019, table 1: wins, NDB, FID, IS, pitch accuracy (%), pitch entropy."""
    rows = {
        "IF-Mel + H": (485, 29.3, 167, 38.1, 97.9, 0.40),
        "IF + H": (308, 36.0, 104, 41.6, 98.3, 0.32),
        "Phase + H": (225, 37.6, 592, 36.2, 97.6, 0.44),
        "IF-Mel": (479, 37.0, 600, 29.6, 94.1, 0.63),
        "IF": (283, 37.0, 708, 36.3, 96.8, 0.44),
        "Phase": (203, 41.4, 687, 24.4, 94.4, 0.77),
    }
    best = [max, min, min, max, max, min]
    winners = [pick(rows, key=lambda name, i=i: rows[name][i]) for i, pick in enumerate(best)]
    assert winners == ["IF-Mel + H"] * 2 + ["IF + H"] * 4
    ratios = []
    for name in ("trumpet-60", "violin-69", "cello-48"):
        clip = recording(name).audio[None]
        config = replace(ImageConfig.released(), n_samples=clip.shape[2])
        back = to_audio(to_image(clip, config), config)
        ratios.append((20 * torch.log10(clip.norm() / (clip - back).norm())).item())
    assert all(ratio < 10 for ratio in ratios), ratios


def test_22_gates_and_skips_are_in_every_layer_and_the_condition_in_every_gate():
    torch.manual_seed(0)
    three_classes = ConditionConfig(n_classes=(3,), channels=8)
    net = WaveNet(replace(WaveNetConfig.tiny(), condition=three_classes))
    torch.nn.init.normal_(net.logits.weight)  # zeros at first: nothing would reach the output
    codes = torch.randint(256, (1, 600), generator=torch.Generator().manual_seed(0))
    net(codes, Condition(classes=torch.tensor([[1]]))).square().sum().backward()
    G = net.config.gate_channels
    for layer, S in zip(
        net.layers, net.skip.weight.grad.chunk(len(net.layers), dim=1), strict=True
    ):
        tanh, sigmoid = layer.gate.weight.grad.split(G)
        assert S.abs().sum() > 0 and tanh.abs().sum() > 0 and sigmoid.abs().sum() > 0
    for V in net.conditioner.offsets.weight.grad.split(
        G
    ):  # tanh and sigmoid of every layer in turn
        assert V.abs().sum() > 0
    assert len(net.conditioner.offsets.weight) == len(net.layers) * 2 * G


def touched(output, inputs):
    """Which places of each input a number depends on, counted back from the last."""
    slopes = torch.autograd.grad(output, inputs, retain_graph=True)
    return [(s.shape[2] - 1 - s[0, 0].nonzero()[:, 0]).tolist()[::-1] for s in slopes]


def dilated_stack(dilations, length=24):
    """What goes into and comes out of every layer, two taps each."""
    signals = [torch.zeros(1, 1, length, requires_grad=True)]
    for d in dilations:
        conv = CausalConv1d(1, 1, kernel_size=2, dilation=d)
        torch.nn.init.uniform_(conv.weight, 0.5, 1.5)  # of one sign, so that nothing cancels
        signals.append(conv(signals[-1]))
    return signals


@pytest.mark.parametrize("d", [1, 4, 16])
def test_16_dilation_skips_and_covers_nothing(d):
    """Two weights at any distance; a masked filter of the same reach has d + 1, d - 1 of them zeros."""
    conv = CausalConv1d(1, 1, kernel_size=2, dilation=d)
    assert conv.weight.numel() == 2
    x = torch.randn(1, 1, 24, requires_grad=True)
    y = conv(x)
    assert touched(y[0, 0, -1], [x]) == [[0, d]]
    masked = torch.zeros(1, 1, d + 1)
    masked[..., 0], masked[..., -1] = conv.weight[0, 0]
    padded = torch.nn.functional.pad(x, (d, 0))
    torch.testing.assert_close(torch.conv1d(padded, masked, conv.bias), y)


def test_16_what_one_layer_skips_the_stack_reaches():
    signals = dilated_stack([1, 2, 4, 8])
    assert touched(signals[-1][0, 0, -1], signals)[0] == list(range(16))


def test_17_the_encoder_looks_ahead_as_far_as_back_and_the_decoder_not_at_all():
    torch.manual_seed(0)
    net = WaveNetAutoencoder(WaveNetAutoencoderConfig.tiny())
    torch.nn.init.normal_(
        net.decoder.logits.weight
    )  # zeros at first: nothing would reach the output
    audio = (0.3 * torch.randn(1, 1, 16 * 256)).requires_grad_()
    latents, embedded = net.encode(audio), []
    net.decoder.embed.register_forward_hook(lambda *one: embedded.append(one[2]))
    logits = net.decoder(mulaw.encode(audio.detach()[:, 0]), net.condition(latents))
    (seen,) = torch.autograd.grad(latents[0, :, 8].square().sum(), audio, retain_graph=True)
    places = seen[0, 0].nonzero()
    before, after = 8 * 256 - places.min().item(), places.max().item() - (9 * 256 - 1)
    assert 900 < before <= 1_024 and 900 < after <= 1_024
    (heard,) = torch.autograd.grad(logits[0, :, 2_000].square().sum(), embedded)
    # Row i of what is embedded is sample i - 1.
    assert (heard[0, 2_001:] == 0).all() and heard[0, 2_000].abs().sum() > 0
    # No gates and no skips: every module of a layer is a convolution.
    kinds = {type(one) for one in net.encoder.blocks.modules() if not [*one.children()]}
    assert kinds == {torch.nn.Conv1d}


def latents_trained(beta, steps):
    """Mean sigma of a VAE of one latent over the spread of its means; the data are a noisy line."""
    g = torch.Generator().manual_seed(0)
    place = torch.randn(512, 1, generator=g)
    data = place @ torch.tensor([[1.0, -2.0, 0.5]]) + 0.1 * torch.randn(512, 3, generator=g)
    torch.manual_seed(0)
    encoder, decoder = torch.nn.Linear(3, 2), torch.nn.Linear(1, 3)
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.03)
    for _ in range(steps):
        mean, log_variance = encoder(data).chunk(2, dim=1)
        z = reparameterize(mean, log_variance, torch.randn_like(mean))
        fit = gaussian_log_likelihood(data, decoder(z), 0.3)
        loss = (beta * kl_divergence(mean, log_variance) - fit).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return ((log_variance / 2).exp().mean() / mean.std()).item()


def test_18_without_the_kl_sigma_goes_to_zero():
    early, late = (latents_trained(beta=0, steps=n) for n in (200, 800))
    assert late < early / 2
    # The posterior of a linear VAE with weights w has sigma^2 = s^2 / (s^2 + |w|^2).
    exact = 0.3 / math.sqrt(0.3**2 + 1.0**2 + 2.0**2 + 0.5**2)
    assert latents_trained(beta=1, steps=800) == pytest.approx(exact, rel=0.05)
    assert late < exact / 3


def test_18_both_latents_are_drawn_and_played_and_neighbours_of_the_vae_sound_alike():
    data = sounds_with_frames(None, 16_000, 63 * 256, "valid", 0, 40, 80, MIDDLE_C)
    x = torch.stack([note["frames"] for note in data])
    jumps, away = [], []
    for name in ("autoencoder-notes", "vae-notes"):
        net, g = pretrained(name), torch.Generator().manual_seed(1)
        with torch.inference_mode():
            mean = net.encode(x).mean
            spread, angle = mean.std(0), 2 * math.pi * torch.rand(100, generator=g)
            z = mean.mean(0) + spread * torch.randn(100, 2, generator=g)
            step = spread / 2 * torch.stack([angle.cos(), angle.sin()], 1)
            jumps.append((net.decode(z + step) - net.decode(z)).abs().mean((1, 2)).max())
            drawn = net.decode(torch.randn(100, 2, generator=g))
            away.append(torch.cdist(drawn.flatten(1), x.flatten(1), p=1).min(1).values.mean())
            heard = frames_to_audio(drawn[:2], "notes")
        assert heard.isfinite().all() and (heard.square().mean((1, 2)) > 0).all()
    assert jumps[1] < 0.7 * jumps[0]
    assert away[1] < 0.7 * away[0]
    cells = nbformat.read(SOURCES.parent / "en" / "autoencoder_and_vae.ipynb", 4).cells
    html = "".join(
        str(o.data.get("text/html", "")) for c in cells for o in c.get("outputs", []) if "data" in o
    )
    assert html.count('class="ta-map"') == 2
    assert html.count("<button") == html.count('data-sound="data:audio/mpeg') == 50


def test_18_the_korean_term_is_byeonbun():
    terms = tomllib.loads((SOURCES.parent / "glossary.toml").read_text(encoding="utf-8"))
    assert terms["variational-inference"]["ko"] == "변분 추론"
    assert "변화 추론" in terms["variational-inference"]["not_ko"]


def densities():
    """A grid, and two modes of 70% and 30% on it."""
    x = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    modes = [Normal(m, 0.5).log_prob(x).exp() for m in (-2, 2)]
    return x, 0.7 * modes[0] + 0.3 * modes[1]


def jensen_shannon(p, q, dx):
    m = (p + q) / 2
    halves = [(torch.xlogy(a, a) - torch.xlogy(a, m)).sum() * dx for a in (p, q)]
    return (halves[0] + halves[1]) / 2


def test_19_against_the_best_discriminator_a_generator_learns_the_distribution():
    """The minimax loss alone, against D = p / (p + q): a histogram of logits becomes the data's density."""
    x, p = densities()
    dx = (x[1] - x[0]).item()
    logits = torch.zeros_like(x, requires_grad=True)
    adam = torch.optim.Adam([logits], lr=0.1)
    for step in range(400):
        q = logits.softmax(0) / dx
        if step == 0:
            assert jensen_shannon(p, q.detach(), dx) > 0.3
        # ln(1 - D) = ln q - ln(p + q); the discriminator is fixed while the generator moves.
        loss = (q * (q.log() - (p + q).log()).detach()).sum() * dx
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert jensen_shannon(p, q.detach(), dx) < 1e-3
    assert (q[x > 0].sum() * dx).item() == pytest.approx(0.3, abs=0.01)


def test_19_the_value_at_the_best_discriminator_is_that_of_the_divergence():
    x, p = densities()
    dx, q = (x[1] - x[0]).item(), Normal(0, 1.5).log_prob(x).exp()
    D = p / (p + q)
    value = (torch.xlogy(p, D) + torch.xlogy(q, 1 - D)).sum() * dx
    wanted = 2 * jensen_shannon(p, q, dx) - 2 * math.log(2)
    assert value.item() == pytest.approx(wanted.item(), abs=1e-6)
    for shift in (-0.01, 0.01):  # any other discriminator's is less
        other = (D + shift).clamp(1e-6, 1 - 1e-6)
        assert (torch.xlogy(p, other) + torch.xlogy(q, 1 - other)).sum() * dx < value


def test_19_the_converter_that_is_cited_is_a_vae_conditioned_on_labels():
    """Trained on speakers' labels, by the bound: reconstruction less KL, given the speaker."""
    net, frames, mean = (
        MelVAE(VAEWGANConfig.tiny()).eval(),
        torch.randn(1, 82, 8),
        torch.zeros(1, 82),
    )
    with torch.no_grad():
        one, another = (net(frames, mean, torch.tensor([k]))[0] for k in (0, 1))
        _, (mu, log_variance) = net(frames, mean, torch.tensor([0]))
    assert not torch.allclose(one, another)  # the label decides
    assert mu.shape == log_variance.shape  # of a distribution, as in any VAE


def uniform(shift):
    """The density of numbers from `shift` to `shift` + 1, on a grid of hundredths from -12 to 12."""
    x = torch.arange(-1_200, 1_200, dtype=torch.float64) / 100
    return ((x >= shift) & (x < shift + 1)).double()


def divergence(p, q):
    return torch.where(p > 0, p * (p / q).log(), 0).sum().item() / 100


@pytest.mark.parametrize("shift", [1, 3, 7])
def test_20_apart_js_is_ln_2_and_kl_infinite_and_only_the_wasserstein_distance_tells_how_far(shift):
    p, q = uniform(0), uniform(shift)
    assert divergence(p, q) == math.inf
    middle = (p + q) / 2
    assert (divergence(p, middle) + divergence(q, middle)) / 2 == pytest.approx(math.log(2))
    area = (p - q).cumsum(0).abs().sum().item() / 100**2
    assert area == pytest.approx(shift)


def test_20_scores_of_functions_of_slope_one_differ_by_the_distance_at_most():
    """Only the best of them reaches it: what a critic says is a distance after it was maximized."""
    p, q, dx = uniform(0), (uniform(2) + uniform(-1)) / 2, 0.01
    below = (q - p).cumsum(0) * dx  # F_Q - F_P
    distance = below.abs().sum().item() * dx
    slopes = 2 * torch.rand(100, 24, generator=torch.Generator().manual_seed(0)).double() - 1
    for slope in (*slopes.repeat_interleave(100, 1), torch.ones(2_400, dtype=torch.float64)):
        f = slope.cumsum(0) * dx
        assert ((p - q) * f).sum().item() * dx < 0.9 * distance
    best = below.sign().roll(1).cumsum(0) * dx
    assert ((p - q) * best).sum().item() * dx == pytest.approx(distance, rel=1e-6)


def test_21_a_layer_reads_two_taps_of_the_layer_below():
    signals = dilated_stack([1, 2, 4])
    for below, (low, d) in enumerate(zip(signals, (1, 2, 4), strict=False)):
        assert touched(signals[below + 1][0, 0, -1], [low]) == [[0, d]]
    assert touched(signals[-1][0, 0, -1], signals)[0] == list(range(8))


def test_23_argmax_comes_to_a_stop_where_drawing_goes_on():
    net = pretrained("causal-notes")
    given = mulaw.encode(recording("cello-48").audio[:, 8_000:8_600]).expand(2, -1)
    likeliest, drawn = cached(net, 800, [0, 0], temperature=[0.0, 1.0], prompt=given)
    assert len(likeliest[400:].unique()) == 1
    assert len(drawn[400:].unique()) > 50


def test_23_drawing_follows_the_softmax_and_argmax_does_not():
    logits = torch.tensor([0.0, 1.0, 2.0])
    generators = [torch.Generator().manual_seed(i) for i in range(3_000)]
    share = draw(logits.expand(3_000, 3), generators).bincount(minlength=3) / 3_000
    # The standard error of a share is below 0.01.
    assert torch.allclose(share, logits.softmax(0), atol=0.04)
    assert draw(logits.expand(3_000, 3), generators, 0.0).unique().tolist() == [2]


def test_24_a_sample_index_into_the_bands_of_a_mel_is_a_band_and_then_an_error():
    voice = recording("speech-it-queue-youarenext").audio[:, :32_000]
    mels = log_mel(voice[None], 16_000)  # (1, 80, N), as torchaudio has it for one channel
    assert torch.equal(mels[:, 3], mels[0, 3][None]) and mels[:, 3].shape == (1, mels.shape[2])
    with pytest.raises(IndexError, match="size 80"):
        mels[:, 80]
    upsampled = Upsampler(256)(mels.transpose(1, 2))
    assert upsampled.shape == (1, 256 * mels.shape[2], 80)
    assert torch.equal(upsampled[:, 256 * 31], mels[:, :, 31])  # by lines, before it learns


def test_24_silence_is_128_and_what_is_beyond_the_receptive_field_changes_nothing():
    assert mulaw.decode(torch.tensor([0, 0, 0])).tolist() == [-1, -1, -1]
    assert abs(mulaw.decode(torch.tensor(128)).item()) < 1e-4
    net = pretrained("causal-notes")
    assert net.silence == 128
    past = mulaw.encode(recording("cello-48").audio[:, 8_000:10_000])
    with torch.inference_mode():
        whole = net(F.pad(past, (0, 1)))
        cut = net(F.pad(past[:, -net.receptive_field :], (0, 1)))
    assert torch.allclose(whole[..., -1], cut[..., -1], atol=1e-4)
    with pytest.raises(RuntimeError, match="cannot be converted to Scalar"):
        whole.argmax(dim=1).item()
    assert whole[:, :, -1].argmax(dim=1).numel() == 1


def test_25_sixteen_thousand_samples_are_a_second_at_one_rate_only():
    for name, seconds in (("cello-48", 1.0), ("percussion-loop", 0.363)):
        clip = recording(name)
        assert clip.audio[:, :16_000].shape[1] / clip.sample_rate == pytest.approx(
            seconds, abs=1e-3
        )


def test_26_sixteen_bits_have_a_distribution_that_adds_up_to_one_and_values_are_drawn_from_it():
    parameters = torch.cat(
        [torch.zeros(10), torch.linspace(-0.9, 0.9, 10), torch.full((10,), -2.0)]
    )
    every = torch.arange(65_536)[None]
    p = mixture.log_probability(parameters.expand(65_536, -1).T[None], every, 65_536).double().exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-4)
    generators = [torch.Generator().manual_seed(i) for i in range(200)]
    drawn = mixture.draw(parameters.expand(200, -1), generators)
    assert len(drawn.unique()) > 150  # a distribution, not one value


def test_26_a_threshold_of_amplitude_is_right_for_8_bits_only():
    """Each of 33 levels beyond 0.999 at either end takes the whole tail: they add up to 3.907."""
    for n_levels, at_each_end, total in ((256, 1, 1.0), (65_536, 33, 3.907)):
        x = torch.linspace(-1, 1, n_levels, dtype=torch.float64)
        assert (x > 0.999).sum() == at_each_end
        half, means = (
            1 / (n_levels - 1),
            torch.linspace(-0.9, 0.9, 10, dtype=torch.float64)[:, None],
        )
        below = [torch.sigmoid((x + h - means) / math.exp(-2)).mean(0) for h in (-half, half)]
        below[0][x < -0.999], below[1][x > 0.999] = 0, 1
        assert (below[1] - below[0]).sum().item() == pytest.approx(total, abs=1e-3)


def test_27_a_small_wavenet_keeps_up_with_16_khz_on_one_core():
    """The best of three, in the thread's own time: other work on the machine is not the network's."""
    net, seconds = WaveNet(WaveNetConfig.tiny()), []
    native(net, 10)  # compiles
    for _ in range(3):
        begun = time.thread_time()
        native(net, 8_000)
        seconds.append(time.thread_time() - begun)
    assert min(seconds) < 8_000 / 16_000


@pytest.mark.parametrize("sample_rate", [8_000, 16_000])
@pytest.mark.parametrize("share", [0.2, 0.51, 0.9, 1.3, 1.75, 2.4])
def test_28_an_undersampled_tone_folds(sample_rate, share):
    """It is not noise: all of its energy stands at |f - k f_s|."""
    f = share * sample_rate
    n = torch.arange(sample_rate, dtype=torch.float64)
    spectrum = (
        torch.fft.rfft(torch.cos(2 * torch.pi * f / sample_rate * n)).abs().square()
    )  # bins of 1 Hz
    alias_hz = abs(f - sample_rate * round(f / sample_rate))
    assert spectrum.argmax().item() == round(alias_hz)
    assert spectrum.max() / spectrum.sum() > 0.999


def test_28_a_sweep_turns_back_at_the_nyquist_frequency():
    rate = 16_000
    t = torch.arange(4 * rate, dtype=torch.float64) / rate
    loudest = stft(torch.sin(2 * torch.pi * 2_000 * t**2).float()).abs().argmax(dim=0) * rate / 1024
    seconds = torch.arange(len(loudest)) * 256 / rate
    middle = slice(10, -10)  # the first and last frames reach over the edge
    expected = torch.where(seconds < 2, 4_000 * seconds, 16_000 - 4_000 * seconds)
    # Within a frame of 64 ms the sweep moves by 256 Hz.
    assert (loudest - expected)[middle].abs().max() < 160


def test_13_a_preference_between_pairs_is_counted_against_a_coin():
    """What people are asked on AMT; the number of questions decides what 60 % means."""
    assert preference_p(6, 10) > 0.7 and preference_p(60, 100) > 0.05
    assert preference_p(480, 800) < 1e-7


@pytest.mark.parametrize("work", ["kong2021", "chen2021"])
def test_30_diffwave_and_wavegrad_are_of_iclr_2021(work):
    entry = re.search(
        rf"@\w+{{{work},.*?\n}}", (SOURCES.parent / "references.bib").read_text(), re.S
    )[0]
    assert "International Conference on Learning Representations" in entry
    assert "year = {2021}" in entry


def test_31_a_step_also_shrinks_so_that_the_variance_stays():
    x = added = torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    noise = torch.Generator().manual_seed(1)
    for beta in DDPM.betas:
        z = torch.randn(20_000, generator=noise)
        x, added = (1 - beta).sqrt() * x + beta.sqrt() * z, added + beta.sqrt() * z
    assert x.std().item() == pytest.approx(1, abs=0.02)
    assert added.std().item() == pytest.approx((1 + DDPM.betas.sum()).sqrt().item(), rel=0.02)
    assert added.std() > 3


def test_31_the_noise_is_minus_the_score_times_a_factor():
    """Gaussian data: regression of the noise on x_t has the slope of -sqrt(1 - alpha-bar) grad log p."""
    std, alpha_bar = 0.5, DDPM.alpha_bars[299]
    generator = torch.Generator().manual_seed(0)
    x_0, noise = (torch.randn(200_000, generator=generator) for _ in range(2))
    x_t = add_noise(std * x_0, noise, alpha_bar.expand(200_000))
    regression = (noise * x_t).mean() / x_t.square().mean()
    x = torch.tensor(1.0, requires_grad=True)
    deviation = (alpha_bar * std**2 + 1 - alpha_bar).sqrt().float()
    score = torch.autograd.grad(Normal(0.0, deviation).log_prob(x), x)[0]
    expected = -(1 - alpha_bar).sqrt() * score
    assert regression.item() == pytest.approx(expected.item(), abs=0.01)


def test_31_the_way_back_adds_noise_or_the_data_s_width_is_lost():
    diffusion = GaussianDiffusion(DiscreteTime(DDPM))

    def exact(x, t):  # data of standard deviation 0.5
        alpha_bar = DDPM.alpha_bars[t.round().long(), None]
        return (1 - alpha_bar).sqrt() * x / (1 - alpha_bar + 0.25 * alpha_bar)

    def only_subtract(points, alpha_bar, noise):
        return ancestral(points, alpha_bar, lambda: torch.zeros(1))

    stds = [
        sample(exact, diffusion, DDPM.spaced(200), (10_000,), [0], step=step).std().item()
        for step in (ancestral, only_subtract)
    ]
    assert stds[0] == pytest.approx(0.5, rel=0.1) and stds[1] < 0.01


def image_db(upsample):
    """Of a tone of 2,667 Hz that is brought from 8 to 16 kHz: its mirror image about 4 kHz."""
    tone = torch.cos(2 * torch.pi / 3 * torch.arange(24_000, dtype=torch.float64))
    spectrum = torch.fft.rfft(torch.hann_window(48_000).double() * upsample(tone, 2)).abs()
    return 20 * (spectrum[16_000] / spectrum[8_000]).log10().item()  # bins of a third of a Hz


def test_29_straight_lines_and_nearest_samples_leave_images_and_a_sinc_does_not():
    assert image_db(upsample_linear) == pytest.approx(-9.54, abs=0.01)
    assert image_db(upsample_nearest) > -10
    assert image_db(upsample_sinc) < -100


@pytest.mark.parametrize(("work", "year"), [("li2015", 2015), ("su2021", 2021)])
def test_32_others_widened_bandwidth_before_and_beside(work, year):
    entry = re.search(
        rf"@\w+{{{work},.*?\n}}", (SOURCES.parent / "references.bib").read_text(), re.S
    )[0]
    assert f"year = {{{year}}}" in entry and "Acoustics, Speech and Signal Processing" in entry
    assert f"{{cite}}`{work}`" in (SOURCES / "upsampling_baselines.md").read_text()


def clip_of_noise_and_tone():
    noise = torch.randn(48_000, generator=torch.Generator().manual_seed(0))
    return noise / 100 + torch.sin(torch.arange(48_000) / 20)


def test_33_the_printed_ratios_are_half_of_the_true_ones():
    y = clip_of_noise_and_tone()
    y_hat = upsample_sinc(decimate_sinc(y, 3), 3)
    true, printed = (signal_to_noise_db(y_hat, y, one) for one in (SNR, SNR_PRINTED))
    assert true == pytest.approx(2 * printed) and true > 10


def test_33_lsd_prefers_images_to_an_empty_band_and_snr_does_not():
    y = clip_of_noise_and_tone()
    linear, sinc = (way(decimate_sinc(y, 3), 3) for way in (upsample_linear, upsample_sinc))
    lsd = [log_spectral_distance(one, y, LSD_NUWAVE) for one in (linear, sinc)]
    snr = [signal_to_noise_db(one, y, SNR) for one in (linear, sinc)]
    assert lsd[0] < lsd[1] and snr[0] < snr[1]


def test_33_an_abx_accuracy_of_half_is_the_best_there_is():
    """Nobody could tell: no surprise at all.  Every trial right is a difference that is heard."""
    assert abx_p(5, 10) > 0.5 and abx_p(10, 10) < 0.001


def test_33_a_late_baseline_is_worse_by_its_delay_alone():
    y = clip_of_noise_and_tone()
    for ratio in (2, 3):
        x = decimate_sinc(y, ratio)
        late = F.interpolate(x[None, None], scale_factor=float(ratio), mode="linear")[0, 0]
        aligned = upsample_linear(x, ratio)
        assert signal_to_noise_db(aligned, y, SNR) > signal_to_noise_db(late, y, SNR) + 3
