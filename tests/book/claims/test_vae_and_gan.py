"""The numbers that chapter 13 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch
from torch.distributions import Normal

from tinyaudio.checkpoints import open_run
from tools.book import SOURCES

TEXT = (SOURCES / "vae_and_gan.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "vae_and_gan.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_the_trained_discriminator_is_at_the_best_value_but_for_a_little(printed):
    stated("값은 최댓값과 거의 같고", "The value is almost at its maximum")
    stated("몇 퍼센트포인트 안에서", "within a few percentage points")
    value, best = map(float, re.search(r"V (-[\d.]+), 2 JS - 2 ln 2 = (-[\d.]+)", printed).groups())
    assert best - 0.05 < value <= best
    assert float(re.search(r"\|D - D\*\| ([\d.]+)", printed)[1]) < 0.06


def test_the_generator_learns_places_widths_and_shares_of_both_modes(printed):
    stated(
        "자리와 폭, 7 대 3이라는 **비율**까지",
        "places and widths of the peaks, and even the **share**",
    )
    found = re.search(
        r"right mode (\d+)% \(data 30%\)\nmean (-[\d.]+), std ([\d.]+)\nmean ([\d.]+), std ([\d.]+)",
        printed,
    )
    right, *peaks = map(float, found.groups())
    assert right == pytest.approx(30, abs=6)
    assert peaks == pytest.approx([-2, 0.5, 2, 0.5], abs=0.21)


def test_the_two_gradients_at_one_percent(printed):
    stated("$D \\approx 0.01$일 때", "where $D \\approx 0.01$")
    slopes = dict(re.findall(r"(minimax|non-saturating): ([\d.]+)", printed))
    assert (slopes["minimax"], slopes["non-saturating"]) == ("0.01", "0.99")
    assert torch.tensor(-4.5).sigmoid().item() == pytest.approx(0.01, abs=0.002)


def test_the_gradient_of_the_non_saturating_loss_is_that_of_kl_minus_two_js():
    stated("$\\mathrm{KL}(q \\,\\|\\, p) - 2\\, \\mathrm{JS}(p, q)$의 것", "but of $\\mathrm{KL}(q")
    x = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    dx = x[1] - x[0]
    p = sum(w * Normal(m, 0.5).log_prob(x).exp() for w, m in ((0.7, -2), (0.3, 2)))

    def kl(a, b):
        return (torch.xlogy(a, a) - torch.xlogy(a, b)).sum() * dx

    mean = torch.tensor(-0.7, dtype=torch.float64, requires_grad=True)
    std = torch.tensor(1.2, dtype=torch.float64, requires_grad=True)
    q = Normal(mean, std).log_prob(x).exp()
    best = (p / (p + q)).detach()
    loss = -(q * best.log()).sum() * dx
    js = (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2
    given = torch.autograd.grad(loss, (mean, std), retain_graph=True)
    wanted = torch.autograd.grad(kl(q, p) - 2 * js, (mean, std))
    torch.testing.assert_close(given, wanted, rtol=1e-3, atol=1e-4)


def test_what_each_divergence_prefers(printed):
    """Wide for likelihood, one peak for the other KL; JS a peak at 7 to 3, wide at 5 to 5."""
    stated("7 대 3이면 큰 봉우리를 고르지만", "At 7 to 3 it chooses the larger peak")
    rows = re.findall(
        r"(\d0)% (KL\(p\|\|q\)|JS|KL\(q\|\|p\)) +mean (-?[\d.]+) std ([\d.]+)", printed
    )
    found = {(share, name): (float(m), float(s)) for share, name, m, s in rows}
    assert len(found) == 6
    for share in ("70", "50"):
        assert found[share, "KL(p||q)"][1] > 1.5 and found[share, "KL(q||p)"] == (-2.0, 0.5)
    assert found["70", "JS"] == (-2.0, 0.5) and found["50", "JS"][1] > 1.5


def test_the_non_saturating_loss_drops_the_right_peak_and_minimax_does_not(printed):
    stated("3분의 1 넘게", "more than a third")
    rows = dict(
        (name, (float(m), float(s), int(between)))
        for name, m, s, between in re.findall(
            r"(maximum likelihood|GAN, minimax|GAN, non-saturating): mean (-?[\d.]+), std ([\d.]+), "
            r"between the peaks (\d+)%",
            printed,
        )
    )
    mean, std, between = rows["maximum likelihood"]
    assert between > 100 / 3
    assert rows["GAN, non-saturating"][:2] == pytest.approx((-2, 0.5), abs=0.15)
    assert rows["GAN, minimax"][:2] == pytest.approx((mean, std), abs=0.3)
    assert 1 - Normal(-2, 0.5).cdf(torch.tensor(0.0)) < 1e-4  # of the right peak nothing is made


def test_a_critic_brings_back_the_detail_that_a_vae_averages(printed):
    stated("세부에는 거의 언제나 0을 답합니다", "almost always answers 0 for the detail")
    stated("세부의 분산이 대부분 돌아오고", "most of the detail's variance comes back")
    (without, middle), (critic, less) = (
        (int(a), int(b))
        for a, b in re.findall(
            r"variance of the detail (\d+)%, between the two values (\d+)%", printed
        )
    )
    assert without < 10 and middle > 90
    assert 50 < critic < 150 and less < 30


def test_the_variance_that_is_left_is_that_of_the_law(printed):
    stated("절반 넘게 사라집니다", "more than half of its detail")
    assert float(re.search(r"from the 11th on ([\d.]+)", printed)[1]) < 0.5
    left, by_law = re.search(r"variance left ([\d.]+), by the law ([\d.]+)", printed).groups()
    assert abs(float(left) - float(by_law)) < 0.15 and 0.3 <= float(left) <= 0.7


def test_equal_logits_cost_what_the_exercise_says():
    stated("$2 \\ln 2 \\approx 1.386$", "$\\ln 2 \\approx 0.693$")
    assert (2 * math.log(2), math.log(2)) == pytest.approx((1.386, 0.693), abs=5e-4)


# ------------------------------------------------------------------ the shipped models


def test_the_shipped_models_differ_in_the_critic_alone():
    vae, both = (open_run(name).config for name in ("vae-voices", "vae-wgan"))
    assert vae.critic_weight == 0 < both.critic_weight
    stated(f"($w$ = {both.critic_weight:g})")
    assert (vae.model, vae.steps // vae.critic_steps) == (
        both.model,
        both.steps // both.critic_steps,
    )
    stated("뒤쪽 3분의 2", "in the last two thirds")
    assert both.critic_from * 3 == both.steps and len(both.speakers) == 8


def test_the_critic_regains_movement_at_the_price_of_distance(printed):
    stated(
        "기준의 절반쯤이고, 비평자를 달면 5분의 3쯤",
        "about half",
        "with the critic about three fifths",
    )
    stated("거리는 조금 멀어집니다", "a little farther from the reference")
    rows = {
        name: (float(gv), float(distance))
        for name, gv, distance in re.findall(
            r"(?m)^(.+): variance ratio ([\d.]+), distance ([\d.]+)", printed
        )
    }
    (vae, near), (both, far) = rows["VAE"], rows["VAE-WGAN"]
    assert vae == pytest.approx(1 / 2, abs=0.07) and both == pytest.approx(3 / 5, abs=0.05)
    assert near < far < near + 0.1 < 1
    assert rows["reference, vocoder copy"][0] > 0.9 > rows["source"][0]


def test_the_table_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parents[0] / "records" / "conversion.json").read_text())
    rows = {
        "VAE": record["vae"],
        "VAE-WGAN": record["vae_wgan"],
        "VQ-VAE (chapter 9)": record["vqvae"],
        "source as it is": record["unconverted"],
        "means of pitch and envelope moved, no network": record["mean_spectrum"],
        "reference through the vocoder only": record["vocoder_copy"],
    }
    for label, row in rows.items():
        ratios = f"{row['global_variance_ratio']:.2f} | {row['distance_ratio']:.2f}"
        percents = f"{100 * row['target_speaker_accuracy']:.0f}% | {100 * row['content_kept']:.0f}%"
        line = f" | {ratios} | {percents} |"
        assert TEXT.count(line) >= 2, label + line  # Korean and English
        stated(f"| {label}{line}")


def test_the_critic_moves_the_variance_to_the_reference_s_and_content_up_but_distance_too():
    stated("전역 분산을 기준 쪽으로 옮기고", "moves the global variance towards the reference")
    stated("4,000스텝, 여기는 900스텝", "(4,000 steps; here 900)")
    assert [open_run(n).config.steps for n in ("vqvae-voices", "vae-wgan")] == [4_000, 900]
    record = json.loads((SOURCES.parents[0] / "records" / "conversion.json").read_text())
    vae, both = record["vae"], record["vae_wgan"]
    name = "global_variance_ratio"
    assert abs(math.log(both[name])) < abs(math.log(vae[name])) and vae[name] < 1
    stated("내용은 3%포인트", "Content rises by 3 percentage points")
    assert round(100 * (both["content_kept"] - vae["content_kept"])) == 3
    assert both["distance_ratio"] > vae["distance_ratio"]
    stated("네 열 모두에서 두 모델보다 낫습니다", "ahead of both in all four columns")
    other = record["vqvae"]
    stated("40쌍 가운데 두 쌍 줄었지만", "of 40 pairs two fewer")
    right = [40 * row["target_speaker_accuracy"] for row in (vae, both)]
    assert right == pytest.approx([31, 29])
    stated("표준오차가 7%포인트쯤", "a standard error of about 7 points")
    assert all(0.065 < (n / 40 * (1 - n / 40) / 40) ** 0.5 < 0.075 for n in right)
    stated("VAE 38%, VAE-WGAN 41%로, 평균만 옮긴 행의 67%와 VQ-VAE의 80%")
    stated(
        "38% for the VAE and 41% for the VAE-WGAN, far below the 67% of moving the means and the 80%"
    )
    pitches = [record[n]["pitch_kept"] for n in ("vae", "vae_wgan", "mean_spectrum", "vqvae")]
    assert pitches == pytest.approx([0.38, 0.41, 0.67, 0.80], abs=0.0051)
    for high in (name, "target_speaker_accuracy", "content_kept"):
        assert max(vae[high], both[high]) < other[high] < 1
    assert other["distance_ratio"] < vae["distance_ratio"]
    stated("나은 것은 거리뿐입니다", "both are ahead in distance alone")
    plain = record["mean_spectrum"]
    for high in (name, "target_speaker_accuracy", "content_kept"):
        assert max(vae[high], both[high]) < plain[high] < 1
    assert max(vae["distance_ratio"], both["distance_ratio"]) < plain["distance_ratio"]
