"""The recipe of upsampling, and ``tinyaudio upsample``: it learns, keeps a file's length, and leaves no half file."""

import os
import signal
import time
from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.audio.resampling import resample
from tinyaudio.checkpoints import open_run
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.nuwave import NuWaveConfig
from tinyaudio.models.whitened_residual import WhitenedResidualConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes.upsampling import RECIPE, SIZES, upsample
from tinyaudio.samplers.upsampling import UpsampledFile
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
SMALL = "--batch-size 2 --n-sounds 2 --n-samples 768 --steps 2 --eval-every 2 --save-every 2 --device cpu"
TOYS = {
    "whitened": {"whitened": WhitenedResidualConfig(3, 16, 4, 4), "learning_rate": 1e-2},
    "nuwave": {"nuwave": NuWaveConfig(16, 4, 4), "learning_rate": 2e-3},
}


@pytest.mark.parametrize(
    ("name", "ratio"),
    [("whitened", 2), ("nuwave", 3), pytest.param("whitened", 3, marks=pytest.mark.slow)],
)
def test_it_learns_and_is_scored_on_other_speakers(name, ratio):
    config = replace(
        SIZES["tiny"],
        model=name,
        ratio=ratio,
        ema_decay=0.0,
        n_samples=2_304,
        n_sounds=4,
        **TOYS[name],
    )
    assert config.whitened.ratio == ratio
    crops = RECIPE.dataset(config, "train", None)
    batch = default_collate([crops[i] for i in range(4)])
    state = State(RECIPE.learners(config))
    losses = []
    for _ in train(state, iter(lambda: batch, None), 80):
        torch.manual_seed(0)  # the same noise at every step
        losses.append(state.logs["net/loss"])
    assert losses[-1] < losses[2] - 0.1
    models = networks(state.learners)
    (score,) = RECIPE.evaluate(config, models, [batch]).values()
    assert RECIPE.evaluate(config, models, [batch])["prediction_error"] == score
    assert score < losses[2]


def test_sizes():
    """NU-Wave's; and its condition by a 1x1 convolution, which is an option."""
    paper = SIZES["paper"]
    (learner,) = RECIPE.learners(paper)
    assert sum(p.numel() for p in learner.module.parameters()) == 3_049_985
    group = learner.optimizer.param_groups[0]
    assert (group["lr"], group["betas"], learner.max_grad_norm) == (3e-5, (0.5, 0.999), 0.5)
    assert (paper.batch_size, paper.n_samples) == (36, 32_766)
    ablation = replace(SIZES["narrow"], model="nuwave", condition_kernel=1)
    (learner,) = RECIPE.learners(ablation)
    assert learner.module.layers[0].condition.kernel_size == (1,)
    for size in SIZES.values():
        for ratio in (2, 3):
            item = RECIPE.dataset(replace(size, ratio=ratio, n_sounds=1), "valid", None)[0]
            assert item["audio"].shape[1] == ratio * item["low"].shape[1]


def test_what_cannot_be_is_refused():
    for changes, message in [
        ({"model": "hifi"}, "model hifi: must be whitened or nuwave"),
        ({"ratio": 4}, "ratio 4: must be from 2 to 3"),
        ({"n_samples": 1_000}, "n_samples 1000: must be a multiple of 384"),
        ({"sample_rate": 44_101}, "sample_rate 44101: must be a multiple of 3"),
    ]:
        with pytest.raises(ConfigError, match=message):
            replace(SIZES["tiny"], **changes)
    with pytest.raises(UserError, match="condition_kernel 2: must be odd"):
        replace(SIZES["tiny"], condition_kernel=2)


@pytest.fixture(scope="module", params=["whitened", "nuwave"])
def trained(request, tmp_path_factory):
    """The shortest of runs of the command."""
    out = tmp_path_factory.mktemp("runs") / request.param
    run("train", "upsampling", "--model", request.param, "--out", out, *SMALL.split())
    return out


@pytest.fixture
def speech(tmp_path):
    """Stereo noise at 22.05 kHz."""
    noise = torch.randn(2, 9_001, generator=torch.Generator().manual_seed(0)) / 10
    save(tmp_path / "in.wav", noise, 22_050)
    return tmp_path / "in.wav"


@pytest.mark.filterwarnings("ignore:.*samples left ±1")
def test_the_command_writes_the_file_at_48_khz(trained, speech, tmp_path, capsys):
    made = []
    for name, *words in [
        ("a.wav",),
        ("b.flac",),
        ("c.wav", "--seed", 1),
        ("d.wav", "--sampler", "ancestral"),
    ]:
        run("upsample", speech, tmp_path / name, "--model", trained, "--sampling-steps", 2, *words)
        audio, rate = load(tmp_path / name)
        assert (audio.shape, rate) == ((2, -(-9_001 * 48_000 // 22_050)), 48_000)
        made.append(audio)
    assert "0.408 s at 48000 Hz" in capsys.readouterr().out
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2]) and not torch.equal(made[0], made[3])
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "a.wav",
        "b.flac",
        "c.wav",
        "d.wav",
        "in.wav",
    ]


def test_the_command_keeps_the_low_band(trained, tmp_path):
    """Of a tone at 3 kHz, all; 16 bits leave 1.5e-5 of a doubt."""
    tone = (
        0.1 * torch.sin(2 * torch.pi * 3_000 * torch.arange(8_000).double() / 16_000)[None].float()
    )
    save(tmp_path / "in.wav", tone, 16_000)
    config, models = (opened := open_run(trained)).config, opened.models
    made = torch.cat(
        [*upsample(config, models, source=tmp_path / "in.wav", sampling_steps=2)], dim=2
    )
    wanted = resample(load(tmp_path / "in.wav")[0], 16_000, 48_000)
    error = torch.fft.rfft((made[0] - wanted) * torch.hann_window(24_000))[:, : 6_500 // 2]
    assert error.abs().max() / 24_000 < 1e-6


def test_what_is_no_sound_or_no_target_is_refused_in_a_line(trained, speech, tmp_path, capsys):
    import soundfile

    soundfile.write(tmp_path / "nan.wav", torch.full((4_000,), torch.nan).numpy(), 16_000, "FLOAT")
    save(tmp_path / "high.wav", torch.zeros(1, 900), 48_000)
    save(tmp_path / "lowest.wav", torch.zeros(1, 900), 4_000)
    out = tmp_path / "out.wav"
    for words, message in [
        ((tmp_path / "nan.wav", out), "nan.wav"),
        ((tmp_path / "none.wav", out), "none.wav: no such file"),
        ((tmp_path / "high.wav", out), "is at 48000 Hz already"),
        ((tmp_path / "lowest.wav", out), "too little sound below 8000 Hz"),
        ((speech, out, "--to", 44_100), "--to 44100: this run makes sound at 48000 Hz"),
        ((speech, out, "--sampling-steps", 2_000), "cannot sample in 2000 steps: from 1 to 1000"),
        ((speech, out, "--sampler", "euler"), "no sampler 'euler'"),
        ((speech, speech), "is the file to upsample; give another name"),
        ((speech, tmp_path / "out.xyz"), "unknown suffix '.xyz'"),
    ]:
        run("upsample", *words, "--model", trained, code=2)
        error = capsys.readouterr().err.strip()
        assert message in error and "\n" not in error
        assert not out.exists()
    run("train", "upsampling", "--filters", "sink", "--out", tmp_path / "r", *SMALL.split(), code=2)
    assert "no decimation filter 'sink'" in capsys.readouterr().err
    run("upsample", speech, out, "--model", "wavenet-notes", code=2)
    assert "a run of wavenet has no command 'upsample'" in capsys.readouterr().err


@pytest.mark.posix
@pytest.mark.parametrize("trained", ["whitened"], indirect=True)  # the writer is the same
@pytest.mark.parametrize(("name", "suffix"), [("SIGTERM", "flac"), ("SIGKILL", "wav")])
def test_a_killed_run_leaves_no_half_file(trained, tmp_path, name, suffix, monkeypatch):
    """What is done stays in OUT.part.wav, and plays."""
    save(tmp_path / "in.wav", torch.zeros(1, 80_000), 16_000)
    out, reading, writing = tmp_path / f"out.{suffix}", *os.pipe()
    pieces = UpsampledFile.stretch

    def slow(self, begin, end):
        if begin > 0:
            os.write(writing, b"!")
            for _ in range(600):  # a signal may come to another thread, and then ends no sleep
                time.sleep(0.1)
        return pieces(self, begin, end)

    monkeypatch.setattr(UpsampledFile, "stretch", slow)
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            words = (
                "upsample",
                tmp_path / "in.wav",
                out,
                "--model",
                trained,
                "--sampling-steps",
                1,
            )
            run(*words, code=128 + signal.SIGTERM)
        finally:
            os._exit(1)
    os.close(writing)
    assert os.read(reading, 1) == b"!"  # it is amid the second block
    os.kill(child, getattr(signal, name))
    os.waitpid(child, 0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.wav", "out.part.wav"]
    assert 0 < load(tmp_path / "out.part.wav")[0].shape[1] < 240_000
