"""The two translation networks: sizes, one encoder, and decoders that share nothing."""

from dataclasses import asdict

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.errors import ConfigError
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.mel_translation import MelTranslation, MelTranslationConfig
from tinyaudio.models.translation import Translation, TranslationConfig
from tinyaudio.models.wavenet import WaveNetConfig

SMALL = TranslationConfig(
    n_domains=3,
    encoder=DilatedEncoderConfig(8, 6, (1, 2, 4), hop_length=20),
    decoder=WaveNetConfig(stacks=1, layers=3, residual_channels=8, gate_channels=8),
)
SMALL_MEL = MelTranslationConfig(n_domains=3, latent_channels=8, channels=16)


@pytest.fixture
def net():
    torch.manual_seed(0)
    made = Translation(SMALL)
    for decoder in made.decoders:
        torch.nn.init.normal_(decoder.logits.weight, std=0.1)
    return made


@pytest.fixture
def mel_net():
    torch.manual_seed(0)
    return MelTranslation(SMALL_MEL)


def output(net, domain):
    """What a domain's decoder makes of some sound, through the encoder."""
    if isinstance(net, MelTranslation):
        return net.decode(net.encode(torch.randn(2, 80, 16)), domain)
    latents = net.encode(torch.randn(2, 1, 80) / 4)
    return net(torch.randint(256, (2, 80)), latents, domain)


def test_the_paper_s_size():
    config = TranslationConfig.paper()
    assert (config.n_domains, config.hop_length, config.latent_channels) == (6, 800, 64)
    assert config.encoder.dilations == 3 * tuple(2**i for i in range(10))
    assert (config.encoder.channels, config.encoder.kernel_size) == (128, 3)
    assert 1 + sum(config.decoder.dilations) == 4_093  # a quarter of a second at 16 kHz
    with torch.device("meta"):
        net = Translation(config)
    per_decoder = {sum(p.numel() for p in one.parameters()) for one in net.decoders}
    assert len(net.decoders) == 6 and len(per_decoder) == 1
    # 40 layers: two taps to both gates, and 128 to 128 but for the last; skips of all; the rest is small.
    layers = 40 * (2 * 128 * 256) + 39 * 128 * 128 + 40 * 128 * 128
    assert per_decoder.pop() == pytest.approx(layers, rel=0.25)


def test_a_config_survives_json():
    assert TranslationConfig(**asdict(SMALL)) == SMALL
    assert MelTranslationConfig(**asdict(SMALL_MEL)) == SMALL_MEL


@pytest.mark.parametrize("kind", ["net", "mel_net"])
def test_decoders_share_no_memory(kind, request):
    decoders = request.getfixturevalue(kind).decoders
    places = [{p.data_ptr() for p in one.parameters()} for one in decoders]
    assert len(set().union(*places)) == sum(map(len, places))
    first, second = (next(one.parameters()) for one in decoders[:2])
    assert not torch.equal(first, second)  # nor do they begin alike


@pytest.mark.parametrize("kind", ["net", "mel_net"])
@pytest.mark.parametrize("domain", [0, 2])
def test_a_domain_s_gradient_reaches_the_encoder_and_its_own_decoder(kind, domain, request):
    net = request.getfixturevalue(kind)
    output(net, domain).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.encoder.parameters())
    for j, decoder in enumerate(net.decoders):
        reached = [p.grad is not None for p in decoder.parameters()]
        assert all(reached) if j == domain else not any(reached)


def test_every_domain_decodes_the_same_latents_in_its_own_way(mel_net):
    frames = torch.randn(1, 80, 31)
    made = [mel_net.translate(frames, j) for j in range(3)]
    assert all(one.shape == frames.shape for one in made)
    assert not torch.allclose(made[0], made[1]) and not torch.allclose(made[1], made[2])
    padded = torch.cat([frames, frames[:, :, -1:]], dim=2)
    assert torch.equal(mel_net.decode(mel_net.encode(padded), 1)[:, :, :31], made[1])


@pytest.mark.parametrize("config", [SMALL_MEL, MelTranslationConfig(2, 4, 8, 4, (1, 3), (1,))])
def test_nothing_beyond_the_context_matters(config):
    net, n = MelTranslation(config), 200
    frames = torch.randn(1, 80, n, requires_grad=True)
    for at in (100, 101):
        made = net.decode(net.encode(frames), 0)[0, :, at].sum()
        (gradient,) = torch.autograd.grad(made, frames)
        (reached,) = gradient[0].abs().sum(0).nonzero(as_tuple=True)
        assert 0 < at - reached[0] <= config.context_frames
        assert 0 < reached[-1] - at <= config.context_frames
        # The context is no wasteful estimate either: of an encoder and a decoder with a stride.
        assert config.context_frames <= max(at - reached[0], reached[-1] - at) + 3 * config.stride


def test_an_odd_stride_is_refused():
    with pytest.raises(ConfigError, match="even number of frames"):
        MelTranslationConfig(stride=3)


@pytest.mark.parametrize("config", [SMALL, SMALL_MEL])
def test_nothing_is_left_on_the_cpu(config):
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda"):
        if config is SMALL:
            made = Translation(config).encode(torch.zeros(2, 1, 80))
        else:
            made = MelTranslation(config).translate(torch.zeros(2, 80, 15), 1)
        assert made.device.type == "cuda"
