"""The small causal network: causality, receptive field, and a step that equals a column."""

import pytest
import torch

from tinyaudio.models.causal import CausalNet, CausalNetConfig

SMALL = CausalNetConfig(n_levels=16, channels=8, stacks=2, layers=3)


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = CausalNet(SMALL)
    torch.nn.init.normal_(net.logits.weight)  # the zeros it starts from would hide every dependence
    return net


def dependence(net, t, length=40):
    """Which input codes move the prediction at time t, by the gradient of the embedding."""
    codes = torch.randint(SMALL.n_levels, (1, length))
    seen = {}
    net.embed.register_forward_hook(
        lambda module, inputs, output: seen.update(x=output.retain_grad() or output)
    )
    net(codes)[0, :, t].square().sum().backward()
    (places,) = seen["x"].grad[0].abs().sum(1).nonzero(as_tuple=True)
    return places - 1  # the network shifts its input by one


def test_a_prediction_depends_on_past_codes_only(net):
    assert dependence(net, t=30).max() == 29


def test_the_receptive_field_is_the_formula(net):
    places = dependence(net, t=30)
    assert net.receptive_field == 1 + 2 * (1 + 2 + 4) == 15
    assert 30 - places.min() == net.receptive_field
    assert len(places) == net.receptive_field


def test_changing_a_code_changes_only_what_follows(net):
    codes = torch.randint(16, (1, 50))
    other = codes.clone()
    other[0, 20] = (other[0, 20] + 1) % 16
    difference = (net(codes) - net(other)).abs().amax(1)[0]
    assert difference[:21].max() == 0
    assert difference[21:36].min() > 0
    assert difference[36:].max() == 0


def test_untrained_it_is_the_uniform_predictor():
    logits = CausalNet(SMALL)(torch.randint(16, (2, 30)))
    assert logits.abs().max() == 0


def test_steps_equal_columns(net):
    codes = torch.randint(16, (3, 45))
    cache = net.init_cache(3)
    previous = torch.full((3,), net.silence)
    columns = []
    for t in range(45):
        columns.append(net.step(previous, cache, t))
        previous = codes[:, t]
    torch.testing.assert_close(torch.stack(columns, 2), net(codes), rtol=0, atol=1e-5)


def test_every_parameter_is_registered_and_reached(net):
    net(torch.randint(16, (2, 30))).square().sum().backward()
    C, K, L = SMALL.channels, SMALL.n_levels, 6
    n_layer = (2 * C * C + C) + (C * C + C)
    assert sum(p.numel() for p in net.parameters()) == K * C + L * n_layer + (C * C + C) + (
        C * K + K
    )
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize(
    ("config", "receptive_field"), [(CausalNetConfig.tiny(), 512), (CausalNetConfig.large(), 3070)]
)
def test_receptive_fields_of_presets(config, receptive_field):
    assert CausalNet(config).receptive_field == receptive_field
