"""The benchmark of critics: controls that bound each other, and the command on untrained runs."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks import critics, wavegan_peer
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.metrics.generative import PrincipalComponents
from tinyaudio.models.ddpm_unet import DDPMUNetConfig
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import ddpm, vqvae, wavegan
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig

TOY = replace(
    wavegan.RECIPE.tiny,
    model=WaveGANConfig(n_latents=8, width=4, n_layers=3),
    n_sounds=60,
    batch_size=2,
    critic_steps=2,
)
KEYS = {"frechet_db2", "ndb", "coverage", "precision", "nearest_train_ratio"}
ROWS = {"wavegan", "real_held_out", "mean", "gaussian"}


def untrained(material):
    """A run that was stopped before its first step."""
    config = replace(TOY, material=material)
    models = networks(wavegan.RECIPE.learners(config))
    for net in models.values():
        net.eval()
    return TrainedRun(wavegan.RECIPE, config, models, {})


def untrained_ddpm(**changes):
    """A diffusion model of sounds as long, which predicts zeros."""
    image = CompressedSTFTConfig(n_samples=TOY.model.n_samples)
    model = DDPMUNetConfig(width=4, groups=2, multipliers=(1,), attention=())
    config = replace(ddpm.RECIPE.tiny, model=model, image=image, **changes)
    models = networks(ddpm.RECIPE.learners(config))
    return TrainedRun(ddpm.RECIPE, config, models, {})


@pytest.fixture
def few(monkeypatch):
    """Small enough for a test."""
    monkeypatch.setattr(critics, "N_COMPONENTS", 6)
    monkeypatch.setattr(critics, "N_CLUSTERS", 8)
    monkeypatch.setattr(critics, "BATCH", 16)
    monkeypatch.setattr(critics, "CALLS", (2, 50))
    monkeypatch.setattr(critics, "MANY_CALLS", 50)
    monkeypatch.setattr(critics, "FEW_SOUNDS", 12)
    monkeypatch.setattr(wavegan_peer, "ROUNDS", 1)


def test_a_squared_distance_is_a_mean_over_bands_and_frames_and_silence_is_60_db_below():
    clips = 0.1 * torch.randn(1, 1, 1_024, generator=torch.Generator().manual_seed(0))
    levels = [critics.spectra(gain * clips, 16_000) for gain in (1, 2, 1e-4, 1e-5)]
    loudest_db = levels[1].max().item()
    one, louder, soft, softer = (critics.features(x, loudest_db) for x in levels)
    assert (one - louder).square().sum().item() == pytest.approx(6.02**2, rel=1e-3)
    assert torch.equal(soft, softer)
    assert soft.square().sum().sqrt().item() == pytest.approx(abs(loudest_db - 60), rel=1e-4)


def test_the_controls_bound_the_rows(few):
    found = critics.rows(untrained("drums"), "valid", 60)
    assert 0.5 < found.pop("explained") < 1 and set(found) == ROWS
    assert all(set(row) == KEYS for row in found.values())
    real, mean, gaussian, ours = (
        found[name] for name in ("real_held_out", "mean", "gaussian", "wavegan")
    )
    # Moments alone: the Gaussian is as near as real sounds by them, and told apart by the rest.
    assert max(real["frechet_db2"], gaussian["frechet_db2"]) < 0.3 * mean["frechet_db2"]
    assert real["coverage"] > 0.9 and real["nearest_train_ratio"] == pytest.approx(1, abs=0.3)
    assert gaussian["coverage"] < real["coverage"] and gaussian["precision"] < real["precision"]
    assert mean["coverage"] < 0.3 and mean["ndb"] > real["ndb"]
    assert ours["coverage"] == 0 and ours["frechet_db2"] > real["frechet_db2"]


def test_the_mean_s_distance_is_the_reference_s_variance(few):
    found = critics.rows(untrained("drums"), "valid", 60)
    train, valid = (critics.sounds(TOY, split, 60) for split in ("train", "valid"))
    raw, reference = (critics.features(x, train.max().item()) for x in (train, valid))
    components = PrincipalComponents(raw, critics.N_COMPONENTS)
    reference = components(reference)
    variance = reference.var(0).sum() + (reference.mean(0) - components(raw).mean(0)).square().sum()
    assert found["mean"]["frechet_db2"] == pytest.approx(variance.item(), rel=1e-3)


def test_the_peer_is_the_same_network():
    """As many parameters, and the same numbers from the same weights."""
    size = TOY.model
    pairs = [
        (Generator(size), wavegan_peer.Generator(8, 4, 3), torch.rand(2, 8)),
        (Critic(size).eval(), wavegan_peer.Critic(4, 3, 0), torch.randn(2, 1, size.n_samples)),
    ]
    for ours, peer, x in pairs:
        for mine, other in zip(ours.parameters(), peer.parameters(), strict=True):
            other.data.copy_(mine)
        torch.testing.assert_close(peer(x), ours(x))


def test_the_peer_shifts_a_batch_by_one_shift():
    torch.manual_seed(0)
    x = torch.arange(8.0).expand(3, 1, 8)
    shifted = {
        tuple(wavegan_peer.PhaseShuffle(2)(x)[i, 0].tolist()) for _ in range(40) for i in (0, 2)
    }
    assert len(shifted) == 5 and (0, 1, 2, 3, 4, 5, 6, 7) in shifted
    assert (2, 1, 0, 1, 2, 3, 4, 5) in shifted and (2, 3, 4, 5, 6, 7, 6, 5) in shifted


@pytest.mark.usefixtures("one_thread")
def test_the_command(few, open_as, monkeypatch, capsys):
    open_as(drums=untrained("drums"), notes=untrained("notes"))
    words = ["--json", "--run", "drums", "--ddpm-run", "", "--sounds", "30", "--validation"]
    for more, notes in ([], None), (["--notes-run", "notes"], ROWS | {"explained"}):
        monkeypatch.setattr(sys, "argv", ["critics", *words, *more])
        critics.main()
        found = json.loads(capsys.readouterr().out)
        assert set(found["drums"]) == ROWS | {"explained"} and found["sounds"] == 30
        assert found["notes"] == notes or set(found["notes"]) == notes
        assert found["train_step_over_peer"] > 0 and found["ddpm_over_mean"] is None
        mean, ours = (found["drums"][name]["frechet_db2"] for name in ("mean", "wavegan"))
        assert found["frechet_over_mean"] == pytest.approx(ours / mean, abs=1e-3)


def test_runs_of_something_else_are_refused(open_as, monkeypatch):
    open_as(notes=untrained("notes"), other=TrainedRun(vqvae.RECIPE, vqvae.RECIPE.tiny, {}, {}))
    for name in ("notes", "other"):
        monkeypatch.setattr(sys, "argv", ["critics", "--run", name, "--ddpm-run", ""])
        with pytest.raises(
            SystemExit, match="--run: is not a run of wavegan with --material drums"
        ):
            critics.main()


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_a_diffusion_model_has_a_row_for_each_sampler_and_number_of_calls(
    few, open_as, monkeypatch, capsys
):
    open_as(drums=untrained("drums"), ddpm=untrained_ddpm())
    words = ["--run", "drums", "--ddpm-run", "ddpm", "--sounds", "30", "--validation", "--json"]
    monkeypatch.setattr(sys, "argv", ["critics", *words])
    critics.main()
    found = json.loads(capsys.readouterr().out)
    ours = {f"ddpm_{s}_{n}" for s in ("ancestral", "ddim", "dpm-solver") for n in (2, "2_few", 50)}
    assert set(found["drums"]) == ROWS | {"explained"} | ours
    assert all(set(found["drums"][key]) == KEYS for key in ours)
    mean, last = (found["drums"][key]["frechet_db2"] for key in ("mean", "ddpm_ancestral_50"))
    assert found["ddpm_over_mean"] == pytest.approx(last / mean, abs=1e-3)


def test_many_calls_have_fewer_sounds(few):
    found = critics.diffused(untrained_ddpm(), 30)
    assert {key: len(levels) for key, levels in found.items()} == {
        f"ddpm_{s}_{n}": 30 if n == 2 else 12
        for s in ("ancestral", "ddim", "dpm-solver")
        for n in (2, "2_few", 50)
    }
    assert (found["ddpm_ddim_2_few"] == found["ddpm_ddim_2"][:12]).all()


def test_a_diffusion_model_of_something_else_is_refused(open_as, monkeypatch):
    others = [
        untrained_ddpm(material="notes"),
        untrained_ddpm(sample_rate=22_050),
        untrained("drums"),
    ]
    for other in others:
        open_as(drums=untrained("drums"), other=other)
        words = ["critics", "--run", "drums", "--ddpm-run", "other"]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit, match="--ddpm-run: is not a run of ddpm"):
            critics.main()
