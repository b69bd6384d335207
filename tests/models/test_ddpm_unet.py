"""DDPM's U-Net: the paper's size to the parameter, and images of any shape."""

from dataclasses import replace

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.models.ddpm_blocks import SelfAttention, step_embedding
from tinyaudio.models.ddpm_unet import DDPMUNet, DDPMUNetConfig, fold, unfold

SIZES = [DDPMUNetConfig(width=8, groups=4), DDPMUNetConfig.tiny()]


def awake(net):
    """With weights where a new network has zeros, so that all of it matters."""
    torch.manual_seed(0)
    for parameter in net.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return net


def test_the_paper_s_network_for_cifar_10_has_35_7_million_parameters():
    """35,746,307, as the authors' network of 3 channels has; two more channels are two convolutions'."""
    with torch.device("meta"):
        net = DDPMUNet(replace(DDPMUNetConfig.paper(), image_channels=3))
    assert sum(p.numel() for p in net.parameters()) == 35_746_307


@pytest.mark.parametrize("config", SIZES)
@pytest.mark.parametrize("sides", [(128, 33), (17, 5), (1, 1)])
def test_images_keep_their_shape(config, sides):
    x = torch.randn(2, 2, *sides)
    assert awake(DDPMUNet(config))(x, torch.tensor([0.0, 999.0])).shape == x.shape


def test_a_new_network_returns_zeros():
    net = DDPMUNet(SIZES[0])
    assert not net(torch.randn(2, 2, 16, 8), torch.tensor([3.0, 500.0])).any()


@pytest.mark.parametrize("config", SIZES)
def test_an_image_does_not_depend_on_the_others_and_each_has_its_step(config):
    net, x = awake(DDPMUNet(config)), torch.randn(3, 2, 32, 16)
    t = torch.tensor([0.0, 400.5, 999.0])
    with torch.no_grad():
        together, alone = net(x, t), net(x[1:2], t[1:2])
        torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-5)
        same = net(x[:1].expand(3, -1, -1, -1), t)
    assert (same[0] - same[1]).abs().max() > 1e-4 and (same[1] - same[2]).abs().max() > 1e-4


def test_every_pixel_may_depend_on_every_other():
    """Through the halved sizes and attention."""
    net = awake(DDPMUNet(SIZES[0]))
    x = torch.randn(1, 2, 64, 32, requires_grad=True)
    net(x, torch.tensor([10.0]))[0, 0, 0, 0].backward()
    assert x.grad[0, :, -1, -1].abs().min() > 0


def test_all_parameters_learn():
    net = awake(DDPMUNet(SIZES[0]))
    net(torch.randn(2, 2, 32, 16), torch.tensor([1.0, 2.0])).square().mean().backward()
    missing = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert missing == []


def test_attention_does_not_care_for_places():
    """Positions in another order give the result in that order."""
    layer = awake(SelfAttention(8, groups=4))
    x, order = torch.randn(1, 8, 4, 3), torch.randperm(12)
    shuffled = x.flatten(2)[..., order].unflatten(2, (4, 3))
    expected = layer(x).flatten(2)[..., order].unflatten(2, (4, 3))
    torch.testing.assert_close(layer(shuffled), expected)


def test_steps_have_a_unit_circle_for_each_frequency():
    t = torch.tensor([0.0, 0.5, 17.0, 999.0])
    sines, cosines = step_embedding(t, 64).chunk(2, dim=1)
    torch.testing.assert_close(sines.square() + cosines.square(), torch.ones(4, 32))
    torch.testing.assert_close(sines[:, 0], t.sin(), atol=1e-4, rtol=0)
    torch.testing.assert_close(sines[:, -1], (t / 10_000).sin())


def test_patches_are_folded_without_loss():
    x = torch.randn(3, 2, 12, 6)
    folded = fold(x, (3, 2))
    assert folded.shape == (3, 12, 4, 3) and torch.equal(unfold(folded, (3, 2)), x)
    torch.testing.assert_close(folded[0, :6, 1, 2], x[0, 0, 3:6, 4:6].flatten())
    assert torch.equal(fold(x, (1, 1)), x)


def test_a_width_that_groups_do_not_divide_is_refused():
    with pytest.raises(UserError, match="width 20: must be a multiple of the 8 groups"):
        DDPMUNetConfig(width=20)
