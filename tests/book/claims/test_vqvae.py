"""The numbers that chapter 9 states in its text: what its cells print is tested by executing them."""

import json
import math
import re

import nbformat
import pytest
import torch

from tinyaudio.checkpoints import open_run
from tinyaudio.data.speech.content import PHONES
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.models.quantizer import VectorQuantizer
from tinyaudio.objectives.codebook import ema_update
from tinyaudio.objectives.quantized import COMMITMENT, codebook_loss, commitment_loss, perplexity
from tinyaudio.represent.logmel import HOP_LENGTH
from tools.book import SOURCES

TEXT = (SOURCES / "vqvae.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "vqvae.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_the_shipped_model_is_the_one_described():
    stated("여덟 명, 코드 512개로 CPU에서 4,000스텝", "with 512 codes and 4,000 steps on a CPU")
    run = open_run("vqvae-voices")
    config = run.config
    assert (config.model.n_codes, config.steps, len(config.speakers)) == (512, 4_000, 8)
    assert config.speakers == tuple(map(str, range(8)))


def test_the_speakers_are_the_man_the_woman_and_the_child_of_the_text():
    stated("남자 0의 문장을 여자 3과 아이 4로", "man 0 to woman 3 and to child 4")
    stated("남자 0, 여자 1", "man 0, woman 1")
    assert [speaker(k).kind for k in (0, 1, 3, 4)] == ["man", "woman", "woman", "child"]


def test_bits_a_second_are_f_log2_k():
    stated("2,250 bit/s", "281 bit/s", "31.25 Hz", "$\\log_2 16 = 4$")
    config = open_run("vqvae-voices").config
    rate = config.sample_rate / HOP_LENGTH / config.model.stride
    assert rate == 31.25
    assert rate * math.log2(config.model.n_codes) == pytest.approx(281, abs=0.5)
    assert 16_000 / 64 * math.log2(512) == 2_250


def test_the_quiz_s_perplexity_of_20_is_4_3_bits():
    stated("약 4.3비트", "about 4.3 bits")
    counts = torch.tensor([1.0] * 20 + [0.0] * 492)
    assert perplexity(counts).log2().item() == pytest.approx(4.3, abs=0.05)


def test_phones_are_22_and_silence_is_the_last():
    stated("음소는 22개", "22 synthetic phones")
    assert len(PHONES) == 23 and list(PHONES)[-1] == "sil"


def test_beta_and_that_the_two_terms_have_one_value():
    stated("논문의 $\\beta$는 0.25", "$\\beta$ = 0.25 in the paper")
    assert COMMITMENT == 0.25
    z, e = torch.randn(2, 1, 3, 5)
    torch.testing.assert_close(codebook_loss(z, e), commitment_loss(z, e))


def test_counts_that_begin_at_zero_make_an_unused_code_over_a_thousand_times_longer():
    """m / max(N, 1e-5) with m = e and N = 0, as implementations have it; ours does not move."""
    stated("천 배 넘게", "over a thousand times longer")
    ours = VectorQuantizer(2, 1)
    ours.codebook.copy_(torch.tensor([[1.0], [-1.0]]))
    ours.sums.copy_(ours.codebook)
    latents = torch.ones(1, 1, 8)
    ema_update(ours, latents, torch.zeros(1, 8, dtype=torch.long))
    torch.testing.assert_close(ours.codebook, torch.tensor([[1.0], [-1.0]]))
    theirs = VectorQuantizer(2, 1)
    theirs.sums.copy_(torch.tensor([[1.0], [-1.0]]))
    theirs.counts.zero_()
    ema_update(theirs, latents, torch.zeros(1, 8, dtype=torch.long))
    assert (theirs.sums / (theirs.counts[:, None] + 1e-5))[1].abs().item() > 1_000


def test_the_usual_straight_through_rounds_and_ours_does_not():
    z = torch.randn(1_000, generator=torch.Generator().manual_seed(0))
    e = torch.tensor([-0.6, 0.1, 0.8])[
        (z[:, None] - torch.tensor([-0.6, 0.1, 0.8])).abs().argmin(1)
    ]
    assert torch.equal(e + (z - z.detach()), e)
    assert not torch.equal(z + (e - z).detach(), e)


def test_what_codes_tell_of_phones_speakers_and_pitch(printed):
    stated("62%가 높다고", "Our 62% do not make it the better model")
    stated(
        "모음 하나 안에서는 1.7인데, 코드까지 같으면 0.7",
        "is 1.7 within a vowel, but 0.7 within a vowel and a code",
    )
    shares = {
        name: (int(right), int(always))
        for name, right, always in re.findall(
            r"(phone|speaker): (\d+)% \(always the same: (\d+)%\)", printed
        )
    }
    assert shares["phone"][0] == 62 > 5 * shares["phone"][1]
    assert shares["speaker"][1] < shares["speaker"][0] < 40
    within = [
        float(re.search(rf"within {what}: ([\d.]+)", printed)[1])
        for what in ("a vowel", "vowel and code")
    ]
    assert within == [1.7, 0.7]


def test_the_order_of_distances_is_the_one_that_the_cell_prints(printed):
    stated("VQ-VAE는 더 가깝습니다", "means moved is a little closer, VQ-VAE closer still")
    stated("거리의 5분의 4가 남았습니다", "Four fifths of the distance")
    assert re.search(r"distance left: (.*)", printed)[1] == "0.8"
    for target in (3, 4):
        rows = dict(re.findall(rf"(?m)^{target} (.*?) +(\d\.\d) speaker", printed))
        distances = [float(rows[name]) for name in ("untrained", "means moved", "VQ-VAE")]
        assert distances[0] > 1 > distances[1] > distances[2] > 3 * float(rows["vocoder copy"])


def test_the_table_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parents[0] / "records" / "conversion.json").read_text())
    unseen = record["unseen"]
    rows = {
        "VQ-VAE": record["vqvae"],
        "VQ-VAE, source speakers unseen in training": unseen["vqvae"],
        "source as it is": record["unconverted"],
        "means of pitch and envelope moved, no network": record["mean_spectrum"],
        "reference through the vocoder only": record["vocoder_copy"],
    }
    names = ("target_speaker_accuracy", "pitch_kept", "content_kept")
    for label, row in rows.items():
        percents = " | ".join(f"{100 * row[name]:.0f}%" for name in names)
        stated(f"| {label} | {row['distance_ratio']:.2f} | {percents} |")
    assert f"{100 * unseen['mean_spectrum']['pitch_kept']:.0f}%" == "76%"
    stated("(76%)")
    recorded = record["recorded"]
    assert [
        f"{100 * recorded[name]['content_kept']:.0f}%" for name in ("vqvae", "mean_spectrum")
    ] == [
        "28%",
        "60%",
    ]
    stated("내용은 28%만 남고", "60%가 남습니다", "28% of the content kept, and 60% by the control")


def test_the_table_of_codebooks_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parents[0] / "records" / "codebooks.json").read_text())
    mean, *rows = record["rows"]
    for row in record["rows"]:
        bits = f"{row['perplexity']:.0f} | {row['nominal_bits']:.0f} | {row['measured_bits']:.0f}"
        told = " | ".join(
            f"{100 * row[name]:.0f}%" for name in ("phones_from_codes", "speakers_from_codes")
        )
        line = f" | {row['codes_used']} | {bits} | {row['mel_db']:.1f} dB | {told} |"
        assert TEXT.count(line) == 2, line  # Korean and English
    stated(f"{record['steps']}스텝씩", f"for {record['steps']} steps")
    # Half the error at once, then less and less; of speakers more and more.
    stated("절반으로 줄지만", "halve the error", "화자는 코드가 늘 때마다", "with every row")
    errors, speakers = ([row[name] for row in rows] for name in ("mel_db", "speakers_from_codes"))
    assert errors[0] == pytest.approx(mean["mel_db"] / 2, rel=0.05)
    assert errors == sorted(errors, reverse=True) and speakers == sorted(speakers)


def test_the_wavenet_decoder_s_table_is_the_benchmark_s_record():
    record = json.loads((SOURCES.parents[0] / "records" / "conversion.json").read_text())
    rows = {
        "WaveNet decoder": record["vqvae_wavenet"],
        "frame decoder (eight speakers), resampled to 8 kHz": record["two_speakers"]["vqvae"],
        "source as it is": record["two_speakers"]["unconverted"],
    }
    names = ("target_speaker_accuracy", "pitch_kept", "voiced_kept", "content_kept")
    for label, row in rows.items():
        percents = " | ".join(f"{100 * row[name]:.0f}%" for name in names)
        stated(f"| {label} | {row['distance_ratio']:.2f} | {percents} |")
    config = open_run("vqvae-wavenet").config
    stated(f"{config.steps:,}스텝 학습", f"trained for {config.steps:,} steps at 8 kHz")
    assert config.sample_rate == 8_000 and config.speakers == ("0", "1")
    assert config.model.hop_length == 64 and 8_000 / 64 == 125
