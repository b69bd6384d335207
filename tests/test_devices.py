"""Every recipe's losses on a device that this machine does not have.

PyTorch's `FakeTensorMode` computes shapes and devices, and nothing else.  Networks built under
``torch.device("cuda")`` take a batch that lies there, too; a tensor that a loss leaves on the CPU meets
them and fails, as it would on a graphics card.
"""

import pkgutil

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.data import default_collate

from tinyaudio.objectives import adversarial
from tinyaudio.recipes import NAMES, load_recipe
from tinyaudio.train import Learner

# What needs values or a backward pass, which a fake tensor has not; each by a no-op of the same shape.
NO_OPS = {
    "whether a sample is NaN is a question about values": (
        ("tinyaudio.represent.mulaw", "check_numbers"),
        lambda audio: None,
    ),
    "so is the range of codes": (
        ("tinyaudio.models.wavenet", "check_codes"),
        lambda codes, n_levels: None,
    ),
    "and that of classes": (
        ("tinyaudio.models.conditioning", "check_classes"),
        lambda classes, n_classes: None,
    ),
    "that of pitches": (
        ("tinyaudio.models.pitch_classifier", "check_pitches"),
        lambda pitch: None,
    ),
    "and whether the windows of an inverse STFT overlap everywhere": (
        ("torch", "istft"),
        lambda spectrum, n_fft, hop_length, window, length: (
            spectrum.real.sum(dim=(1, 2)) * window.sum()
        )[:, None].expand(-1, length),
    ),
    "a deep copy, as for an average, reads memory that is not there, and may crash": (
        ("torch.Tensor", "__deepcopy__"),
        lambda tensor, memo: tensor.detach().clone().requires_grad_(tensor.requires_grad),
    ),
    "a gradient penalty differentiates within the loss": (
        ("tinyaudio.objectives.adversarial", "gradient_penalty"),
        lambda critic, real, generated, mix=None, one_sided=True: (
            critic(real).mean() + critic(generated).mean()
        ),
    ),
    "and so do R1 and R2": (
        ("tinyaudio.objectives.relativistic", "gradient_square"),
        lambda scores, audio: scores.square().mean(),
    ),
}


# A codebook begins with as many latents as it has codes.
N_ITEMS = {"vqvae": 16, "vqvae-wavenet": 4}


@pytest.fixture
def no_ops(monkeypatch):
    """Puts the no-ops in place."""
    for (owner, name), no_op in NO_OPS.values():
        monkeypatch.setattr(f"{owner}.{name}", no_op)


def losses(recipe, learners_of):
    """The loss of each learner for a batch on a fake graphics card."""
    item = recipe.dataset(recipe.tiny, "train", None)[0]  # again and again: it has all shapes
    batch = default_collate([item] * N_ITEMS.get(recipe.name, 2))
    for learner in learners_of(recipe.tiny):
        learner.loss(batch, 0)  # for real, on the CPU: what is computed once and kept is real
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):  # modules only: in a loss, what names no device is on the CPU
            learners: list[Learner] = learners_of(recipe.tiny)
        fake = {name: mode.from_tensor(value).to("cuda") for name, value in batch.items()}
        return [learner.loss(fake, 0) for learner in learners]


@pytest.mark.parametrize("name", NAMES)
def test_losses_leave_nothing_on_the_cpu(name, no_ops):
    recipe = load_recipe(name)
    for loss, logs in losses(recipe, recipe.learners):
        assert loss.device.type == "cuda" and loss.shape == ()
        assert all(value.device.type == "cuda" for value in logs.values())


def test_a_tensor_left_on_the_cpu_is_found(no_ops):
    recipe = load_recipe("wavegan")

    def careless(config):
        critic, generator = recipe.learners(config)
        latents = lambda n: torch.rand(n, config.model.n_latents)  # noqa: E731
        critic.loss = lambda batch, step: (critic.module(generator.module(latents(2))).mean(), {})
        return [critic]

    with pytest.raises(RuntimeError, match=r"cuda.*cpu|cpu.*cuda"):
        losses(recipe, careless)


def test_the_no_ops_stand_for_functions_that_exist():
    assert callable(adversarial.gradient_penalty)
    for (owner, name), _ in NO_OPS.values():
        assert callable(pkgutil.resolve_name(f"{owner}.{name}"))


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_step_on_a_real_card(name):
    from tinyaudio.run import batches_of, move_to
    from tinyaudio.train import State, train

    recipe = load_recipe(name)
    state = State(recipe.learners(recipe.tiny))
    move_to(state, "cuda")
    batches = batches_of(recipe.dataset(recipe.tiny, "train", None), N_ITEMS.get(name, 8))
    for learner in state.learners:
        learner.every = 1
    for _ in train(state, batches, steps=1):
        pass
    assert all(p.is_cuda for learner in state.learners for p in learner.module.parameters())
