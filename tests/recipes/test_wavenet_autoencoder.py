"""The recipe of the WaveNet autoencoder: it learns, uses its latents, resumes, rebuilds and mixes."""

import json
from dataclasses import asdict, replace
from itertools import repeat

import pytest
import safetensors.torch
import torch
from torch.utils.data import default_collate

from tests.command import run
from tests.recipes.toy import TOY_NET
from tinyaudio.audio import load, save
from tinyaudio.data.batches import Batches
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder, WaveNetAutoencoderConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import wavenet_autoencoder
from tinyaudio.recipes.latents import with_latents
from tinyaudio.recipes.nll import NLL
from tinyaudio.resume import read_record
from tinyaudio.train import State, train

pytestmark = pytest.mark.usefixtures("few_held_out")
RECIPE = wavenet_autoencoder.RECIPE
TOY = replace(
    RECIPE.tiny,
    model=WaveNetAutoencoderConfig(
        DilatedEncoderConfig(16, 8, (1, 2, 4, 8, 16, 32), hop_length=80), TOY_NET
    ),
    n_samples=800,
    batch_size=4,
    steps=60,
    warmup_steps=1,
    learning_rate=2e-2,
    encoder_learning_rate=5e-3,
)
SMALL = "--batch-size 2 --n-samples 512 --device cpu --eval-every 2 --save-every 2".split()


@pytest.fixture(scope="module")
def trained():
    """A toy after sixty steps on four notes, the losses on the way, and the notes."""
    state = State(RECIPE.learners(TOY))
    four = next(Batches(RECIPE.dataset(TOY, "train", None), TOY.batch_size).from_step(0))
    losses = [s.logs["net/loss"] for s in train(state, repeat(four), TOY.steps)]
    return networks(state.learners), losses, four


def test_it_starts_as_a_uniform_predictor_and_learns(trained):
    models, losses, four = trained
    assert losses[0] == pytest.approx(8, abs=2e-6)
    assert losses[-1] < 6 and losses[-1] < losses[10] < losses[1]
    score = RECIPE.evaluate(TOY, models, [four])["bits_per_sample"]
    assert score == pytest.approx(losses[-1], abs=0.2)  # the average follows


@torch.no_grad()
def test_a_sound_is_best_predicted_by_its_own_latents(trained):
    models, _, four = trained
    net, nll = models["net"], NLL(models["net"].decoder)

    def bits(latents):
        return nll({"audio": four["audio"], "frames": latents}, 0)[0].item()

    latents = net.encode(four["audio"])
    own, others, none = bits(latents), bits(latents.roll(1, 0)), bits(0 * latents)
    assert own < others - 0.05 and own < none - 0.05


def test_labels_do_not_reach_the_network(trained):
    models, _, four = trained
    other = four | {"classes": four["classes"].flip(0)}
    assert RECIPE.evaluate(TOY, models, [four]) == RECIPE.evaluate(TOY, models, [other])


def test_a_decoder_that_takes_the_pitch_reads_it_and_no_other_label(trained):
    _, _, four = trained
    config = replace(TOY, model=replace(TOY.model, n_pitches=128))
    models = networks(RECIPE.learners(config))
    torch.nn.init.normal_(models["net"].decoder.logits.weight)
    family, pitch = torch.tensor([1, 0]), torch.tensor([0, 1])
    score = RECIPE.evaluate(config, models, [four])
    assert RECIPE.evaluate(config, models, [four | {"classes": four["classes"] + family}]) == score
    assert RECIPE.evaluate(config, models, [four | {"classes": four["classes"] + pitch}]) != score


def test_a_recording_is_rebuilt_at_its_own_pitch_or_another(trained, tmp_path):
    config = replace(TOY, model=replace(TOY.model, n_pitches=128))
    models = networks(RECIPE.learners(config))
    torch.nn.init.normal_(models["net"].decoder.logits.weight, std=0.3)
    tone = 0.5 * torch.sin(2 * torch.pi * 440 * torch.arange(4_000) / config.sample_rate)[None]
    save(tmp_path / "a4.wav", tone, config.sample_rate)

    def rebuilt(**pitch):
        pieces = RECIPE.commands["generate"](config, models, of=[tmp_path / "a4.wav"], **pitch)
        return torch.cat([*pieces], dim=2)

    assert torch.equal(rebuilt(), rebuilt(pitch=69))
    assert not torch.equal(rebuilt(), rebuilt(pitch=70))
    with pytest.raises(UserError, match="128"):
        rebuilt(pitch=128)


def test_the_encoder_has_its_own_learning_rate_and_no_weight_is_left_out():
    learner = RECIPE.learners(TOY)[0]
    decoder, encoder = learner.optimizer.param_groups
    assert (decoder["lr"], encoder["lr"]) == (2e-2, 5e-3)
    known = {id(p) for group in (decoder, encoder) for p in group["params"]}
    assert known == {id(p) for p in learner.module.parameters()}


def test_sizes():
    narrow, paper = RECIPE.sizes["narrow"], RECIPE.sizes["paper"]
    pitched = replace(WaveNetAutoencoderConfig.tiny(), n_pitches=128)
    assert narrow.sample_rate == 8_000 and narrow.model == pitched
    assert RECIPE.for_folder(narrow, None).model == WaveNetAutoencoderConfig.tiny()
    assert paper.model.n_pitches == 0
    assert paper.sample_rate / paper.model.hop_length == 31.25
    assert RECIPE.read_config(json.loads(json.dumps(asdict(TOY)))) == TOY
    with pytest.raises(ConfigError, match="n_samples 500: must be a multiple of 80, such as 480"):
        replace(TOY, n_samples=500)


@pytest.mark.parametrize("fused", [False, True])
def test_the_compiled_step_gives_the_encoder_the_same_gradients(fused, own_cache, trained):
    """Of a decoder with the widths that it is compiled for."""
    config = replace(RECIPE.tiny, n_samples=1_024, fused=fused)
    learner = RECIPE.learners(config)[0]
    torch.manual_seed(0)
    torch.nn.init.normal_(learner.module.decoder.logits.weight, std=0.1)
    batch = default_collate([RECIPE.dataset(config, "train", None)[i] for i in range(2)])
    plain = NLL(learner.module.decoder)
    expected, _ = plain(with_latents(learner.module, batch), 0)
    wanted = torch.autograd.grad(expected, [*learner.module.encoder.parameters()])
    loss, _ = learner.loss(batch, 0)
    found = torch.autograd.grad(loss, [*learner.module.encoder.parameters()])
    assert learner.backend().startswith("fused" if fused else "PyTorch")
    for one, two in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("n_pitches", [0, 128])
def test_the_decoder_is_given_latents_where_a_crop_starts_and_at_most_the_pitch(n_pitches):
    net = WaveNetAutoencoder(replace(TOY.model, n_pitches=n_pitches))
    batch = default_collate([RECIPE.dataset(TOY, "train", None)[i] for i in range(2)])
    prepared = with_latents(net, batch)
    assert torch.equal(prepared["frames"], net.encode(batch["audio"]))
    assert torch.equal(prepared["start"], batch["start"])
    if n_pitches:
        assert torch.equal(prepared["classes"], batch["classes"][:, 1:])
    else:
        assert "classes" not in prepared


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """The shortest of runs of the command, on notes."""
    out = tmp_path_factory.mktemp("runs") / "notes"
    run("train", "wavenet-autoencoder", "--out", out, "--steps", 4, *SMALL)
    return out


def test_stopping_and_resuming_leaves_no_trace(notes, tmp_path):
    words = ["train", "wavenet-autoencoder", "--out", tmp_path / "halves", "--steps", 4, *SMALL]
    run(*words, "--minutes", 1e-9)  # stops after a step
    assert read_record(tmp_path / "halves" / "state.safetensors")["step"] == 1
    run(*words)
    for file in ("state.safetensors", "net/model.safetensors"):
        one, two = (safetensors.torch.load_file(out / file) for out in (notes, tmp_path / "halves"))
        assert one.keys() == two.keys() and len(one) > 20
        assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_the_ends_of_a_mix_are_the_two_recordings(trained, tmp_path):
    models, _, four = trained
    paths = [tmp_path / f"{i}.wav" for i in (0, 1)]
    for path, audio in zip(paths, four["audio"], strict=False):
        save(path, audio, 8_000)

    def generated(of, mix=None):
        pieces = RECIPE.commands["generate"](TOY, models, of=of, mix=mix)
        return torch.cat([*pieces], dim=2)

    one, other, start, end = (
        generated(*given) for given in ([paths[:1]], [paths[1:]], [paths, 0], [paths, 1])
    )
    assert one.shape == (1, 1, 800) and not torch.equal(one, other)
    assert torch.equal(start, one) and torch.equal(end, other)
    half = generated(paths)
    assert not torch.equal(half, one) and not torch.equal(half, other)


def test_a_recording_of_another_rate_is_rebuilt_as_long_as_it_is(notes, tmp_path):
    save(tmp_path / "a.wav", 0.5 * torch.sin(torch.arange(1_600) * 0.2)[None], 16_000)
    run("generate", notes, "--of", tmp_path / "a.wav", "--seeds", 1, 2, "--out", tmp_path / "s.wav")
    (one, sample_rate), (two, _) = (load(tmp_path / f"s-{seed}.wav") for seed in (1, 2))
    assert one.shape == two.shape == (1, 800) and sample_rate == 8_000
    assert not torch.equal(one, two)
    run("generate", notes, "--out", tmp_path / "note.wav")
    assert load(tmp_path / "note.wav")[0].shape == (1, 7_936)  # the whole hops of a second


def test_silence_is_sound_like_any_other(notes, tmp_path):
    save(tmp_path / "silence.wav", torch.zeros(1, 300), 8_000)
    run("generate", notes, "--of", tmp_path / "silence.wav", "--out", tmp_path / "out.wav")
    assert load(tmp_path / "out.wav")[0].shape == (1, 300)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--of {a} {a} {a}", "--of: 3 files; give one to rebuild, or two to mix"),
        ("--of {a} --mix 0.3", "--mix 0.3: needs two recordings"),
        ("--of {a} {a} --mix 1.1", "--mix 1.1: must be from 0 to 1"),
        ("--of missing.wav", "missing.wav"),
        ("--of {a} --pitch 60", "--pitch 60: this run was trained without pitches"),
        ("--pitch 60", "--pitch 60: this run was trained without pitches"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_line(words, message, notes, tmp_path, capsys):
    save(tmp_path / "a.wav", torch.rand(1, 300) - 0.5, 8_000)
    words = words.format(a=tmp_path / "a.wav").split()
    run("generate", notes, *words, "--out", tmp_path / "x.wav", code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


def test_one_s_own_recordings_are_learned(tmp_path):
    save(tmp_path / "sounds" / "one.wav", torch.rand(1, 20_000) - 0.5, 16_000)
    out = tmp_path / "own"
    where = ["--data", tmp_path / "sounds", "--out", out, "--steps", 1]
    run("train", "wavenet-autoencoder", *where, *SMALL)
    run("evaluate", out, "--data", tmp_path / "sounds", "--clips", 1)
