"""The numbers that chapter 16 states in its text: what its cells print is tested by executing them."""

import json
import re
from itertools import pairwise

import nbformat
import pytest
import torch

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.metrics.pitch import f0_track, note_hz
from tinyaudio.models import gansynth, gansynth_small
from tinyaudio.models.growth import Growth
from tinyaudio.represent.gansynth_image import ImageConfig, to_audio
from tinyaudio.represent.harmonic_template import harmonic_template
from tinyaudio.samplers.melody import release
from tools.book import SOURCES

TEXT = (SOURCES / "gansynth.md").read_text(encoding="utf-8")


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


def parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.fixture(scope="module")
def printed():
    """What the cells of the English edition printed."""
    cells = nbformat.read(SOURCES.parent / "en" / "gansynth.ipynb", 4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_nothing_is_left_to_be_filled_in():
    assert "TODO" not in TEXT


def test_the_image_of_four_seconds(printed):
    stated("숫자 262,144개가", "have become 262,144 numbers")
    assert "64,000 -> 262,144 (1, 2, 128, 1024)" in printed


def test_sizes_of_the_paper_s_networks(printed):
    stated("7,311,246개와 6,831,230개", "7,311,246 and 6,831,230 parameters")
    with torch.device("meta"):
        config = gansynth.GANSynthConfig.paper()
        networks = (gansynth.Generator(config), gansynth.Discriminator(config))
    assert [parameters(one) for one in networks] == [7_311_246, 6_831_230]
    assert "7,311,246" in printed and "6,831,230" in printed
    stated("이은 317개의 숫자", "are 317 numbers", "음높이 61가지", "of 61 pitches")
    assert (config.n_latents + config.n_pitches, config.n_pitches) == (317, 61)


def test_a_step_of_adam_moves_equalized_layers_alike(printed):
    stated(
        "5.7%와 1.0%만큼, 균등화하면 똑같이 0.08%",
        "by 5.7% and 1.0%; equalized, both move by 0.08%",
    )
    rows = re.findall(r"(10,144|288) (He|equalized) +([\d.]+)%", printed)
    moved = {(fan_in, name): float(share) for fan_in, name, share in rows}
    assert moved["10,144", "He"] == pytest.approx(5.7, abs=0.05)
    assert moved["288", "He"] == pytest.approx(1.0, abs=0.05)
    assert moved["10,144", "equalized"] == moved["288", "equalized"] == 0.08


def test_copies_show_in_the_deviation(printed):
    different, copies = map(float, re.search(r"(?m)^(0\.\d{3})\n(0\.\d{3})$", printed).groups())
    assert different > 50 * copies and copies == 0.001
    stated("새 채널이 모두 0.001입니다", "the new channel is 0.001 everywhere")


def test_growth_is_a_function_of_the_examples_alone(printed):
    assert "sum 1.000 … 1.000" in printed
    stated("960만에서 마지막 것만", "from 9.6 million on, only the last one")
    assert Growth().stage(9_599_999).alpha < 1 and Growth().stage(9_600_000).progress == 6
    stated("지금은 $p = 3$입니다", "now $p = 3$")
    assert Growth().stage(5_000_000).progress == 3


def test_coarse_images_sound_at_the_width_of_a_pixel_and_pitch_comes_last(printed):
    found = {
        int(p): tuple(map(int, rest))
        for p, *rest in re.findall(
            r"p = (\d): pixel (\d+) Hz, (\d+) Hz, (-?\d+) dB", printed.replace("nan Hz", "0 Hz")
        )
    }
    stated("그 음높이는 픽셀의 너비와 같습니다", "its pitch is the width of a pixel")
    for p in (0, 1, 2):
        pixel, heard, _ = found[p]
        assert heard == pytest.approx(pixel, rel=0.01)
    stated("첼로(131 Hz)와", "the cello (131 Hz)", "SNR 0 dB쯤", "an SNR of about 0 dB")
    assert found[5][1] == found[6][1] == 131 and abs(found[5][2]) <= 1
    stated("100 dB가 넘게", "at more than 100 dB")
    assert found[6][2] > 100


def test_the_small_training_learns_pitch(printed):
    shares = re.search(
        r"real (\d+)%\n +0 steps (\d+)%\n120 steps (\d+)%\n320 steps (\d+)%", printed
    )
    real, *learned = map(int, shares.groups())
    assert real > 90 and learned[0] < 15
    stated("뚜렷이 높아지고, 끝에서는 더 높습니다", "clearly higher, and higher still in the end")
    assert learned[2] > learned[1] > 1.5 * learned[0]


def test_the_small_networks():
    config = gansynth_small.GANSynthSmallConfig()
    with torch.device("meta"):
        networks = (gansynth_small.Generator(config), gansynth_small.Discriminator(config))
    assert [parameters(one) for one in networks] == [597_522, 432_817]
    stated(
        "생성자가 597,522개, 판별자가 432,817개", "597,522 parameters, its discriminator 432,817"
    )
    image = ImageConfig.small()
    assert (image.n_frames, image.n_bins) == (32, 256) and len(config.pitches) == 24
    assert config.n_timbre == 64 and config.n_latents - config.n_timbre == 2 * 32 * 256


def test_the_template_alone_has_the_right_pitch():
    stated("2센트 안에서", "within 2 cents")
    image, pitches = ImageConfig.small(), [48, 60]
    template = harmonic_template(pitches, image)
    level = template.level[:, None].expand(-1, image.n_frames, -1)
    clips = to_audio(0.8 * torch.stack([2 * level - 1, template.expected], dim=1), image)
    for pitch, clip in zip(pitches, clips, strict=True):
        heard = note_hz(f0_track(clip, 16_000, low_hz=100, hop_length=1024))
        assert abs(1200 * torch.log2(torch.tensor(heard / midi_to_hz(pitch)))) < 2


def test_a_note_of_a_melody_fades_for_a_quarter_of_a_second():
    stated("끝을 0.25초에 걸쳐", "with a fade of 0.25 seconds")
    n = ImageConfig.small().n_samples
    faded = release(torch.ones(n), 1_000, 16_000)
    assert (len(faded) - 1_000) / 16_000 == pytest.approx(0.25, abs=0.005)


# ------------------------------------------------------------------ what the shipped model and the record say


def test_the_template_gives_the_pitch_and_an_untrained_generator_spoils_it(printed):
    stated("24가지가 모두 맞습니다", "has all 24 right", "거의 하나도 맞히지", "hardly one right")
    assert "real 100%, the template alone 100%" in printed
    assert int(re.search(r"untrained (\d+)%", printed)[1]) < 10


def test_the_trained_network_spoils_few_pitches_and_one_without_the_template_has_most(printed):
    wrong = 100 - int(re.search(r"GANSynth (\d+)%", printed)[1])
    stated(f"이 96개 가운데 {wrong}%에서는", f"still spoils {wrong}% of these 96")
    record = json.loads((SOURCES.parent / "records" / "gansynth.json").read_text(encoding="utf-8"))
    ours, plain = (
        round(100 * record[name]["pitch_accuracy_of_real"]) for name in ("gansynth", "no_template")
    )
    stated(f"음높이 정확도는 진짜의 {ours}%", f"학습한 모델도 {plain}%입니다")
    stated(f"it has {ours}% of real notes' pitch accuracy", f"it still has {plain}%")


def test_on_the_way_between_two_vectors_brightness_does_not_leap(printed):
    hz = [int(one) for one in re.search(r"(?m)^((?:\d+ ){9})Hz$", printed)[1].split()]
    largest = max(abs(a - b) for a, b in pairwise(hz))
    stated(f"{hz[0]:,} Hz에서 {hz[-1]:,} Hz", f"from {hz[0]:,} Hz to {hz[-1]:,} Hz")
    stated(f"{largest} Hz를 넘지 않게", f"no more than {largest} Hz")
    assert largest < 0.4 * abs(hz[-1] - hz[0])
