"""The numbers that chapter 8 states in its text: what its cells print is tested by executing them."""

import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.kept_frames import sounds_with_frames
from tinyaudio.models.autoencoder import Autoencoder, AutoencoderConfig
from tinyaudio.recipes.autoencoder import MIDDLE_C
from tinyaudio.represent.logmel import RANGE_DB
from tools.book import SOURCES

TEXT = (SOURCES / "autoencoder_and_vae.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "autoencoder_and_vae.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def number(pattern, text):
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in what the cells print"
    return float(found[1])


def test_the_shipped_models_are_the_ones_described():
    stated(
        "학습 스텝(900)", "the same 900 steps", "$\\beta = 20$인 VAE", "a VAE with $\\beta = 20$"
    )
    stated("$s = 6$ dB로", "standard deviation of $s = 6$ dB")
    plain, variational = (open_run(name).config for name in ("autoencoder-notes", "vae-notes"))
    assert plain.steps == variational.steps == 900
    assert not plain.variational and variational.variational and variational.beta == 20
    assert plain.scale_db == variational.scale_db == 6
    assert plain.model.n_latents == variational.model.n_latents == 2


def test_sizes_of_a_note_and_of_the_rows():
    stated("숫자 5,120개", "5,120 numbers", "멜 프레임 3,840개", "3,840 mel frames of 80 bands")
    assert 80 * 64 == 5_120 and 60 * 64 == 3_840


def test_holes_are_as_far_as_stated(printed):
    stated("4 dB이지만", "13 dB, 바깥에서는 40 dB")
    stated("4 dB away at this flute, 13 dB between this organ and this string, and 40 dB outside")
    assert number(r"at a flute: (\d+) dB", printed) == 4
    assert number(r"between organ and string: (\d+) dB", printed) == 13
    assert number(r"outside: (\d+) dB", printed) == 40


def test_the_kl_does_what_the_list_says(printed):
    stated("VAE에서 8 dB, 오토인코더에서 16 dB", "are 8 dB from a note with the VAE, 16 dB")
    stated(
        "열에 아홉이 넘게 플루트와 현", "More than nine of ten notes drawn from the VAE are flutes"
    )
    rows = re.findall(
        r"(\w+): width of the plane (\d+), a step ([\d.]+) \(≤ (\d+)\) dB, fitted Gaussian ([\d.]+) dB, "
        r"N\(0, I\) ([\d.]+) dB\n +(.*)",
        printed,
    )
    rows = {
        name: ([float(one) for one in numbers], dict(re.findall(r"(\w+) (\d+)", families)))
        for name, *numbers, families in rows
    }
    (width, step, most, fitted, prior), families = rows["autoencoder"]
    (_, vae_step, vae_most, vae_fitted, vae_prior), vae_families = rows["VAE"]
    stated("폭이 15이므로", "have a spread of 15", "폭이 15인 평면", "a plane with a spread of 15")
    assert width == 15
    assert round(prior) == 16 and round(vae_prior) == 8
    assert round(fitted) == 8 and fitted - vae_fitted == pytest.approx(1, abs=0.3)
    assert vae_step < step  # slightly less in a step
    assert vae_most / most == pytest.approx(0.5, abs=0.1)  # the largest change is about half
    drawn, vae_drawn = (
        {family: int(n) for family, n in one.items()} for one in (families, vae_families)
    )
    assert drawn["guitar"] == 200 == sum(drawn.values())
    assert vae_drawn["flute"] + vae_drawn["string"] > 180
    assert vae_drawn["guitar"] + vae_drawn["organ"] < 10


def test_half_way_in_the_plane_is_nearer_to_notes_but_no_nearer_with_the_vae(printed):
    stated("1–2 dB 더 가깝습니다", "on average 1 to 2 dB nearer to real notes")
    spectrum, plain, variational = (
        number(rf"(?m)^{name} +([\d.]+) dB$", printed)
        for name in ("spectrum", "autoencoder", "VAE")
    )
    assert 0.8 < spectrum - variational < spectrum - plain < 2.2


def test_two_numbers_more_than_halve_the_error_of_the_mean_spectrum(printed):
    stated("원본도 82%", "82% of the originals", "seven families of ten")
    found = {
        name: (float(error), int(kept))
        for name, error, kept in re.findall(r"(?m)^(\S.*?) +([\d.]+) dB +(\d+)%$", printed)
    }
    assert found["original"] == (0, 82)
    for name in ("autoencoder", "VAE"):
        assert found[name][0] < found["mean spectrum"][0] / 2
        assert found[name][1] == pytest.approx(70, abs=4)
    assert found["VAE"][0] <= found["autoencoder"][0]
    assert found["untrained"][0] > found["mean spectrum"][0]
    stated("PCA의 오차는 6.7 dB", "줄인 것은 1.2 dB", "the error of PCA is 6.7 dB", "takes 1.2 dB")
    assert found["PCA"][0] == pytest.approx(6.7) == found["autoencoder"][0] + 1.2


@torch.no_grad()
def test_where_the_vae_s_notes_lie_and_how_far_its_holes_are():
    stated(
        "아래쪽 절반에 치우쳐",
        "in their lower half or below",
        "guitars and a third of the organs beyond",
    )
    stated("14 dB까지", "up to 14 dB away", "몇십 dB 크게", "tens of dB above")
    notes = sounds_with_frames(None, 16_000, 63 * 256, "valid", 0, 60, 80, MIDDLE_C)
    x = torch.stack([note["frames"] for note in notes])
    family = [FAMILIES[note["family"]] for note in notes]
    nets = {name: open_run(f"{name}-notes").models["net"] for name in ("autoencoder", "vae")}
    latents = nets["vae"].encode(x).mean
    assert (latents[:, 1] < 0).all()
    beyond = latents.norm(dim=1) > 2
    shares = {
        name: torch.stack([b for b, one in zip(beyond, family, strict=True) if one == name])
        .float()
        .mean()
        for name in ("guitar", "organ")
    }
    assert shares == {"guitar": 1, "organ": pytest.approx(1 / 3, abs=0.05)}
    for name, net in nets.items():
        z = net.encode(x).mean
        low, high = z.min(0).values, z.max(0).values
        sides = [torch.linspace(low[i], high[i], 5) for i in (0, 1)]
        frames = net.decode(torch.cartesian_prod(*sides))
        if name == "vae":
            away = torch.cdist(frames.flatten(1), x.flatten(1), p=1).min(1).values
            assert (RANGE_DB * away / x[0].numel()).max().round() == 14
        else:
            assert RANGE_DB * (frames.max() - x.max()) > 20


def test_the_papers_size():
    stated("1,984개", "1,984 numbers", "512칸", "512 bins")
    config = AutoencoderConfig.paper()
    assert (config.n_bins, config.n_latents) == (512, 1_984) and config.n_pitch_channels
    with torch.device("meta"):
        n = sum(weight.numel() for weight in Autoencoder(config).parameters())
    assert f"{n / 1e6:.1f}" == "36.8"


def test_a_weight_of_the_kl_is_another_scale():
    """misfit / 2 s^2 + beta KL is beta times the loss with s^2 beta in the place of s^2."""
    stated("$s^2$을 $\\beta$배", "multiplying $s^2$ by $\\beta$")
    misfit, kl, s, beta = 7.0, 3.0, 0.5, 20.0
    weighed = misfit / (2 * s**2) + beta * kl
    assert weighed == pytest.approx(beta * (misfit / (2 * s**2 * beta) + kl))
