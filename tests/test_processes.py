"""Two processes on half the batch each make the step that one makes on the whole."""

import multiprocessing
import os
import socket

import pytest
import safetensors.torch
import torch
from torch import nn

from tinyaudio.objectives.adversarial import gradient_penalty
from tinyaudio.train import Learner, State, train

STEPS, BATCH = 8, 8


def likelihood_learner():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 28, 4))

    def loss(batch, step):
        return nn.functional.cross_entropy(net(batch["audio"]), batch["label"]), {}

    return Learner("net", net, loss, torch.optim.Adam(net.parameters(), lr=1e-3), max_grad_norm=0.5)


def critic_learner():
    torch.manual_seed(0)
    critic = nn.Sequential(
        nn.Conv1d(1, 8, 5), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8 * 28, 1), nn.Flatten(0)
    )

    def loss(batch, step):
        real, generated = batch["audio"], batch["generated"]
        penalty = gradient_penalty(critic, real, generated, batch["mix"], one_sided=False)
        distance = critic(real).mean() - critic(generated).mean()
        return 10 * penalty - distance, {"wasserstein": distance}

    return Learner(
        "net", critic, loss, torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    )


LEARNERS = {"likelihood": likelihood_learner, "critic": critic_learner}


def batches(rank=0, world_size=1):
    """Every process draws the whole batch and takes its share."""
    for step in range(STEPS):
        g = torch.Generator().manual_seed(step)
        whole = {
            "audio": torch.randn(BATCH, 1, 32, generator=g),
            "generated": torch.randn(BATCH, 1, 32, generator=g) + 1,
            "mix": torch.rand(BATCH, generator=g),
            "label": torch.randint(4, (BATCH,), generator=g),
        }
        n = BATCH // world_size
        yield {k: v[rank * n : (rank + 1) * n] for k, v in whole.items()}


def run(rank, port, out):
    """What each of the two processes does, in an environment as torchrun makes it."""
    from accelerate import Accelerator

    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": "2"}
    accelerator = Accelerator(cpu=True)
    torch.set_num_threads(1)
    assert accelerator.num_processes == 2
    for kind, make_learner in LEARNERS.items():
        learner = make_learner()
        stream = batches(accelerator.process_index, accelerator.num_processes)
        for state in train(State([learner]), stream, STEPS, accelerator):
            pass
        tensors = learner.module.state_dict() | {"loss": torch.tensor(state.logs["net/loss"])}
        safetensors.torch.save_file(
            tensors, f"{out}/{kind}-{accelerator.process_index}.safetensors"
        )


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The folder to which both processes, forks of this one, wrote what they made of each learner."""
    out = tmp_path_factory.mktemp("results")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fork = multiprocessing.get_context("fork").Process
    processes = [fork(target=run, args=(rank, port, out)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    assert [process.exitcode for process in processes] == [0, 0]
    return out


@pytest.mark.parametrize("kind", LEARNERS)
def test_two_processes_equal_one(kind, results):
    learner = LEARNERS[kind]()
    before = [p.detach().clone() for p in learner.module.parameters()]
    for state in train(State([learner]), batches(), STEPS):
        pass
    one, two = (
        safetensors.torch.load_file(results / f"{kind}-{rank}.safetensors") for rank in (0, 1)
    )
    assert one.pop("loss") == two.pop("loss") == pytest.approx(state.logs["net/loss"], abs=1e-4)
    for name, alone in learner.module.state_dict().items():
        assert torch.equal(one[name], two[name])
        # float32 sums in another order: Adam's steps of 1e-3 differ by a few of its last bits
        torch.testing.assert_close(one[name], alone, rtol=0, atol=2e-6)
    moved = [(p - q).abs().max() for p, q in zip(learner.module.parameters(), before, strict=True)]
    assert max(moved) > 5e-3  # of which the tolerance is a small part
