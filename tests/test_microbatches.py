"""Parts of a batch: their noise is the whole's, their mean gradient is the whole's."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import default_collate

from tests.recipes import own_system
from tinyaudio.errors import UserError
from tinyaudio.microbatches import RowsOfNoise, accumulated, in_bfloat16, micro_batch_loss
from tinyaudio.recipes import NAMES, load_recipe
from tinyaudio.train import Learner, State, train

DRAWS = {
    "rand": lambda x: torch.rand(len(x), 3),
    "rand of a tuple": lambda x: torch.rand((len(x), 3), dtype=torch.float64),
    "randn": lambda x: torch.randn(len(x), 5, 7),
    "randint": lambda x: torch.randint(9, (len(x),)),
    "randint between": lambda x: torch.randint(-2, 3, (len(x), 2)),
    "rand_like": lambda x: torch.rand_like(x),
    "randn_like": lambda x: torch.randn_like(x),
    # What is drawn like a permuted tensor is drawn in its order in memory.
    "randn_like of another order": lambda x: torch.randn_like(x[:, :, None].repeat(1, 1, 5).mT),
    "dropout": lambda x: F.dropout(x, 0.5),
    "a layer of dropout": lambda x: nn.Dropout(0.5)(x),
}


def parts(draw, x, count):
    """What each part of a batch draws."""
    found = []
    for index, part in enumerate(x.chunk(count)):
        torch.manual_seed(0)
        with RowsOfNoise(index, count, len(part)):
            found.append(draw(part))
    return found


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("count", [2, 4])
def test_parts_draw_the_rows_of_the_whole(name, count):
    x = torch.ones(8, 3)
    torch.manual_seed(0)
    whole = DRAWS[name](x)
    assert torch.equal(torch.cat(parts(DRAWS[name], x, count)), whole)
    torch.manual_seed(0)
    assert not torch.equal(DRAWS[name](x[4:]), whole[4:])  # what a part would draw alone


def test_two_batches_one_behind_the_other_share_likewise():
    both = lambda x: torch.randn(2 * len(x), 3)  # noqa: E731 - such as real and generated clips
    torch.manual_seed(0)
    real, generated = both(torch.ones(8, 1)).chunk(2)
    first, second = parts(both, torch.ones(8, 1), 2)
    assert torch.equal(first, torch.cat([real[:4], generated[:4]]))
    assert torch.equal(second, torch.cat([real[4:], generated[4:]]))


def test_what_is_drawn_once_a_step_is_equal_on_all_parts():
    for draw in (
        lambda x: torch.rand(()),
        lambda x: torch.rand(3),
        lambda x: torch.rand(4, generator=torch.Generator().manual_seed(1)),
    ):
        first, second = parts(draw, torch.ones(8, 1), 2)
        assert torch.equal(first, second)


def trained(recipe, config, batch, steps=6, **how):
    torch.manual_seed(0)
    learners = recipe.learners(config)
    torch.manual_seed(1)
    for one in learners:
        one.loss = micro_batch_loss(one, **how)
    logs = []
    for state in train(State(learners), [batch] * steps, steps):
        logs.append(state.logs)
    return torch.cat(
        [p.detach().flatten() for one in learners for p in one.module.parameters()]
    ), logs


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize("recipe", [own_system.RECIPE, load_recipe("ddpm")], ids=lambda r: r.name)
def test_n_parts_equal_one_larger_batch(recipe, n):
    clips = recipe.dataset(recipe.tiny, "train", None)
    batch = default_collate([clips[i] for i in range(8)])
    whole, logs = trained(recipe, recipe.tiny, batch)
    parts, logs_of_parts = trained(recipe, recipe.tiny, batch, accumulate=n)
    start = trained(recipe, recipe.tiny, batch, steps=0)[0]
    assert (parts - whole).norm() < 2e-3 * (whole - start).norm()
    for mine, theirs in zip(logs_of_parts, logs, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-3, abs=1e-4)


def square_learner():
    torch.manual_seed(0)
    net = nn.Conv1d(1, 4, 9)

    def loss(batch, step):
        value = net(batch["audio"]).square().mean()
        return value, {"twice": 2 * value.detach()}

    return Learner("net", net, loss, torch.optim.SGD(net.parameters()))


def test_its_value_and_gradient_are_means():
    learner, batch = square_learner(), {"audio": torch.randn(4, 1, 64)}
    both = accumulated(
        learner, [learner.loss, lambda *a: (3 * learner.loss(*a)[0], learner.loss(*a)[1])]
    )
    value, logs = both(batch, 0)
    halves = [learner.loss({"audio": half}, 0)[0] for half in batch["audio"].chunk(2)]
    mean = (halves[0] + 3 * halves[1]) / 2
    assert value.item() == pytest.approx(mean.item(), rel=1e-6)
    assert logs["twice"].item() == pytest.approx(sum(halves).item(), rel=1e-6)
    parameters = list(learner.module.parameters())
    for g, expected in zip(
        *(torch.autograd.grad(x, parameters) for x in (value, mean)), strict=True
    ):
        torch.testing.assert_close(g, expected)


def test_bfloat16_rounds_what_is_computed_and_not_the_weights():
    learner, batch = square_learner(), {"audio": torch.randn(4, 1, 64)}
    exact, rounded = learner.loss(batch, 0)[0], in_bfloat16(learner.loss)(batch, 0)[0]
    assert rounded.dtype == torch.float32 and rounded.item() != exact.item()
    assert rounded.item() == pytest.approx(exact.item(), rel=0.02)  # eight bits
    rounded.backward()
    assert all(p.dtype == p.grad.dtype == torch.float32 for p in learner.module.parameters())
    assert micro_batch_loss(learner) is learner.loss
    mixed = lambda batch, step: (torch.lerp(net_of(batch), torch.ones(()), 0.5), {})  # noqa: E731
    net_of = lambda batch: learner.module(batch["audio"]).mean().bfloat16()  # noqa: E731
    with pytest.raises(UserError, match="use --precision float32"):
        in_bfloat16(mixed)(batch, 0)
    both = micro_batch_loss(learner, accumulate=2, bf16=True)(batch, 0)[0]
    assert both.item() == pytest.approx(rounded.item(), rel=0.01)


# An untrained generator is nearly constant; what eight bits add to that is heard in the logarithm of its mel.
APART = {"hifigan": 0.25}
INTERPOLATING = ("diffwave", "upsampling")  # which interpolate, and fit a regression


@pytest.mark.parametrize(
    "name",
    [*INTERPOLATING]
    + [pytest.param(n, marks=pytest.mark.slow) for n in NAMES if n not in INTERPOLATING],
)
def test_every_recipe_trains_in_bfloat16(name):
    recipe = load_recipe(name)
    clips = recipe.dataset(recipe.tiny, "train", None)
    batch = default_collate(
        [clips[i] for i in range({"vqvae": 16, "vqvae-wavenet": 8}.get(name, 2))]
    )
    for learner in recipe.learners(recipe.tiny):
        torch.manual_seed(0)
        exact = learner.loss(batch, 0)[0]
        torch.manual_seed(0)
        rounded = in_bfloat16(learner.loss)(batch, 0)[0]
        assert rounded.item() == pytest.approx(exact.item(), rel=APART.get(name, 0.05), abs=0.05)
        parameters = [p for p in learner.module.parameters() if p.requires_grad]
        found = torch.autograd.grad(rounded, parameters, allow_unused=True)
        assert all(g is None or (g.dtype == torch.float32 and g.isfinite().all()) for g in found)


def test_what_the_loss_does_not_use_stays_out_of_the_optimizer():
    """As in a whole batch: zeros would count as steps, and change the first real ones."""
    net = nn.ModuleDict({"used": nn.Linear(3, 1), "unused": nn.Linear(3, 1)})
    adam = torch.optim.Adam(net.parameters())

    def loss(batch, step):
        return net["used"](batch["audio"]).square().mean(), {}

    learner = Learner("net", net, loss, adam)
    value, _ = accumulated(learner, [loss, loss])({"audio": torch.randn(4, 3)}, 0)
    value.backward()
    adam.step()
    assert {id(p) for p in adam.state} == {id(p) for p in net["used"].parameters()}
    assert all(p.grad is None for p in net["unused"].parameters())
