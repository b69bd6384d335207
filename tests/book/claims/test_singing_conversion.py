"""The numbers that chapter 12 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.data.augmentation import augment
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.models.mel_singing import MelSingingConfig
from tinyaudio.objectives.confusion import WEIGHT
from tools.book import SOURCES

TEXT = (SOURCES / "singing_conversion.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "singing_conversion.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_the_shipped_model_is_the_one_described():
    config = open_run("singing").config
    first, last = config.backtranslation_from, config.steps
    stated(
        f"합성 가수 여덟 명에게서 CPU로 {last:,}스텝, 그 가운데 {first:,}스텝부터는",
        f"eight synthetic singers on a CPU in {last:,} steps, with phase 2 from step {first:,} on",
    )
    assert config.speakers == tuple(map(str, range(8))) and 0 < first < last
    stated(f"$\\lambda$는 {config.confusion_weight}", f"$\\lambda$ of {config.confusion_weight}")
    assert WEIGHT == 0.01
    stated(
        "바로 학습하는 모델의 $\\lambda$는 0.01",
        "$\\lambda$ is 0.01 in the model that we train here",
    )


def test_the_singers_are_the_men_the_women_and_the_child_of_the_text():
    stated("여자 1과 3, 아이 4, 남자 5", "women 1 and 3, child 4 and man 5")
    kinds = [speaker(k).kind for k in (0, 1, 3, 4, 5)]
    assert kinds == ["man", "woman", "woman", "child", "man"]


def test_one_more_singer_costs_64_numbers():
    stated("숫자 64개로", "costs 64 numbers")
    assert MelSingingConfig.tiny().singer_channels == 64


def test_versions_form_the_table_of_the_cell(printed):
    stated("두 번 하면 모두 0", "Applying a version twice gives 0")
    assert "0 1 2 3\n1 0 3 2\n2 3 0 1\n3 2 1 0" in printed
    x = torch.arange(1.0, 6.0)
    assert all(torch.equal(augment(augment(x, i), i), x) for i in range(4))
    codes = re.search(r"equal mu-law codes: (.*)|equal μ-law codes: (.*)", printed)
    shares = (codes[1] or codes[2]).split()
    stated("샘플은 하나도 같지 않습니다", "yet no sample is the same")
    assert shares[0] == "100%" and shares[2] == "0%"


def test_what_sixty_steps_more_do(printed):
    source, one, two = (
        float(re.search(rf"(?m)^{name} +([\d.]+) dB", printed)[1])
        for name in ("source", "phase 1", "phase 2")
    )
    stated(f"원본이 **{source} dB**", f"differs from the reference by **{source} dB**")
    stated(f"단계 1만으로 **{one} dB**, 단계 2까지 하면 **{two} dB**")
    stated(f"**{one} dB** with phase 1 alone and **{two} dB** with phase 2")
    assert max(one, two) < source - 0.5 and abs(one - two) < 0.2


def test_the_shipped_model_comes_nearer_than_its_controls(printed):
    for k in (1, 3, 4, 5):
        rows = dict(re.findall(rf"(?m)^{k} (.*?): (\d\.\d), pitch", printed))
        assert float(rows["singing"]) < min(1, float(rows["means moved"])), k
        assert float(rows["untrained"]) > 1, k
    kept = [int(share) for share in re.findall(r"(?m)^\d singing: .* pitch (\d+)%", printed)]
    assert len(kept) == 4 and min(kept) >= 90
    stated("넷 모두 90%를 넘습니다", "above 90% for all four")


def test_what_latents_tell_of_the_singer(printed):
    mel, z = (int(re.search(rf"(?m)^{name}: (\d+)%", printed)[1]) for name in ("mel", "z"))
    stated(
        f"{mel}%를 맞히지만, $z$의 평균만으로는 {z}%",
        f"{mel}% right from the mean mel frame, and {z}%",
    )
    assert z == round(100 * 6 / 24) < mel
    stated("24클립 가운데 6개", "That is 6 of 24 clips", "확률이 7%", "with a probability of 7%")
    chances = [math.comb(24, k) * (1 / 8) ** k * (7 / 8) ** (24 - k) for k in range(6, 25)]
    assert round(100 * sum(chances)) == 7
    lines = (SOURCES.parents[1] / "runs" / "singing" / "log.jsonl").read_text().splitlines()
    last = [json.loads(line) for line in lines if "held_out/singer_accuracy" in line][-1]
    stated("28%를 맞히고(`runs/singing`)", "right in 28% on held-out melodies (`runs/singing`)")
    assert round(100 * last["held_out/singer_accuracy"]) == 28


def test_the_table_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parent / "records" / "conversion.json").read_text())
    rows = {
        "phase 1 alone": record["singer_phase1"],
        "phases 1 and 2 (`singing`)": record["singer_phase2"],
        "`singing`, source singers unseen in training": record["singer_unseen"]["singer_phase2"],
        "source as it is": record["singer_unconverted"],
        "mean spectrum moved, no network": record["singer_mean_spectrum"],
        "reference through the vocoder only": record["singer_vocoder_copy"],
    }
    names = ("target_speaker_accuracy", "pitch_kept", "content_kept")
    for label, row in rows.items():
        percents = " | ".join(f"{100 * row[name]:.0f}%" for name in names)
        stated(f"| {label} | {row['distance_ratio']:.2f} | {percents} |")
    one, two, unseen, source, mean, _ = rows.values()
    stated("단계 2는 도움이 되었습니다", "Phase 2 helped")
    assert (
        two["distance_ratio"]
        < one["distance_ratio"]
        < source["distance_ratio"]
        < mean["distance_ratio"]
    )
    assert two["target_speaker_accuracy"] > one["target_speaker_accuracy"]
    assert all(abs(two[name] - one[name]) < 0.02 for name in names[1:])
    assert unseen["distance_ratio"] - two["distance_ratio"] < 0.05
    first = record["singer_unseen"]["singer_phase1"]
    stated("거기서 0.83과 62%", "phase 1 alone has 0.83 and 62% there")
    assert (round(first["distance_ratio"], 2), first["target_speaker_accuracy"]) == (0.83, 0.625)
    stated("4분의 1쯤", "a quarter of the way")
    assert 0.2 < 1 - two["distance_ratio"] < 0.3
    stated("6–8%포인트", "6 to 8 percentage points")
    errors = [(row[names[0]] * (1 - row[names[0]]) / 40) ** 0.5 for row in (one, two)]
    assert all(0.06 <= error <= 0.08 for error in errors)


def test_the_papers_scores_are_those_that_are_cited():
    """DAMP and NUS-48E of Nachmani & Wolf 2019; the two of the abstract of PitchNet."""
    for row in (
        "| DAMP | 4.30 ± 0.90 | 4.01 ± 0.91 | 3.99 ± 0.83 |",
        "| NUS-48E | 4.37 ± 0.82 | 4.14 ± 0.79 | 4.09 ± 0.87 |",
    ):
        assert TEXT.count(row) == 2
    assert TEXT.count("**2.92**") == TEXT.count("3.75") == 2
