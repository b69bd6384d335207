"""The U-Net and MU-GAN as recipes: they learn, upsample files in blocks without seams, and say what they cannot."""

from dataclasses import replace

import pytest
import torch

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.errors import ConfigError
from tinyaudio.metrics.high_band import high_band_energy_db
from tinyaudio.models.audiounet import AudioUNet, AudioUNetConfig
from tinyaudio.models.mugan import Generator, MUGANConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import audiounet, mugan
from tinyaudio.recipes.upsamplers import file_by, spline_of
from tinyaudio.run import batches_of
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
UNET = replace(
    audiounet.RECIPE.tiny, model=AudioUNetConfig(8, 2, 9), n_samples=3_000, n_sounds=2, batch_size=4
)
MUGAN = replace(
    mugan.RECIPE.tiny, model=MUGANConfig(8, 2, 2, 1, 4), n_samples=1_200, n_sounds=2, batch_size=4
)
SMALL = "--batch-size 2 --n-samples 1536 --n-sounds 2 --steps 2 --eval-every 2 --save-every 2 --device cpu"
BOTH = [(audiounet.RECIPE, UNET, 60), (mugan.RECIPE, MUGAN, 40)]


@pytest.mark.parametrize(
    ("recipe", "config", "steps", "ratio"),
    [
        pytest.param(*BOTH[0], 3, id="audiounet-3"),
        pytest.param(*BOTH[1], 2, id="mugan-2"),
        pytest.param(*BOTH[0], 2, id="audiounet-2", marks=pytest.mark.slow),
        pytest.param(*BOTH[1], 3, id="mugan-3", marks=pytest.mark.slow),
    ],
)
def test_they_learn_what_a_spline_leaves_out(recipe, config, steps, ratio):
    """On clips that they see again and again, the ratio of signal to noise rises above the spline's."""
    config = replace(config, ratio=ratio, learning_rate=3e-3, steps=steps)
    data = recipe.dataset(config, "train", None)
    items = [data[i] for i in range(4)]
    batch = {name: torch.stack([item[name] for item in items]) for name in items[0]}
    assert batch["low"].shape[2] * ratio == batch["audio"].shape[2] == config.n_samples
    state = State(recipe.learners(config))

    def score():
        models = {name: net.eval() for name, net in networks(state.learners).items()}
        return recipe.evaluate(config, models, [batch])

    before = score()
    for one in state.learners:
        one.module.train()
    for _ in train(state, iter(lambda: batch, None), steps):
        pass
    assert score()["snr_db"] > before["snr_db"] + 0.3


def test_the_first_score_is_the_spline_s():
    config = replace(UNET, n_samples=6_000)
    [batch] = batches_of(audiounet.RECIPE.dataset(config, "valid", None), 2)
    torch.manual_seed(0)
    net = AudioUNet(config.model).eval()
    torch.nn.init.zeros_(net.last.weight)
    found = audiounet.RECIPE.evaluate(config, {"net": net}, [batch])
    energies = [
        high_band_energy_db(made, audio, 48_000, 8_000)
        for made, audio in zip(spline_of(3)(batch), batch["audio"], strict=True)
    ]
    assert found["high_band_energy_db"] == pytest.approx(sum(energies) / len(energies), abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "config"),
    [(AudioUNet, UNET.model), (AudioUNet, AudioUNetConfig(8, 3, 17)), (Generator, MUGAN.model)],
)
def test_nothing_beyond_its_reach_changes_a_sample(kind, config):
    torch.manual_seed(0)
    net = kind(config).eval().double()
    for name, parameter in net.named_parameters():
        if name.startswith("last"):
            torch.nn.init.normal_(parameter)
    n, reach = 8 * (config.reach // 8 + 1), config.reach
    low = torch.randn(1, 1, 2 * n, dtype=torch.float64, requires_grad=True)
    net(low)[0, 0, n].backward()
    [places] = low.grad[0, 0].nonzero(as_tuple=True)
    seen = max(n - int(places.min()), int(places.max()) - n)
    assert reach / 3 < seen <= reach


@pytest.mark.parametrize(("recipe", "config", "steps"), BOTH, ids=["audiounet", "mugan"])
def test_the_length_of_blocks_makes_no_difference(recipe, config, steps, tmp_path):
    torch.manual_seed(0)
    kind, name = (AudioUNet, "net") if recipe.name == "audiounet" else (Generator, "generator")
    net = kind(config.model).eval()
    torch.nn.init.normal_(net.last.weight, std=0.1)
    file = tmp_path / "low.wav"
    save(file, 0.1 * torch.randn(2, 20_011), 16_000)
    pieces = recipe.commands["upsample"](config, {name: net}, source=file)
    whole = torch.cat([*pieces], dim=2)
    short = replace(file_by(config, net, config.model.reach, file, 48_000), block_s=0.1)
    assert whole.shape == (1, 2, 60_033) and len([*short]) > 10
    assert torch.allclose(torch.cat([*short], dim=2), whole, atol=1e-5)


@pytest.mark.parametrize("name", ["audiounet", "mugan"])
def test_the_command_line_trains_and_upsamples(name, tmp_path, capsys):
    out = tmp_path / "run"
    run("train", name, "--out", out, *SMALL.split())
    save(tmp_path / "low.wav", 0.5 * torch.sin(torch.arange(4_001) * 0.3)[None], 16_000)
    run("upsample", tmp_path / "low.wav", tmp_path / "high.wav", "--model", out)
    audio, rate = load(tmp_path / "high.wav")
    assert (audio.shape, rate) == ((1, 12_003), 48_000)
    run(
        "upsample", tmp_path / "low.wav", tmp_path / "h.wav", "--model", out, "--to", 44_100, code=2
    )
    assert "makes sound at 48000 Hz" in capsys.readouterr().err


def test_a_crop_must_divide():
    with pytest.raises(ConfigError, match="n_samples 1001: must be a multiple of the ratio"):
        replace(UNET, n_samples=1_001)
