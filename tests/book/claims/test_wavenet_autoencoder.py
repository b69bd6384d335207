"""The numbers that chapter 10 states in its text: what its cells print is tested by executing them."""

import json
import re

import nbformat
import pytest
import torch

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.checkpoints import open_run
from tinyaudio.data.notes import SPLITS
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder, WaveNetAutoencoderConfig
from tinyaudio.recipes import wavenet_autoencoder
from tools.book import SOURCES

NAME = "wavenet_autoencoder"
TEXT = (SOURCES / f"{NAME}.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / f"{NAME}.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def found(pattern, text):
    match = re.search(pattern, text)
    assert match, f"{pattern!r} is not in what the cells print"
    return match.groups()


def test_nothing_is_left_to_be_filled_in():
    assert not re.findall(r"\b[A-Z]+_(?:KO|EN|RATIO|ALT)\b", TEXT)


def test_the_shipped_model_is_the_one_described():
    stated("5장의 `wavenet-notes`와 같은 음", "learned the notes of `wavenet-notes` of chapter 5")
    ours, classes = open_run("wavenet-autoencoder").config, open_run("wavenet-notes").config
    assert ours.notes == classes.notes and ours.sample_rate == classes.sample_rate == 8_000
    sizes = [
        (m.stacks, m.layers, m.kernel_size, m.residual_channels, m.gate_channels, m.skip_channels)
        for m in (ours.model.decoder, classes.model)
    ]
    assert sizes[0] == sizes[1]
    assert ours.model.decoder.condition.n_classes == (128,)  # the pitch, not the family


def test_what_passes_the_bottleneck():
    stated("32 ms마다 숫자 16개", "16 numbers every 32 ms", "1초에 8,000개이던 것이 500개")
    stated("초당 8,000비트, 샘플당 1비트", "8,000 bits a second, 1 bit per sample")
    encoder = open_run("wavenet-autoencoder").config.model.encoder
    assert 1_000 * encoder.hop_length / 8_000 == 32 and encoder.latent_channels == 16
    numbers = 8_000 / encoder.hop_length * encoder.latent_channels
    assert numbers == 500 and numbers * 16 / 8_000 == 1


def test_receptive_field_of_chapter_5_and_reach_of_the_encoder():
    stated("{term}`receptive-field`이 0.26초", "Its {term}`receptive-field` is 0.26 seconds")
    assert open_run("wavenet-notes").models["net"].receptive_field / 8_000 == pytest.approx(
        0.26, abs=0.005
    )
    stated("1,024샘플, 곧 128 ms", "1,024 samples, 128 ms")
    assert WaveNetAutoencoderConfig.tiny().encoder.reach == 1_024 == 0.128 * 8_000


def test_the_gradients_reach_as_far_as_stated(printed):
    stated("회색, 3,840–4,095", "grey, 3,840 to 4,095")
    assert (15 * 256, 16 * 256 - 1) == (3_840, 4_095)
    first, last = map(int, found(r"latent 15 on samples: (\d+) … (\d+)", printed))
    assert first == 3_840 - 1_024 and last == 4_095 + 1_024
    _, last = map(int, found(r"sample 4000 on samples: (\d+) … (\d+)", printed))
    assert last < 4_000
    _, last = map(int, found(r"sample 4000 on samples, by way of z: (\d+) … (\d+)", printed))
    assert last > 4_095 + 900


def test_the_paper_s_size_and_training():
    stated("30배쯤", "some 30 times as large", "200,000스텝을", "trains for 200,000 steps")
    with torch.device("meta"):
        net = WaveNetAutoencoder(WaveNetAutoencoderConfig.paper())
    E, D = (sum(p.numel() for p in part.parameters()) for part in (net.encoder, net.decoder))
    assert D / E == pytest.approx(30, abs=1.5)
    assert wavenet_autoencoder.PAPER.steps == 200_000
    assert wavenet_autoencoder.PAPER.model.hop_length == 512
    stated("같은 값을 512번", "repeats a value 512 times")


def test_sixteen_samples_are_less_than_half_a_period():
    stated("한 주기가 36샘플", "The period of an A3 is 36 samples", "16샘플(2 ms)")
    assert round(8_000 / midi_to_hz(57)) == 36
    assert 1 + 1 + 2 + 4 + 8 == 16 and 3 * 16 == 48


def test_the_small_model_uses_its_latents(printed):
    own = float(found(r"([\d.]+) its own", printed)[0])
    zeros, others = (float(found(rf"([\d.]+) {of}", printed)[0]) for of in ("zeros", "another"))
    none = float(found(r"([\d.]+) trained without latents", printed)[0])
    stated("차이는 0.2비트쯤", "The difference is about 0.2 bits")
    assert own < none < zeros < others and none - own == pytest.approx(0.2, abs=0.05)


def test_the_benchmark_has_75_notes_and_the_clips_are_held_out():
    stated("75음에서 잽니다", "here are 75")
    assert json.loads(RECORD.read_text())["notes"] == 75
    assert 36 in SPLITS["test"] and "i=36" in TEXT


RECORD = SOURCES.parent / "records" / "timbre.json"
ROWS = {
    "autoencoder": "from its latents",
    "zero_latents": "from zeros",
    "without_pitch": "from its latents, trained without the pitch",
    "wavenet_notes": "`wavenet-notes`, from numbers (chapter 5)",
    "other_instrument": "another instrument of the family (no network)",
    "noise": "noise with the mel levels (no network)",
}


def test_the_table_is_the_benchmark_s_record():
    found = json.loads(RECORD.read_text())
    record = found["reconstruction"] | {"without_pitch": found["without_pitch"]["autoencoder"]}
    for key, label in ROWS.items():
        row = record[key]
        bits = f"{row['bits_per_sample']:.2f}" if "bits_per_sample" in row else "–"
        cells = (
            f"{100 * row['pitch']:.0f}%",
            f"{row['harmonics_error_db']:.1f} dB",
            f"{row['level_course']:.2f}",
            bits,
        )
        stated(f"| {label} | {' | '.join(cells)} |")
    ours, numbers = record["autoencoder"], record["wavenet_notes"]
    stated("복원하고, 악기군의 번호를", "restores the level contour, which the WaveNet")
    assert ours["level_course"] > 0.9 > 0.2 > numbers["level_course"]
    assert ours["harmonics_error_db"] < numbers["harmonics_error_db"]
    assert record["zero_latents"]["pitch"] > 0.9 and record["without_pitch"]["level_course"] > 0.9
    stated("음높이를 37%만", "only 37% of the pitches")


def test_courses_of_bits(printed):
    rows = {
        name: [float(bits) for bits in found(rf"{name} +([\d.]+) … ([\d.]+)", printed)]
        for name in ("its own", "zeros", r"numbers \(chapter 5\)")
    }
    own, zeros, numbers = rows.values()
    stated(f"50 ms에서 {own[0]} 대 {numbers[0]}, 그 뒤로 {own[1]} 대 {numbers[1]}")
    stated(f"{own[0]} against {numbers[0]} in the first 50 ms of the note, {own[1]} against")
    stated("내내 1비트쯤", "about one bit more throughout")
    assert all(0.8 < zero - one < 1.5 for zero, one in zip(zeros, own, strict=True))


def test_the_line_between_flute_and_brass(printed):
    way = {
        (name, end): [
            float(d) for d in found(rf"{name} +→ {end} +([\d. ]+) dB", printed)[0].split()
        ]
        for name in ("latents", "crossfade")
        for end in ("flute", "brass")
    }
    flute, brass = way["latents", "flute"], way["latents", "brass"]
    stated(
        f"플루트 {flute[0]} dB, 금관 {brass[-1]} dB", f"{flute[0]} dB for the flute, {brass[-1]} dB"
    )
    assert brass == sorted(brass, reverse=True) and flute[-1] > flute[0] + 2
    assert flute[0] < brass[0] and brass[-1] < flute[-1]
    assert way["crossfade", "flute"][0] == way["crossfade", "brass"][-1] == 0
    assert way["crossfade", "brass"][2] < way["crossfade", "flute"][2] - 3
    record = json.loads(RECORD.read_text())["interpolation"]
    end, middle = record["autoencoder"]["1"], record["autoencoder"]["0.5"]["from_between_db"]
    first, second = (f"{end[f'from_{one}_db']:.1f}" for one in ("first", "second"))
    stated(
        f"첫 악기까지 {first} dB, 둘째 악기까지 {second} dB",
        f"{first} dB from the first instrument and {second}",
    )
    crossfade = record["crossfade"]["0.5"]["from_between_db"]
    stated(f"잠재 변수가 {middle:.1f} dB, 크로스페이드가 {crossfade:.1f} dB")
    stated(f"latents are {middle:.1f} dB away", f"the crossfade {crossfade:.1f} dB")
