"""The bench of all vocoders: every row is complete, costs are counted rightly, and comparisons see a difference."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import vocoder_costs, vocoder_lengths, vocoder_rows, vocoder_ways, vocoders
from benchmarks.vocoder_costs import logged_minutes, macs, parameters, training_minutes
from benchmarks.vocoder_lengths import changed_over_steady
from benchmarks.vocoder_peers import PlainHiFiGAN, hifigan_over_plain, istft_over_vocos
from tinyaudio import checkpoints
from tinyaudio.audio import load
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.errors import UserError
from tinyaudio.models.hifigan import HiFiGANConfig
from tinyaudio.models.weight_norm import weight_normalized
from tinyaudio.recipes import load_recipe

ROOT = Path(__file__).parents[2]
COSTS = {"parameters", "macs_a_second", "peak_memory_mb", "training_minutes"}
COSTS |= {"training_cpu_minutes"}
ROW = COSTS | {"pitch20", "pitch50", "log_mel_db", "log_stft_long_db", "log_stft_short_db"}
ROW |= {"hnr_high_error_db", "cpu_seconds_a_second"}
SMALL = HiFiGANConfig(channels=16)


def run_of(name, size="narrow"):
    """Untrained networks."""
    recipe = load_recipe(name)
    config = recipe.sizes[size]
    models = {learner.name: learner.module.eval() for learner in recipe.learners(config)}
    return TrainedRun(recipe, config, models, {})


@pytest.fixture
def small(monkeypatch, one_thread):
    """A quarter of a second of harmonics; no other process, and no long comparison."""
    phase = 2 * torch.pi * 200 * torch.arange(2_000) / 8_000
    clip = sum(torch.sin(k * phase) for k in range(1, 18))[None] / 40
    monkeypatch.setattr(vocoders, "narrow_clips", lambda config, n: [clip])
    monkeypatch.setattr(vocoder_ways, "ROUNDS", 2)
    monkeypatch.setattr(vocoder_costs, "peak_memory_mb", lambda name, place: 1.5)
    monkeypatch.setattr(vocoders, "comparisons", lambda quick: {"hifigan_over_plain": 1.0})


# ---------------------------------------------------------------------------- the table


def test_every_vocoder_has_a_row(small, monkeypatch, capsys):
    runs = {"h": run_of("hifigan"), "g": run_of("waveglow")}
    monkeypatch.setattr(checkpoints, "open_run", lambda place: runs[place])
    words = ["--wavenet-run", "", "--diffusion-run", "", "--hifigan-run", "h", "--univnet-run", ""]
    monkeypatch.setattr(sys, "argv", ["vocoders", *words, "--waveglow-run", "g", "--json"])
    vocoders.main()
    found = json.loads(capsys.readouterr().out)
    table = found["table"]
    assert set(table) == {*vocoder_rows.RUNS, *vocoder_rows.CONTROLS, "clips"}
    for name in ("wavenet", "diffusion", "univnet", "istft"):
        assert table[name] is None
    for name in ("hifigan", "waveglow", "griffin_lim", "noise_with_levels"):
        assert set(table[name]) == ROW, name
    assert table["hifigan"]["parameters"] == parameters(runs["h"].models["generator"]) > 90_000
    assert table["waveglow"]["macs_a_second"] > table["hifigan"]["macs_a_second"] > 1e6
    assert table["griffin_lim"]["parameters"] == 0 < table["griffin_lim"]["macs_a_second"]
    assert table["griffin_lim"]["log_mel_db"] < table["hifigan"]["log_mel_db"]  # which is untrained
    vocoders.show(found)
    lines = capsys.readouterr().out.splitlines()
    assert "hifigan_over_plain" in lines[-3] and "wanted 1.05 at most" in lines[-3]
    assert [line.split() for line in lines if "wavenet" in line] == [["wavenet", "-"]]


def test_models_that_do_not_come_with_the_package_are_null(small, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "shipped", lambda: [])
    rows = vocoders.rows(vocoder_rows.RUNS)
    assert {name for name, row in rows.items() if row} == set(vocoder_rows.CONTROLS)
    assert len(capsys.readouterr().err.splitlines()) == 5


def test_other_recipes_and_other_frames_are_refused():
    with pytest.raises(UserError, match="--hifigan-run: speaker None, and the narrow table's is 1"):
        vocoder_rows.network_row("hifigan", run_of("hifigan", "tiny"), "h")
    with pytest.raises(UserError, match="--univnet-run: g has no network 'generator'"):
        vocoder_rows.network_row("univnet", run_of("waveglow"), "g")


def test_a_run_at_another_rate_gets_and_gives_its_rate(run_with):
    asked = []

    def generate(config, models, *, mel_of=None):
        audio, rate = load(mel_of, config.sample_rate)
        asked.append((rate, audio.shape[1]))
        return iter([audio[None]])

    run = run_with(generate, 16_000)
    run = TrainedRun(run.recipe, run.config, {"net": torch.nn.Linear(1, 1)}, {})
    row = vocoder_rows.network_row("istft", run, "i")
    clip = torch.sin(torch.arange(2_001) / 5)[None] / 2
    made = row.way(clip)
    assert asked == [(16_000, 4_002)] and made.shape == clip.shape
    assert (made - clip)[:, 100:-100].abs().max() < 0.01


# ---------------------------------------------------------------------------- costs


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (torch.nn.Conv1d(6, 4, 3, padding=1), (1, 6, 10), 10 * 6 * 4 * 3),
        (torch.nn.Conv1d(6, 4, 3, padding=2, dilation=2), (2, 6, 10), 2 * 10 * 6 * 4 * 3),
        (torch.nn.Conv1d(6, 6, 7, padding=3, groups=6), (1, 6, 10), 10 * 6 * 7),
        (torch.nn.ConvTranspose1d(6, 4, 8, 4, 2), (1, 6, 10), 10 * 6 * 4 * 8),
        (torch.nn.Linear(6, 4), (3, 6), 3 * 6 * 4),
    ],
)
def test_multiplications_of_a_layer(layer, shape, expected):
    x = torch.zeros(shape)
    assert macs(lambda: layer(x)) == expected
    if not isinstance(layer, torch.nn.Linear):
        assert macs(lambda: weight_normalized(layer)(x)) == expected


def test_multiplications_of_a_small_hifigan():
    """Every weight of a convolution is used once a sample at its rate, of a transposed one once an input."""
    net = PlainHiFiGAN(SMALL)
    n, rate, expected = 3, 1, 3 * net.first.weight.numel()
    for factor, up, blocks in zip(SMALL.factors, net.ups, net.blocks, strict=True):
        expected += n * rate * up.weight.numel()
        rate *= factor
        expected += n * rate * sum(p.numel() for p in blocks.parameters() if p.ndim == 3)
    expected += n * rate * net.last.weight.numel()
    assert macs(lambda: net(torch.zeros(1, 80, n))) == expected


def test_a_wavenet_is_counted_by_its_parallel_pass():
    run = checkpoints.open_run("wavenet-vocoder")
    row = vocoder_rows.network_row("wavenet", run, "wavenet-vocoder")
    clip = torch.zeros(1, 1_000)
    counted = vocoder_costs.macs_a_second(row, clip, 8_000) / 8_000
    layers = [p.numel() for p in row.net.parameters() if p.ndim > 1]
    # Most weights are used once a sample; those of the condition once a frame, and codes are looked up.
    assert 0.3 * sum(layers) < counted < 1.1 * sum(layers)


def test_how_long_a_run_was_trained(tmp_path):
    lines = [{"seconds": 60.0}, {"seconds": 120.0}, {"held_out": 1}, {"seconds": 30.0}]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert logged_minutes(log) == 2.5  # in two sittings
    assert training_minutes(str(tmp_path)) == {
        "training_minutes": 2.5,
        "training_cpu_minutes": None,
    }
    shipped = training_minutes("wavenet-vocoder")
    assert shipped["training_cpu_minutes"] == 25 < shipped["training_minutes"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_grows_by_what_is_allocated():
    # In a process of its own, as every row is: here, what earlier tests have freed may be taken again.
    code = (
        "import torch; from benchmarks.vocoder_costs import growth_mb as grown;"
        "print(grown(lambda: None), grown(lambda: torch.ones(64 * 2**18).sum()))"  # 64 MB
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    nothing, allocated = map(float, done.stdout.split())
    assert nothing < 4 and 60 < allocated < 80


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_of_a_row_in_its_own_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["vocoder_costs", "noise_with_levels", "", "0"])
    vocoder_costs.main()
    assert 0 <= json.loads(capsys.readouterr().out) < 200


# ---------------------------------------------------------------------------- comparisons


def test_the_plain_network_is_the_same_and_a_difference_is_seen(monkeypatch):
    found = hifigan_over_plain(SMALL, n_frames=4, pairs=1)
    assert found["hifigan_plain_error"] < 1e-5 and found["hifigan_over_plain"] > 0
    original = PlainHiFiGAN.forward
    monkeypatch.setattr(PlainHiFiGAN, "forward", lambda self, x: original(self, x.flip(2)))
    assert hifigan_over_plain(SMALL, n_frames=4, pairs=1)["hifigan_plain_error"] > 1e-3


def test_without_vocos_its_keys_are_null(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.vocoder_peers.importlib.util.find_spec", lambda name: None)
    assert set(istft_over_vocos(n_frames=4, pairs=1).values()) == {None}
    assert "pip install --no-deps vocos encodec" in capsys.readouterr().err


def test_what_takes_longer_at_a_new_length_is_found(monkeypatch):
    met, clock = set(), [0]

    def prepared(mel):
        clock[0] += 40 if mel.shape[2] not in met else 10
        met.add(mel.shape[2])

    def seconds(work):
        before = clock[0]
        work()
        return clock[0] - before

    monkeypatch.setattr(vocoder_lengths, "seconds", seconds)
    assert changed_over_steady(prepared, 30, n_lengths=2) == pytest.approx(4, rel=0.1)
    same = changed_over_steady(lambda mel: prepared(mel[:, :, :5]), 30, n_lengths=2)
    assert same == pytest.approx(1, rel=0.1)


def test_lengths_of_all_vocoders():
    """Each makes as much as the frames say, in blocks and at once the same."""
    mel = torch.rand(1, 80, 30)
    ways = vocoder_lengths.vocoders()
    assert set(ways) == {"hifigan", "univnet", "waveglow", "istft"}
    with torch.no_grad():
        for name in ("hifigan", "univnet", "waveglow"):
            blocks, whole = (way(mel) for way in ways[name])
            assert blocks.shape == (1, 1, 30 * 64)
            assert (blocks - whole).abs().max() < 1e-3 * whole.abs().max(), name


def test_ratios_of_lengths(monkeypatch):
    ways = {name: (torch.abs, torch.exp) for name in ("hifigan", "istft")}
    monkeypatch.setattr(vocoder_lengths, "vocoders", lambda: ways)
    found = vocoder_lengths.lengths(n_frames=20, n_lengths=1)
    assert set(found["changed_length_over_steady"]) == {"hifigan", "istft"}
    assert set(found["blocks_over_at_once"]) == set(found["changed_length_at_once"]) == {"hifigan"}
    assert all(ratio > 0 for ratios in found.values() for ratio in ratios.values())
