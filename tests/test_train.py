"""The loop: who moves, when, and what stops it."""

import copy
import math

import pytest
import torch
from torch import nn

from tinyaudio.errors import TrainingError
from tinyaudio.train import EMA, Learner, State, cosine, train, warmup


def regression(seed=0):
    """A player that fits y = 2x, and its data."""
    torch.manual_seed(seed)
    net = nn.Linear(3, 1)

    def loss(batch, step):
        return (net(batch["x"]) - 2 * batch["x"].sum(1, keepdim=True)).square().mean(), {
            "half": torch.tensor(0.5)
        }

    return Learner("net", net, loss, torch.optim.SGD(net.parameters(), lr=0.1)), net


def batches(seed=1):
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield {"x": torch.randn(8, 3, generator=generator)}


def test_yields_after_every_step_and_learns():
    learner, net = regression()
    losses = [state.logs["net/loss"] for state in train(State([learner]), batches(), steps=60)]
    assert len(losses) == 60
    assert losses[-1] < 1e-4 * losses[0]


def test_logs_carry_the_player_and_what_the_loss_says():
    learner, _ = regression()
    (state,) = train(State([learner]), batches(), steps=1)
    assert state.logs.keys() == {"net/loss", "net/half"}
    assert state.logs["net/half"] == 0.5


def test_stops_at_the_step_asked_for_and_goes_on_from_there():
    learner, _ = regression()
    state = State([learner])
    assert [s.step for s in train(state, batches(), steps=3)] == [1, 2, 3]
    assert [s.step for s in train(state, batches(), steps=5)] == [4, 5]
    assert list(train(state, batches(), steps=5)) == []


def test_says_so_when_the_data_ends():
    learner, _ = regression()
    with pytest.raises(TrainingError, match="ended at step 2 of 5"):
        list(train(State([learner]), [next(batches())] * 2, steps=5))


def test_a_player_moves_only_its_own_parameters():
    """A generator's loss passes through the critic and must leave no trace in it."""
    generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    critic_before = copy.deepcopy(critic.state_dict())

    def loss(batch, step):
        return critic(generator(batch["x"])).mean(), {}

    learner = Learner("generator", generator, loss, torch.optim.SGD(generator.parameters(), lr=1.0))
    before = generator.weight.clone()
    list(train(State([learner]), [{"x": torch.ones(4, 2)}], steps=1))
    assert not torch.equal(before, generator.weight)
    assert all(p.grad is None for p in critic.parameters())
    assert all(torch.equal(v, critic_before[k]) for k, v in critic.state_dict().items())


def test_every_lets_the_critic_step_first():
    moved = []
    learners = []
    for name, every in (("critic", 1), ("generator", 5)):
        net = nn.Linear(1, 1)

        def loss(batch, step, net=net, name=name):
            moved.append((step, name))
            return net(batch["x"]).sum(), {}

        learners.append(
            Learner(name, net, loss, torch.optim.SGD(net.parameters(), lr=0.0), every=every)
        )
    list(train(State(learners), [{"x": torch.ones(1, 1)}] * 10, steps=10))
    assert [step for step, name in moved if name == "critic"] == list(range(10))
    assert [step for step, name in moved if name == "generator"] == [4, 9]
    assert moved.index((4, "critic")) < moved.index((4, "generator"))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_names_player_and_step_and_moves_nothing(bad):
    learner, net = regression()
    fine = learner.loss
    learner.loss = lambda batch, step: (
        fine(batch, step) if step < 3 else (net.weight.sum() * bad, {})
    )
    state = State([learner])
    with pytest.raises(TrainingError, match=r"'net'.*at step 3"):
        for _ in train(state, batches(), steps=10):
            before = copy.deepcopy(net.state_dict())
    assert state.step == 3
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())


def test_a_gradient_that_is_not_finite_is_caught_though_the_loss_is():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    learner = Learner(
        "net",
        net,
        lambda batch, step: (net.weight.square().sum().sqrt(), {}),
        torch.optim.SGD(net.parameters()),
    )  # sqrt at 0: the value is 0, the slope is not a number
    with pytest.raises(TrainingError, match="gradient became nan"):
        list(train(State([learner]), [{"x": torch.ones(1)}], steps=1))
    assert net.weight.item() == 0


def test_clipping_scales_the_gradient_to_the_norm():
    net = nn.Linear(2, 1, bias=False)
    start = net.weight.detach().clone()
    learner = Learner(
        "net",
        net,
        lambda batch, step: ((net.weight * batch["x"]).sum(), {}),
        torch.optim.SGD(net.parameters(), lr=1.0),
        max_grad_norm=0.5,
    )
    list(train(State([learner]), [{"x": torch.tensor([[3.0, 4.0]])}], steps=1))
    torch.testing.assert_close(start - net.weight, torch.tensor([[0.3, 0.4]]))


def test_the_schedule_multiplies_the_optimizers_own_rate():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    learner = Learner(
        "net", net, lambda batch, step: (-net.weight.sum(), {}), optimizer, schedule=warmup(4)
    )
    weights = [
        net.weight.item() for _ in train(State([learner]), [{"x": torch.ones(1)}] * 4, steps=4)
    ]
    steps = [b - a for a, b in zip([0.0, *weights], weights, strict=False)]
    assert steps == pytest.approx([0.125, 0.25, 0.375, 0.5])


def test_cosine_starts_at_one_ends_at_final_and_only_falls():
    values = [cosine(100, n_warmup=10, final=0.1)(step) for step in range(120)]
    assert values[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert values[10] == 1.0
    assert all(a >= b for a, b in zip(values[10:], values[11:], strict=False))
    assert values[100:] == pytest.approx([0.1] * 20)


def test_ema_is_the_weighted_sum_of_past_weights():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    ema = EMA(net, decay=0.5)
    expected = 0.0
    for step, value in enumerate([1.0, 2.0, 3.0, 4.0] * 5):
        nn.init.constant_(net.weight, value)
        ema.update(net, step)
        m = min(0.5, (1 + step) / (10 + step))
        expected = m * expected + (1 - m) * value
    assert ema.module.weight.item() == pytest.approx(expected, rel=1e-6)
    assert not ema.module.weight.requires_grad


def test_training_keeps_the_average_up_to_date():
    learner, net = regression()
    learner.ema = EMA(net, decay=0.9)
    list(train(State([learner]), batches(), steps=50))
    assert not torch.equal(learner.ema.module.weight, net.weight)
    torch.testing.assert_close(learner.ema.module.weight, net.weight, rtol=0.02, atol=0.02)


@pytest.mark.gpu
def test_trains_where_the_module_is():
    learner, net = regression()
    net.cuda()
    list(train(State([learner]), batches(), steps=3))
    assert net.weight.is_cuda
