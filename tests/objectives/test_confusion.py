"""Domain confusion: two losses against each other, each of which moves its own network."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.metrics.discriminant import LinearDiscriminant
from tinyaudio.models.domain_classifier import DomainClassifier
from tinyaudio.objectives.confusion import accuracy, classifier_loss, confusion_loss
from tinyaudio.train import Learner, State, optimizer_step, train

K, D = 3, 1  # domains, channels of the latents


class Toy:
    """An encoder, a classifier, and clips that say their domain by the level of one channel."""

    def __init__(self, seed=0):
        torch.manual_seed(seed)
        self.encoder, self.classifier = nn.Conv1d(K + 1, D, 1), DomainClassifier(K, D, 16)

    def batch(self, n=48):
        domain = torch.arange(n) % K
        told = nn.functional.one_hot(domain, K)[:, :, None].expand(n, K, 5)
        return {"x": torch.cat([told, torch.randn(n, 1, 5)], 1), "domain": domain}

    def logits(self, batch):
        return self.classifier(self.encoder(batch["x"]))


@pytest.mark.parametrize("k", [2, 5])
def test_a_classifier_that_guesses_has_the_logarithm_of_the_domains(k):
    classifier = DomainClassifier(k, D)
    nn.init.zeros_(classifier.layers[-1].weight), nn.init.zeros_(classifier.layers[-1].bias)
    logits, domain = classifier(torch.randn(7, D, 9)), torch.randint(k, (7,))
    assert classifier_loss(logits, domain).item() == pytest.approx(math.log(k))
    assert confusion_loss(logits, domain, 0.5).item() == pytest.approx(-0.5 * math.log(k))


@pytest.mark.parametrize("weight", [1e-2, 1.0])
def test_the_encoder_s_gradient_is_minus_the_weighted_gradient_of_the_classifier_s_loss(weight):
    toy = Toy()
    batch = toy.batch()
    # Sharpen the classifier, so that it is better than chance.
    optimizer = torch.optim.Adam(toy.classifier.parameters(), 1e-2)
    for _ in range(50):
        optimizer.zero_grad()
        classifier_loss(toy.logits(batch), batch["domain"]).backward()
        optimizer.step()
    loss = classifier_loss(toy.logits(batch), batch["domain"])
    assert loss < math.log(K)
    (up,) = torch.autograd.grad(loss, toy.encoder.weight)
    confusion = confusion_loss(toy.logits(batch), batch["domain"], weight)
    (down,) = torch.autograd.grad(confusion, toy.encoder.weight)
    assert up.abs().sum() > 0
    torch.testing.assert_close(down, -weight * up)


def test_beyond_chance_the_encoder_is_left_alone():
    """Confidently wrong is as telling as right: the bound takes the reward for it away."""
    logits = torch.tensor([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0]], requires_grad=True)
    wrong = confusion_loss(logits, torch.tensor([1, 2]), 1.0)
    wrong.backward()
    assert wrong.item() == pytest.approx(-math.log(3)) and not logits.grad.any()


def test_each_learner_moves_its_own_network():
    toy = Toy()
    batch = toy.batch()
    # A classifier better than chance, or else the bound leaves nothing to do.
    batch["domain"] = toy.logits(batch).argmax(1)

    def encoder_loss(batch, step):
        return confusion_loss(toy.logits(batch), batch["domain"], 1.0), {}

    def loss_of_classifier(batch, step):
        return classifier_loss(toy.logits(batch), batch["domain"]), {}

    for module, loss in ((toy.encoder, encoder_loss), (toy.classifier, loss_of_classifier)):
        other = toy.classifier if module is toy.encoder else toy.encoder
        own, others = [
            {name: p.detach().clone() for name, p in one.named_parameters()}
            for one in (module, other)
        ]
        other.zero_grad(set_to_none=True)
        optimizer_step(
            Learner("one", module, loss, torch.optim.SGD(module.parameters(), 0.1)), batch, 0
        )
        assert any(not torch.equal(p, own[name]) for name, p in module.named_parameters())
        assert all(torch.equal(p, others[name]) for name, p in other.named_parameters())
        assert all(p.grad is None for p in other.parameters())


@pytest.mark.parametrize(("weight", "confused"), [(0.0, False), (1.0, True)])
def test_a_linear_probe_of_the_latents_is_at_chance_after_confusion_and_above_it_without(
    weight, confused
):
    """Every domain has a decoder of its own, which could subtract what its latents say of the domain."""
    toy = Toy()
    decoders = nn.ModuleList(nn.Conv1d(D, 1, 1) for _ in range(K))
    net = nn.ModuleList([toy.encoder, decoders])

    def loss(batch, step):
        z = toy.encoder(batch["x"])
        made = torch.stack([decoders[j](z[j::K]) for j in range(K)], dim=1).flatten(0, 1)
        error = (made - batch["x"][:, -1:]).square().mean()
        confusion = confusion_loss(toy.classifier(z), batch["domain"], weight)
        return error + confusion, {"error": error}

    def of_classifier(batch, step):
        logits = toy.classifier(toy.encoder(batch["x"]).detach())
        return classifier_loss(logits, batch["domain"]), {}

    slow, fast = (partial(torch.optim.SGD, lr=lr) for lr in (0.1, 0.3))
    parts = [("net", net, loss, slow), ("classifier", toy.classifier, of_classifier, fast)]
    state = State([Learner(n, m, one, sgd(m.parameters())) for n, m, one, sgd in parts])
    for _ in train(state, (toy.batch() for _ in range(300)), 300):
        pass
    assert state.logs["net/error"] < 1e-3
    training, held_out = toy.batch(1_500), toy.batch(1_500)
    with torch.no_grad():
        z, other = (toy.encoder(one["x"]).mean(2) for one in (training, held_out))
    probe = LinearDiscriminant(z, training["domain"])
    right = (probe(other) == held_out["domain"]).float().mean().item()
    standard_error = math.sqrt(1 / K * (1 - 1 / K) / 1_500)
    cross_entropy = state.logs["classifier/loss"]
    if confused:
        assert abs(right - 1 / K) < 3 * standard_error
        assert cross_entropy == pytest.approx(math.log(K), abs=0.02)
    else:
        assert right > 1 / K + 10 * standard_error and cross_entropy < 0.9


def test_nothing_is_left_on_the_cpu():
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda"):
        logits = DomainClassifier(K, D)(torch.zeros(2, D, 9))
        domain = torch.zeros(2, dtype=torch.long)
        found = classifier_loss(logits, domain), confusion_loss(logits, domain)
        for one in (*found, accuracy(logits, domain)):
            assert one.device.type == "cuda" and one.shape == ()
