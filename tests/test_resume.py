"""Stop and resume is bitwise, for one player and for two; what does not fit is refused in one line."""

import json
import random
import signal

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from tests.command import in_child
from tinyaudio.errors import CheckpointError
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.objectives.adversarial import wasserstein_critic, wasserstein_generator
from tinyaudio.resume import load_state, random_states, read_record, save_state, set_random_states
from tinyaudio.train import EMA, Learner, State, cosine, train

STEPS = 12


def likelihood_state():
    """One player, Adam, a schedule, clipping, an average, and dropout that draws random numbers."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 4))

    def loss(batch, step):
        noise = torch.from_numpy(np.random.standard_normal((len(batch["x"]), 4))).float()
        return nn.functional.cross_entropy(net(batch["x"]) + noise, batch["y"]), {}

    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    return State(
        [
            Learner(
                "net", net, loss, optimizer, schedule=cosine(STEPS), max_grad_norm=1.0, ema=EMA(net)
            )
        ]
    )


def gan_state():
    """Two players; the critic's phase shuffle, the penalty and the latents all draw random numbers."""
    torch.manual_seed(0)
    config = WaveGANConfig(n_latents=4, width=2, n_layers=2)
    critic, generator = Critic(config), Generator(config)
    learners = []
    for name, module, loss, every in (
        ("critic", critic, wasserstein_critic(critic, generator, lambda n: torch.rand(n, 4)), 1),
        (
            "generator",
            generator,
            wasserstein_generator(critic, generator, lambda n: torch.rand(n, 4)),
            3,
        ),
    ):
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, betas=(0.5, 0.9))
        learners.append(Learner(name, module, loss, optimizer, every=every))
    return State(learners)


def batches(start):
    """Batch k is a function of k alone."""
    step = start
    while True:
        g = torch.Generator().manual_seed(step)
        yield {
            "x": torch.randn(5, 8, generator=g),
            "y": torch.randint(4, (5,), generator=g),
            "audio": torch.rand(5, 1, 256, generator=g),
        }
        step += 1


def everything(state):
    """All weights, averages and moments, flat."""
    values = {}
    for learner in state.learners:
        values |= {f"{learner.name}/{k}": v for k, v in learner.module.state_dict().items()}
        if learner.ema:
            values |= {
                f"{learner.name}/ema/{k}": v for k, v in learner.ema.module.state_dict().items()
            }
        for i, moments in learner.optimizer.state_dict()["state"].items():
            values |= {f"{learner.name}/moment/{i}/{k}": v for k, v in moments.items()}
    return values


def seed_everything():
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)


@pytest.mark.parametrize("build", [likelihood_state, gan_state])
def test_resuming_is_bitwise(build, tmp_path):
    """After the first step, in the middle, and before the last."""
    state = build()
    seed_everything()
    for _ in train(state, batches(0), steps=STEPS):
        pass
    unbroken = everything(state)

    for stop in (1, 7, STEPS - 1):
        state = build()
        seed_everything()
        for _ in train(state, batches(0), steps=stop):
            pass
        save_state(state, tmp_path / "state.safetensors", metadata={"note": "하나"})
        random.random(), np.random.rand(), torch.rand(3)  # whatever happens in between

        state = build()
        torch.manual_seed(12345)
        assert load_state(state, tmp_path / "state.safetensors") == {"note": "하나"}
        assert state.step == stop
        for _ in train(state, batches(stop), steps=STEPS):
            pass
        resumed = everything(state)
        assert unbroken.keys() == resumed.keys()
        for name, value in unbroken.items():
            assert torch.equal(value, resumed[name]), (stop, name)


def test_every_generator_is_put_back():
    """Python's, too: the loop above leaves it out, because the shape checker under pytest draws from it."""

    def draws():
        return (
            random.random(),
            random.gauss(0, 1),
            *np.random.standard_normal(3),
            *torch.randn(3).tolist(),
        )

    seed_everything()
    draws()  # an odd number of Gaussians leaves one in store, which is part of the state
    numbers, arrays = random_states()
    numbers = json.loads(json.dumps(numbers))
    expected = draws()
    draws()
    set_random_states(numbers, arrays)
    assert draws() == expected


@pytest.fixture
def saved(tmp_path):
    state = likelihood_state()
    for _ in train(state, batches(0), steps=2):
        pass
    path = tmp_path / "state.safetensors"
    save_state(state, path)
    return path


def test_holds_no_code(saved):
    """Only safetensors and JSON are read, so a checkpoint from a stranger cannot run anything."""
    with safetensors.safe_open(saved, framework="pt") as file:
        assert json.loads(file.metadata()["tinyaudio"])["step"] == 2


def test_another_model_is_refused_and_nothing_is_changed(saved):
    state = gan_state()
    before = {k: v.clone() for k, v in everything(state).items()}
    with pytest.raises(CheckpointError, match="learners net; this run has critic, generator"):
        load_state(state, saved)
    assert all(torch.equal(before[k], v) for k, v in everything(state).items())


def test_another_size_is_refused_with_the_weight_named(saved):
    state = likelihood_state()
    state.learners[0].module = nn.Sequential(
        nn.Linear(8, 32), nn.Dropout(), nn.ReLU(), nn.Linear(32, 4)
    )
    with pytest.raises(
        CheckpointError, match=r"net/module/0.bias is \(16,\) in the file and \(32,\)"
    ):
        load_state(state, saved)


@pytest.mark.parametrize("record", ["{", "[]", "5", "{}"])
def test_a_foreign_record_is_refused_in_a_line(record, saved):
    tensors = safetensors.torch.load_file(saved)
    safetensors.torch.save_file(tensors, saved, {"tinyaudio": record})
    with pytest.raises(CheckpointError, match="not a training state of tinyaudio, or damaged"):
        load_state(likelihood_state(), saved)


def test_another_format_is_refused(saved):
    with safetensors.safe_open(saved, framework="pt") as file:
        record = json.loads(file.metadata()["tinyaudio"])
    record["format"] = 99
    tensors = safetensors.torch.load_file(saved)
    safetensors.torch.save_file(tensors, saved, {"tinyaudio": json.dumps(record)})
    with pytest.raises(CheckpointError, match=r"format 99, this version reads format 2"):
        load_state(likelihood_state(), saved)


def test_weights_are_not_a_training_state(tmp_path):
    safetensors.torch.save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="not a training state"):
        read_record(tmp_path / "model.safetensors")


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "missing"])
def test_a_damaged_file_is_one_line(saved, damage):
    whole = saved.read_bytes()
    if damage == "missing":
        saved.unlink()
    else:
        saved.write_bytes(
            {"empty": b"", "cut": whole[: len(whole) // 2], "text": b"hello" * 100}[damage]
        )
    with pytest.raises(CheckpointError) as error:
        load_state(likelihood_state(), saved)
    assert "\n" not in str(error.value)
    assert saved.name in str(error.value)


@pytest.mark.posix
def test_a_full_disk_leaves_the_earlier_checkpoint_whole(saved):
    """The system lets a process write no more than 8 kB to a file: what a full disk does, in miniature."""
    import resource

    before, state = saved.read_bytes(), likelihood_state()

    def save_to_a_full_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        with pytest.raises(CheckpointError) as error:
            save_state(state, saved, metadata={"padding": "x" * 20_000})
        return str(error.value)

    message = in_child(save_to_a_full_disk)
    assert "cannot be written" in message and "untouched" in message
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 8192


def test_an_unwritable_place_is_one_line(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_state(likelihood_state(), tmp_path / "file" / "state.safetensors")
