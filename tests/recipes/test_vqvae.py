"""The recipes of the two VQ-VAEs: they learn, resume, and convert a file to a speaker by name."""

import shutil
from dataclasses import replace

import pytest
import torch
from torch.utils.data import default_collate

from tests.command import run
from tinyaudio.audio import load, save
from tinyaudio.checkpoints import open_run
from tinyaudio.data.batches import Batches
from tinyaudio.models.mel_vqvae import MelVQVAEConfig
from tinyaudio.models.vqvae import VQVAEConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import vqvae, vqvae_wavenet
from tinyaudio.resume import load_state, save_state
from tinyaudio.train import State, train

TOYS = {
    vqvae: replace(
        vqvae.RECIPE.tiny,
        model=MelVQVAEConfig(n_codes=32, latent_channels=8, channels=24),
        speakers=("0", "1"),
        n_samples=4_096,
        n_sounds=2,
        batch_size=4,
        steps=40,
        learning_rate=1e-2,
    ),
    vqvae_wavenet: replace(
        vqvae_wavenet.RECIPE.tiny,
        model=VQVAEConfig(
            n_codes=16,
            latent_channels=8,
            channels=16,
            decoder=WaveNetConfig(
                stacks=1, layers=4, residual_channels=16, gate_channels=16, skip_channels=16
            ),
        ),
        speakers=("0", "1"),
        n_samples=1_024,
        n_sounds=2,
        batch_size=4,
        steps=40,
        learning_rate=2e-2,
        encoder_learning_rate=2e-3,
        fused=False,
    ),
}


@pytest.fixture(scope="module", params=[vqvae, vqvae_wavenet], ids=["mel", "wavenet"])
def trained(request):
    """A recipe, its toy configuration, and a state after 40 steps on one batch with their losses."""
    recipe, config = request.param.RECIPE, TOYS[request.param]
    state = State(recipe.learners(config))
    items = recipe.dataset(config, "train", None)
    batch = default_collate([items[i] for i in range(4)])
    steps = train(state, iter(lambda: batch, None), config.steps)
    logs = [dict(one.logs) for one in steps]
    return recipe, config, state, logs


def test_it_learns_and_uses_its_codes(trained):
    _, _, state, logs = trained
    losses = [one["net/reconstruction"] for one in logs]
    assert losses[-1] < 0.8 * losses[0]
    assert logs[-1]["net/perplexity"] > 2
    assert all(p.grad is not None for p in state.learners[0].module.parameters())


def test_held_out_sentences_are_scored(trained):
    recipe, config, state, _ = trained
    items = recipe.dataset(config, "valid", None)
    batches = [default_collate([items[i] for i in range(4)])]
    models = {"net": state.learners[0].module.eval()}
    (score,) = recipe.evaluate(config, models, batches).values()
    assert 0 < score < 20


def steps_of(recipe, config, state, last):
    """Train to a step as `tinyaudio.run` does: batch k is a function of the seed and k."""
    items = recipe.dataset(config, "train", None)
    batches = Batches(items, config.batch_size, seed=config.seed).from_step(state.step)
    for _ in train(state, batches, last):
        pass


@pytest.mark.parametrize("recipe", [vqvae, vqvae_wavenet], ids=["mel", "wavenet"])
def test_it_resumes_bitwise_codebook_and_all(recipe, tmp_path):
    """The reset of dead codes draws random numbers, and the codebook's average is no weight."""
    config, recipe = replace(TOYS[recipe], steps=6), recipe.RECIPE
    torch.manual_seed(1)
    unbroken = State(recipe.learners(config))
    steps_of(recipe, config, unbroken, 6)
    stopped = State(recipe.learners(config))
    steps_of(recipe, config, stopped, 3)
    save_state(stopped, tmp_path / "state.safetensors")
    torch.manual_seed(99)  # whatever happens in between
    resumed = State(recipe.learners(config))
    load_state(resumed, tmp_path / "state.safetensors")
    steps_of(recipe, config, resumed, 6)
    before, after, at_3 = (
        one.learners[0].module.state_dict() for one in (unbroken, resumed, stopped)
    )
    assert {f"quantizer.{name}" for name in ("codebook", "counts", "sums")} <= set(before)
    for name, value in before.items():
        assert torch.equal(value, after[name]), name
    assert not torch.equal(at_3["quantizer.codebook"], after["quantizer.codebook"])


def test_the_codebook_and_the_frames_a_code_are_options(tmp_path):
    size = ("--batch-size", "2", "--n-samples", "4096", "--n-sounds", "1", "--steps", "1")
    run("train", "vqvae", "--out", tmp_path, *size, "--n-codes", "8", "--stride", "4")
    net = open_run(tmp_path).models["net"]
    assert len(net.quantizer.codebook) == 8
    assert net.encode(torch.zeros(1, 82, 16), torch.zeros(1, 82)).codes.shape == (1, 4)
    config = vqvae.RECIPE.sizes["narrow"]
    assert (config.model.n_codes, config.model.stride) == (512, 2)


def test_the_config_survives_json_and_a_folder_gives_its_speakers(trained, tmp_path):
    import json
    from dataclasses import asdict

    recipe, config, _, _ = trained
    assert recipe.read_config(json.loads(json.dumps(asdict(config)))) == config
    for name in ("anna", "ben", "cho"):
        (tmp_path / name).mkdir()
    own = recipe.for_folder(config, tmp_path)
    assert own.speakers == ("anna", "ben", "cho") and own.model.n_speakers == 3


@pytest.mark.parametrize("name", ["vqvae", pytest.param("vqvae-wavenet", marks=pytest.mark.slow)])
def test_own_speakers_from_training_to_conversion(name, tmp_path, capsys):
    """The commands that a user types, on a folder of two speakers."""
    for k, hz in enumerate((110, 220)):
        t = torch.arange(20_000) / 16_000
        buzz = sum(torch.sin(2 * torch.pi * hz * n * t) / n for n in range(1, 8)) / 4
        save(tmp_path / "people" / f"p{k}" / "a.wav", buzz[None], 16_000)
        save(tmp_path / "people" / f"p{k}" / "b.wav", buzz[None, 3_000:], 16_000)
    size = ("--n-sounds", "1", "--steps", "1")
    where = ("--data", tmp_path / "people", "--out", tmp_path / "run")
    run("train", name, *where, *size, "--batch-size", "2", code=2)  # fewer latents than codes
    assert "take larger batches or longer clips, or fewer codes" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "run")
    run("train", name, *where, *size)
    one = tmp_path / "people" / "p0" / "a.wav"
    run("convert", one, tmp_path / "new.wav", "--to", "p1", "--model", tmp_path / "run")
    audio, sample_rate = load(tmp_path / "new.wav")
    assert audio.shape[1] == 20_000 * sample_rate // 16_000
    capsys.readouterr()
    run("convert", one, tmp_path / "x.wav", "--to", "p7", "--model", tmp_path / "run", code=2)
    assert "--to p7: this run has none of that name; it has: p0, p1" in capsys.readouterr().err
    run("convert", one, one, "--model", tmp_path / "run", code=2)
    assert "is the file to convert" in capsys.readouterr().err
