"""The numbers that chapter 8 states in its text: what its cells print is tested by executing them."""

import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.models.autoencoder import Autoencoder, AutoencoderConfig
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
    stated("At a note it is 4 dB, but 13 dB between two families and 40 dB outside")
    assert number(r"at a flute: (\d+) dB", printed) == 4
    assert number(r"between organ and string: (\d+) dB", printed) == 13
    assert number(r"outside: (\d+) dB", printed) == 40


def test_the_kl_does_what_the_list_says(printed):
    stated("VAE에서 8 dB, 오토인코더에서 16 dB", "are 8 dB from a note with the VAE, 16 dB")
    stated(
        "열에 아홉이 넘게 플루트와 현", "More than nine of ten notes drawn from the VAE are flutes"
    )
    rows = {
        name: ([float(one) for one in numbers], {family: int(n) for family, n in families})
        for name, *numbers, families in (
            (*found[:-1], re.findall(r"'(\w+)', (\d+)", found[-1]))
            for found in re.findall(
                r"(\w+): a step ([\d.]+) \(≤ (\d+)\) dB, fitted Gaussian ([\d.]+) dB, "
                r"N\(0, I\) ([\d.]+) dB\n +(.*)",
                printed,
            )
        )
    }
    (step, most, fitted, prior), families = rows["autoencoder"]
    (vae_step, vae_most, vae_fitted, vae_prior), vae_families = rows["VAE"]
    assert round(prior) == 16 and round(vae_prior) == 8
    assert round(fitted) == 8 and fitted - vae_fitted == pytest.approx(1, abs=0.3)
    assert vae_step < step  # slightly less in a step
    assert vae_most / most == pytest.approx(0.5, abs=0.1)  # the largest change is about half
    assert families == {"guitar": 200}
    assert {*vae_families} == {"flute", "string"} and sum(vae_families.values()) > 180


def test_half_way_in_the_plane_is_nearer_to_notes_but_no_nearer_with_the_vae(printed):
    stated("1–2 dB 더 가깝습니다", "on average 1 to 2 dB nearer to real notes")
    spectrum, plain, variational = (
        number(rf"(?m)^{name} +([\d.]+) dB$", printed)
        for name in ("spectrum", "autoencoder", "VAE")
    )
    assert 0.8 < spectrum - variational < spectrum - plain < 2.2


def test_two_numbers_more_than_halve_the_error_of_the_mean_spectrum(printed):
    stated("원본도 82%", "82 % of the originals", "seven families of ten")
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
