"""The numbers that chapter 11 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.data import detune
from tinyaudio.data.domain_crops import DOMAINS
from tinyaudio.data.melodies import PITCH_RANGE, Melodies
from tinyaudio.models.translation import TranslationConfig
from tinyaudio.objectives.confusion import WEIGHT, classifier_loss
from tinyaudio.recipes.translation_wavenet import RECIPE as OF_WAVENETS
from tools.book import SOURCES
from tools.book.edition import select
from tools.book.source import read

TEXT = (SOURCES / "music_translation.md").read_text(encoding="utf-8")
RUNS = " ".join((SOURCES.parents[1] / "runs" / "README.md").read_text(encoding="utf-8").split())


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells printed, in English."""
    cells = nbformat.read(SOURCES.parent / "en" / "music_translation.ipynb", 4).cells
    return "".join(one.get("text", "") for cell in cells for one in cell.get("outputs", []))


def test_every_instrument_plays_in_the_same_range():
    stated("같은 음역에서 연주합니다", "play in one range", "MIDI 52–79")
    ranges = {Melodies(1, instruments=((name, 0),)).pitches for name in DOMAINS}
    assert ranges == {PITCH_RANGE} == {(52, 79)}


def test_the_same_melody_by_two_instruments_is_in_step():
    stated("샘플 하나까지 맞추어", "aligned to the sample")
    item = Melodies(1, instruments=(("flute", 0), ("guitar", 0)))[0]
    onsets = [(row.abs() > 1e-4).nonzero()[0].item() for row in item["audio"]]
    assert abs(onsets[0] - onsets[1]) < 0.005 * 16_000


def test_confusion_turns_the_encoder_away_from_the_instrument(printed):
    stated("프로브는 우연에 가깝습니다", "the probe is near chance")
    stated("복원 오차는 커집니다", "the error of reconstruction grows")
    rows = re.findall(r"probe: (\d+)%, notes off by (-?\d\.\d), error (\d\.\d\d)", printed)
    (leaks, far, low), (hidden, near, high) = [tuple(map(float, row)) for row in rows]
    assert leaks >= 70 and hidden <= 58
    assert far <= -1 and abs(near) < 0.35 * abs(far) and low < high


def test_the_encoder_that_is_confused_is_at_right_angles_to_the_instrument():
    """What the closed form asks for: z = w x says nothing of the instrument b if w b = 0."""
    stated("거의 직각이므로", "almost at right angles")
    names = {"torch": torch}
    code = [
        cell.text for cell in read(SOURCES / "music_translation.md").cells if cell.kind == "code"
    ]
    for text in code:  # the networks of section 11.2, as the chapter has them
        if any(f"def {one}(" in text for one in ("points", "networks", "learn")):
            exec(select(text, "en"), names)
    angles = []
    for weight in (0.0, 1.0):
        w = names["learn"](weight)[0].weight.detach()[0]
        cosine = torch.cosine_similarity(w, names["INSTRUMENT"], dim=0)
        angles.append(cosine.abs().acos().rad2deg().item())
    assert angles[0] < 60 and angles[1] > 83


def test_the_term_stays_at_minus_ln_2_once_the_classifier_is_wrong(printed):
    stated("$-\\ln 2 = -0.69$")
    table = re.findall(r"(?m)^ +(-?\d) +(\d\.\d\d) +(-\d\.\d\d) +(-?\d\.\d\d)$", printed)
    rows = {int(logit): tuple(map(float, row)) for logit, *row in table}
    assert list(rows) == [3, 1, -1, -3]
    for logit in (-1, -3):
        assert rows[logit][0] > math.log(2) and rows[logit][1:] == (-0.69, 0)
    for logit in (3, 1):
        assert rows[logit][1] == -rows[logit][0] and rows[logit][2] > 0


def test_each_term_reaches_what_the_text_says(printed):
    rows = {
        name: [value != "–" for value in values.split()]
        for name, values in re.findall(r"(?m)^(domain \d|confusion|classifier) +(.*)$", printed)
    }
    assert rows == {
        "domain 0": [True, True, False, False],
        "domain 1": [True, False, True, False],
        "confusion": [True, False, False, True],
        "classifier": [False, False, False, True],
    }


def test_the_augmentation_is_the_one_described():
    stated("0.25–0.5초", "0.25–0.5 s", "$-0.5 \\le s \\le 0.5$")
    assert detune.SECONDS == (0.25, 0.5) and detune.SEMITONES == 0.5


def test_a_fooled_classifier_is_no_domain_that_is_gone(printed):
    """In the small model, the classifier falls to chance, and a probe is right all the same."""
    stated("**두 모델 모두에서**", "**in both models**")
    accuracies = dict(re.findall(r"(?m)^(0\.\d): \d+ dB, classifier (\d+)%", printed))
    assert int(accuracies["0.0"]) >= 85 and 40 <= int(accuracies["0.1"]) <= 65
    probes = dict(re.findall(r"(?m)^(0\.\d) (\d+)%$", printed))
    assert min(map(int, probes.values())) >= 85 and set(probes) == {"0.0", "0.1"}


def test_the_small_model_trained_with_confusion_comes_closer(printed):
    stated("혼동과 함께 학습한 쪽이 더 가깝지만", "Training with confusion comes closer")
    ratios = {
        name: float(one) for name, one in re.findall(r"(?m)^λ = (0\.\d) (\d\.\d\d)$", printed)
    }
    assert ratios["0.1"] < ratios["0.0"] < 1


def test_decoders_are_two_and_a_clip_reaches_its_own(printed):
    assert "True False" in printed and "[False, True]" in printed


def test_six_domains_at_chance_have_1_79_nats():
    stated("1.79냇", "1.79 nats", "ln 6 = 1.79")
    at_chance = classifier_loss(torch.zeros(1, 6), torch.tensor([2]))
    assert at_chance.item() == pytest.approx(1.79, abs=0.005)


def test_the_paper_s_model_is_the_one_described():
    stated("50 ms마다 숫자 64개", "64 numbers every 50 ms", "$\\lambda = 0.01$")
    config = TranslationConfig.paper()
    assert (config.n_domains, config.latent_channels) == (6, 64)
    assert config.hop_length / OF_WAVENETS.sizes["paper"].sample_rate == 0.05
    assert WEIGHT == 0.01


def test_the_shipped_model_is_the_one_described():
    stated("플루트, 오르간, 금관, 기타를", "on flute, organ, brass and guitar")
    stated("1,500스텝, $\\lambda = 0.1$", "for 1,500 steps on a CPU with $\\lambda = 0.1$")
    config = open_run("translation-instruments").config
    assert (config.domains, config.steps, config.confusion) == (DOMAINS, 1_500, 0.1)
    assert DOMAINS == ("flute", "organ", "brass", "guitar")


def test_the_equalizer_is_nearer_and_still_a_flute(printed):
    stated("분류기는 여전히 플루트라고 답합니다", "and yet the classifier answers flute")
    pattern = r"(?m)^(source|mean spectrum|untrained|translation|vocoder copy) +(\d\.\d\d) instrument: (\w+)$"
    rows = {name: (float(ratio), heard) for name, ratio, heard in re.findall(pattern, printed)}
    assert rows["vocoder copy"][0] < rows["mean spectrum"][0] < rows["translation"][0] < 0.8
    assert [rows[name][1] for name in ("mean spectrum", "translation")] == ["flute", "guitar"]


def test_the_tables_are_the_benchmark_s_record():
    found = json.loads((SOURCES.parents[0] / "records" / "conversion.json").read_text())
    record = found["translation"]
    rows = {
        "translation": "translation",
        "source as it is": "unconverted",
        "mean spectrum, no network": "mean_spectrum",
        "reference through the vocoder only": "vocoder_copy",
    }
    for label, name in rows.items():
        row = record[name]
        percents = [row["target_instrument_accuracy"], row["pitch_kept"]]
        shown = " | ".join(f"{100 * one:.0f}%" for one in percents)
        stated(f"| {label} | {row['distance_ratio']:.2f} | {shown} |")
    stated("평균에서 두 대조군보다 기준에 가깝지만", "nearer to the reference than both controls")
    nearest = [record[name]["distance_ratio"] for name in rows.values()]
    assert nearest[3] < 0.5 * nearest[0] and nearest[0] < nearest[2] and nearest[0] < nearest[1]
    assert record["translation"]["pitch_kept"] < record["unconverted"]["pitch_kept"]
    stated("도메인이 조금도", "혼동 없이 0.93, $\\lambda = 0.05$이면 0.78")
    stated("was 0.93 without confusion and 0.78 with $\\lambda = 0.05$")
    assert "0.93 without confusion (`--confusion 0`), no better than an equalizer, and 0.78" in RUNS
    probe = record["domain_probe"]
    stated("대부분 알아맞힙니다", "mostly recognizes the instrument")
    assert 0.5 < probe["latents"] < probe["untrained"]
    assert probe["chance"] == 0.25
    for label, name in (
        ("latents of the translation model", "latents"),
        ("latents of an untrained encoder", "untrained"),
        ("mel frames", "frames"),
    ):
        low, high = (f"{100 * probe[f'{name}_{end}']:.0f}%" for end in ("low", "high"))
        stated(f"| {label} | {100 * probe[name]:.0f}% ({low}–{high}) |")
