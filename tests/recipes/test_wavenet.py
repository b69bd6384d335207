"""The recipe of WaveNet on notes: it learns, it is told, it resumes, and it plays what is asked."""

import json
from dataclasses import replace
from itertools import repeat

import pytest
import safetensors.torch
import torch

from tinyaudio.audio import load, save
from tinyaudio.cli import main
from tinyaudio.data.batches import Batches
from tinyaudio.data.instruments.dynamics import dynamics
from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.notes import SPLITS
from tinyaudio.errors import UserError
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.recipes import conditional, wavenet
from tinyaudio.recipes.run import stack_clips
from tinyaudio.represent.loudness import loudness, scaled
from tinyaudio.resume import read_record
from tinyaudio.train import train

TOY = replace(
    wavenet.Config.tiny(),
    model=WaveNetConfig(
        stacks=1,
        layers=5,
        residual_channels=16,
        gate_channels=16,
        skip_channels=16,
        condition=wavenet.FAMILY_AND_PITCH,
    ),
    n_samples=800,
    batch_size=4,
    steps=20,
    warmup_steps=1,
    learning_rate=2e-2,
    input_noise=0.0,  # losses can be compared
    input_gain=0.0,
)


def run(*words, code=0):
    """Run a command in this process."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code


@pytest.fixture(scope="module")
def learned():
    """A toy after twenty steps on four notes, the losses on the way, and the notes."""
    state = wavenet.build(TOY)
    four = next(Batches(wavenet.clips(TOY, None, "train"), TOY.batch_size).from_step(0))
    losses = [s.logs["net/loss"] for s in train(state, repeat(four), TOY.steps)]
    return state, losses, four


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """The shortest of runs of the command, on notes."""
    out = tmp_path_factory.mktemp("runs") / "notes"
    run("train", "wavenet", "--out", out, "--steps", 4, *SMALL)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two recordings of one's own."""
    folder = tmp_path_factory.mktemp("sounds")
    for i in range(2):
        tone = 0.5 * torch.sin(torch.arange(8_000) * 0.1 * (i + 1))
        save(folder / f"{i}.wav", tone[None], 16_000)
    return folder


SMALL = "--batch-size 2 --n-samples 400 --device cpu --look-every 2 --save-every 2".split()


def test_it_begins_knowing_nothing_and_learns(learned):
    state, losses, four = learned
    assert losses[0] == pytest.approx(8, abs=2e-6)  # the last layer is zero; a float32 mean rounds
    assert losses[-1] < 7 and losses[-1] < losses[5] < losses[1]
    score = wavenet.evaluate(TOY, wavenet.models(state), [four])
    assert score["bits_per_sample"] == pytest.approx(losses[-1], abs=0.1)  # the average learned it


@torch.no_grad()
def test_neighbouring_codes_begin_alike_and_nothing_fades_on_its_way_to_the_last_layer():
    net = wavenet.build(wavenet.Config.tiny()).learners[0].module
    codes = net.embed.weight
    near, far = codes.diff(dim=0), codes[128:] - codes[:128]
    assert near.square().mean() < 0.1 * far.square().mean()
    assert codes.square().mean() == pytest.approx(1, abs=0.2)
    arrived = []
    net.logits.register_forward_pre_hook(lambda _, inputs: arrived.append(inputs[0]))
    net(torch.randint(256, (1, 4_000)), wavenet.condition_of("guitar", 60, 4_000))
    assert 0.3 < arrived[0].square().mean().sqrt() < 3  # PyTorch's own weights leave 0.07


def test_what_is_held_out_is_scored_as_the_loss_scores_it(learned):
    state, _, _ = learned
    models = wavenet.models(state)
    batches = stack_clips(wavenet.clips(TOY, None, "valid"))
    score = wavenet.evaluate(TOY, models, batches)["bits_per_sample"]
    loss = conditional.loss_of(models["net"])
    one_by_one = [
        loss({k: v[i : i + 1] for k, v in batch.items()}, 0)[0].item()
        for batch in batches
        for i in range(len(batch["audio"]))
    ]
    assert len(one_by_one) == 32
    assert score == pytest.approx(sum(one_by_one) / 32, abs=1e-4)  # float32 sums in another order


def test_a_disturbed_past_is_harder_to_go_on_from_and_is_no_target(learned):
    state, _, four = learned
    net = wavenet.models(state)["net"]
    true, disturbed = conditional.loss_of(net), conditional.loss_of(net, input_noise=40.0)
    torch.manual_seed(0)
    assert disturbed(four, 0)[0] > true(four, 0)[0] + 0.1
    torch.manual_seed(0)
    first = disturbed(four, 0)[0]
    torch.manual_seed(0)
    assert first == disturbed(four, 0)[0]
    untrained = wavenet.build(replace(TOY, input_noise=40.0)).learners[0]
    assert untrained.loss(four, 0)[0].item() == pytest.approx(8, abs=2e-6)  # none out of range
    assert true(four, 0)[0] == true(four, 0)[0]  # and without it nothing is drawn


@pytest.mark.parametrize("undisturbed", [0.0, 0.25, 0.75])
def test_so_large_a_share_of_pasts_is_left_as_it_is(undisturbed, learned):
    state, _, four = learned
    net, heard = wavenet.models(state)["net"], []
    handle = net.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
    many = {
        "audio": four["audio"][..., :40].repeat(200, 1, 1),
        "classes": four["classes"].repeat(200, 1),
        "frames": four["frames"][..., :1].repeat(200, 1, 1),
        "cycles": four["cycles"][:, :1].repeat(200, 1, 1),
    }
    torch.manual_seed(0)
    with torch.no_grad():
        conditional.loss_of(net, 1_000.0, undisturbed)(many, 0)
        conditional.loss_of(net)(many, 0)
    handle.remove()
    disturbed, true = heard
    # Of 800 clips; three deviations of a binomial share, and a few that hardly change.
    share = (disturbed == true).all(1).double().mean()
    assert undisturbed - 0.05 < share < undisturbed + 0.06
    assert disturbed.min() == 0 and disturbed.max() == 255  # never out of range


def test_instruments_held_out_are_never_trained_on():
    def instruments(split):
        notes = wavenet.clips(TOY, None, split).crops.notes
        n = min(len(notes), 1_000)
        return {notes.fields(i)["instrument_str"] for i in range(n)}

    heard, held_out = instruments("train"), instruments("valid")
    assert len(heard) > 300 and len(held_out) > 20  # of 352 and 44; else this would prove little
    assert not heard & held_out
    assert {int(name[-3:]) for name in heard} <= set(SPLITS["train"])


def test_a_clip_comes_with_its_own_family_and_pitch():
    clips = wavenet.clips(TOY, None, "train")
    for i in (0, 5, 77):
        family, pitch = clips[i]["classes"].tolist()
        fields = clips.crops.notes.fields(i)
        assert FAMILIES[family] == fields["instrument_family_str"] and pitch == fields["pitch"]
        assert clips[i]["cycles"].shape == (4, 2)  # begun frames of 800 samples
        heard = loudness(clips[i]["audio"], wavenet.HOP_LENGTH)[0]
        assert torch.equal(clips[i]["frames"], heard) and heard.shape == (1, 4)


@pytest.mark.parametrize("column", [0, 1])
def test_family_and_pitch_each_reach_the_prediction(column, learned):
    state, _, _ = learned
    net, batch = wavenet.models(state)["net"], wavenet.clips(TOY, None, "valid")[0]
    batch = {name: value[None] for name, value in batch.items()}
    other = batch["classes"].clone()
    other[0, column] += 1 if other[0, column] < 10 else -1
    loss = conditional.loss_of(net)
    assert loss(batch, 0)[0] != loss(batch | {"classes": other}, 0)[0]


def test_every_size_is_told_family_and_pitch_or_nothing():
    for size in (wavenet.Config.tiny(), wavenet.Config.large(), wavenet.Config.paper()):
        assert size.model.condition.n_classes == (11, 128)
        assert size.unlabelled().model.condition is None
        # Nor how loud it should be is known then: a past at another level would be wrong.
        assert size.input_gain > 0 and size.unlabelled().input_gain == 0
        again = replace(size.unlabelled(), model=size.model, input_gain=size.input_gain)
        assert again == size


def test_stopping_and_going_on_leaves_no_trace(notes, tmp_path, capsys):
    words = ["train", "wavenet", "--out", tmp_path / "halves", "--steps", 4, *SMALL]
    run(*words, "--minutes", 1e-9)  # stops after a step
    assert read_record(tmp_path / "halves" / "state.safetensors")["step"] == 1
    capsys.readouterr()
    run(*words)
    assert "resuming wavenet" in capsys.readouterr().out
    for file in ("state.safetensors", "net/model.safetensors"):
        one, two = (safetensors.torch.load_file(out / file) for out in (notes, tmp_path / "halves"))
        assert one.keys() == two.keys() and len(one) > 20
        for name, value in one.items():
            assert torch.equal(value, two[name]), name


def test_it_plays_the_note_that_was_asked_for(notes, tmp_path):
    words = ["generate", notes, "--seconds", 0.005, "--device", "cpu", "--seed", 3]
    clips = {}
    for name, wish in {
        "default": [],
        "same": ["--family", "guitar", "--pitch", 60],
        "pitch": ["--pitch", 61],
        "family": ["--family", "flute"],
    }.items():
        run(*words, *wish, "--out", tmp_path / f"{name}.wav")
        clips[name], sample_rate = load(tmp_path / f"{name}.wav")
        assert clips[name].shape == (1, 80) and sample_rate == 16_000
    assert torch.equal(clips["default"], clips["same"])


def test_what_is_asked_for_is_what_the_network_is_told(learned, monkeypatch):
    state, _, _ = learned
    heard = []

    def stream_draws(net, note, n_samples, seeds, temperature, n_draws):
        heard.extend([note, n_draws])
        return iter([torch.stack([torch.zeros(1, n_samples), torch.ones(1, n_samples)], dim=1)])

    monkeypatch.setattr(wavenet, "stream_draws", stream_draws)
    wish = wavenet.Wish("flute", 72, draws=2)
    clip = torch.cat([*wavenet.generate(TOY, wavenet.models(state), 0.5, [0], 1.0, wish)], 2)
    assert clip.shape == (1, 1, 8_000) and heard[1] == 2
    assert (clip == 0.5).all()  # their mean
    assert heard[0].classes.tolist() == [[FAMILIES.index("flute"), 72]]
    cycles = heard[0].cycles
    assert cycles.shape == (1, 32, 2)  # 8,000 samples and what is missing of a frame
    c5 = torch.full((32,), 523.2511 * 256 / 16_000)
    torch.testing.assert_close(cycles[0, :, 1], c5, rtol=0, atol=1e-4)
    expected = scaled(dynamics("flute", 72, torch.arange(32) * 256 / 16_000))
    assert torch.equal(heard[0].frames[0, 0], expected)


def test_a_note_goes_on_as_loud_as_the_recording_ended():
    tone = 0.1 * torch.sin(torch.arange(4_096) * 0.2)[None]
    told = wavenet.condition_of("flute", 72, 8_192, like=tone)
    assert told.frames.shape == (1, 1, 32)
    assert torch.equal(told.frames[..., :16], loudness(tone, wavenet.HOP_LENGTH))
    assert (told.frames[..., 16:] == told.frames[..., 15:16]).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("generate {notes} --out x.wav --family kazoo", "no family 'kazoo'; there are: bass"),
        ("generate {notes} --out x.wav --family flute --pitch 20", "a flute plays 48 to 84"),
        ("generate {own} --out x.wav --pitch 60", "knows no family or pitch"),
        ("train wavenet --data {folder} --real 0.5 --out {own}-2", "leave it out"),
        ("evaluate {notes} --data {folder}", "told family and pitch"),
        ("train wavenet --undisturbed 1 --out {own}-2", "--undisturbed 1.0: must be 0 or more and"),
        ("train wavenet --input-echo 2 --out {own}-2", "--input-echo 2.0: must be from 0 to 1"),
        ("train wavenet --data {folder} --out {notes} --steps 4", "another run"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line(words, message, notes, own, folder, capsys):
    run(*words.format(notes=notes, own=own, folder=folder).split(), code=2)
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error


@pytest.fixture(scope="module")
def own(folder, tmp_path_factory):
    """A run on recordings."""
    out = tmp_path_factory.mktemp("runs") / "own"
    run("train", "wavenet", "--data", folder, "--out", out, "--steps", 2, *SMALL)
    return out


def test_one_s_own_sound_is_learned_without_labels(own, folder, tmp_path):
    about = json.loads((own / "run.json").read_text())
    assert about["config"]["model"]["condition"] is None
    run("evaluate", own, "--data", folder, "--device", "cpu")
    run("generate", own, "--out", tmp_path / "new.wav", "--seconds", 0.01, "--device", "cpu")
    assert load(tmp_path / "new.wav")[0].shape == (1, 160)
    with pytest.raises(UserError, match="family and pitch"):
        wavenet.clips(wavenet.Config.tiny(), folder, "train")


def test_another_recipe_s_run_cannot_be_asked_for_a_pitch(folder, tmp_path, capsys):
    out = tmp_path / "mine"
    run("train", "autoregressive", "--data", folder, "--out", out, "--steps", 1, *SMALL)
    run("generate", out, "--out", tmp_path / "x.wav", "--pitch", 60, code=2)
    assert "--pitch: a run of autoregressive cannot" in capsys.readouterr().err
