"""Two processes on half the batch each make the steps that one makes on the whole: of every recipe."""

import pytest
import safetensors.torch
import torch
from torch import nn
from torch.utils.data import default_collate

from tests.command import exit_codes
from tinyaudio.microbatches import micro_batch_loss
from tinyaudio.objectives.adversarial import gradient_penalty
from tinyaudio.recipes import NAMES, load_recipe
from tinyaudio.train import Learner, State, train

STEPS, BATCH = 10, 8

# Recipes whose loss has a term of a batch as a whole.  Two processes equal one that takes the same
# two halves one after the other.
COUPLED = {}
WAS = {
    "istft-vocoder": "spectral convergence is a quotient of two norms over the batch",
    "univnet": "so it is here",
    "translation": "the confusion term is the least of a mean over the batch and chance",
    "translation-wavenet": "and so it is here",
    "singing": "and here",
    "singing-wavenet": "and here; a step's mixtures of singers are drawn for each half",
    "vae-wgan": "clips are converted to the voices of their neighbours in the batch",
    "mugan": "batch normalization",
    "gansynth": "minibatch deviation",
    "gansynth-small": "the penalty takes every other note of the batch",
}
REPRESENTATIVE = ("pitch-classifier", "wavegan", "vqvae")  # a likelihood, a GAN, a codebook
# A codebook begins with as many latents as it has codes.
N_CLIPS = {"vqvae": 16, "vqvae-wavenet": 8}


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
        penalty = gradient_penalty(critic, real, generated, one_sided=False)
        distance = critic(real).mean() - critic(generated).mean()
        return 10 * penalty - distance, {"wasserstein": distance}

    return Learner(
        "net", critic, loss, torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    )


def toy_batches():
    """Those of both learners above."""
    for step in range(STEPS):
        g = torch.Generator().manual_seed(step)
        yield {
            "audio": torch.randn(BATCH, 1, 32, generator=g),
            "generated": torch.randn(BATCH, 1, 32, generator=g) + 1,
            "label": torch.randint(4, (BATCH,), generator=g),
        }


def recipe_batches(name):
    """Two of them in turn."""
    recipe, n = load_recipe(name), N_CLIPS.get(name, 4)
    clips = recipe.dataset(recipe.tiny, "train", None)
    two = [default_collate([clips[i] for i in range(k * n, k * n + n)]) for k in range(2)]
    return [two[k % 2] for k in range(STEPS)]


TOYS = {"likelihood": likelihood_learner, "critic": critic_learner}


def learners_of(name):
    """Those of a system, and the weights that they begin with."""
    if name in TOYS:
        learners = [TOYS[name]()]
    else:
        recipe = load_recipe(name)
        learners = recipe.learners(recipe.tiny)
    return learners, [flat(one.module).clone() for one in learners]


def flat(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def trained(name, batches, rank=0, world_size=1, accumulate=1, accelerator=None):
    """How far ten steps move each network, and the losses of each step."""
    learners, before = learners_of(name)
    torch.manual_seed(1)
    for one in learners:
        one.loss = micro_batch_loss(one, rank, world_size, accumulate)
    n = len(batches[0]["audio"]) // world_size
    mine = ({k: v[rank * n : (rank + 1) * n] for k, v in batch.items()} for batch in batches)
    found, losses = {}, []
    for state in train(State(learners), mine, STEPS, accelerator):
        losses.append([v for k, v in sorted(state.logs.items()) if k.endswith("/loss")])
    for one, start in zip(learners, before, strict=True):
        found[one.name] = flat(one.module) - start
        found |= {f"{one.name}/{k}": v.float() for k, v in one.module.named_buffers()}
    return found | {"losses": torch.tensor([x for step in losses for x in step])}


def launch(names, folder):
    """Train each system on two processes; the batches of each, and where they left what they found."""
    batches = {
        name: list(toy_batches()) if name in TOYS else recipe_batches(name) for name in names
    }

    def work(rank):
        from accelerate import Accelerator

        accelerator = Accelerator(cpu=True)
        torch.set_num_threads(1)
        assert accelerator.num_processes == 2
        for name in names:
            found = trained(name, batches[name], rank, 2, accelerator=accelerator)
            safetensors.torch.save_file(found, folder / f"{name}-{rank}.safetensors")
        accelerator.end_training()

    assert exit_codes(work, folder, timeout=3_600) == [0, 0], [
        (folder / f"{rank}.txt").read_text()[-2_000:] for rank in range(2)
    ]
    return batches, folder


@pytest.fixture(scope="module")
def representative(tmp_path_factory):
    return launch([*TOYS, *REPRESENTATIVE], tmp_path_factory.mktemp("two"))


def check(name, launched):
    batches, folder = launched
    zero, one = (safetensors.torch.load_file(folder / f"{name}-{r}.safetensors") for r in range(2))
    alone = trained(name, batches[name], accumulate=2 if name in COUPLED else 1)
    assert all(torch.equal(zero[k], one[k]) for k in zero if "/" not in k)  # buffers aside
    # Sums in another order: Adam may turn a gradient's last bits into a step where it is near zero.
    torch.testing.assert_close(zero["losses"], alone["losses"], rtol=2e-3, atol=2e-3)
    for learner in learners_of(name)[0]:
        moved = alone[learner.name]
        assert (zero[learner.name] - moved).norm() < 0.01 * moved.norm(), learner.name
        assert moved.norm() > 0
    for k, buffer in alone.items():
        if "/" in k and name not in COUPLED:
            torch.testing.assert_close(zero[k], buffer, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", [*TOYS, *REPRESENTATIVE])
def test_two_processes_equal_one(name, representative):
    check(name, representative)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NAMES if n not in REPRESENTATIVE])
def test_two_processes_equal_one_whatever_the_recipe(name, tmp_path):
    check(name, launch([name], tmp_path))


def test_the_check_finds_noise_that_is_not_shared(representative, monkeypatch):
    batches, folder = representative
    two = safetensors.torch.load_file(folder / "critic-0.safetensors")
    halves = [{k: v[:4] for k, v in batch.items()} for batch in batches["critic"]]
    half = trained("critic", halves)  # the first process alone
    assert (two["net"] - half["net"]).norm() > 0.05 * half["net"].norm()
