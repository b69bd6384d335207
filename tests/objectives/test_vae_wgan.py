"""A VAE and a critic: the parts of both losses, and whom each gradient reaches."""

from functools import partial

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from tinyaudio.models.vae_wgan import MelVAE, VAEWGANConfig
from tinyaudio.objectives.adversarial import gradient_penalty
from tinyaudio.objectives.vae_wgan import by_frame, converted, critic_loss, others, vae_loss
from tinyaudio.objectives.variational import gaussian_log_likelihood, kl_divergence
from tinyaudio.train import Learner, State, optimizer_step, train

B, F, D, N, K = 4, 3, 2, 5, 2  # clips, channels, latents, frames, speakers


class Toy(nn.Module):
    """An encoder and a decoder without hidden layers."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Conv1d(F, 2 * D, 1), nn.Conv1d(D + K, F, 1)

    def decode(self, z, speaker):
        who = nn.functional.one_hot(speaker, K).float()[:, :, None].expand(-1, K, z.shape[2])
        return self.decoder(torch.cat([z, who], 1))

    def reconstruct(self, batch):
        mean, log_variance = self.encoder(batch["frames"]).chunk(2, 1)
        return self.decode(mean, batch["speaker"]), (mean, log_variance)

    def converted(self, batch):
        with torch.no_grad():
            latents = self.encoder(others(batch)["frames"]).chunk(2, 1)[0]
        return self.decode(latents, batch["speaker"])


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.speakers, self.score = nn.Embedding(K, F), nn.Linear(F, 1, bias=False)

    def forward(self, frames, speaker):
        return self.score((frames + self.speakers(speaker)[:, :, None]).mean(2).tanh())[:, 0]


@pytest.fixture
def players():
    torch.manual_seed(0)
    batch = {"frames": torch.randn(B, F, N), "speaker": torch.tensor([0, 1, 0, 1])}
    return Toy(), Critic(), batch


def losses(net, critic, **options):
    """Of the VAE and of the critic."""
    return (
        vae_loss(net.reconstruct, net.converted, critic, scale=0.5, **options),
        critic_loss(critic, net.converted),
    )


def test_the_first_stage_is_the_elbo_of_single_frames(players):
    net, critic, batch = players
    output, (mean, log_variance) = net.reconstruct(batch)
    for beta in (0.5, 2.0):
        for options in ({}, {"critic_weight": 3.0, "critic_from": 7}):
            loss, logs = losses(net, critic, beta=beta, **options)[0](batch, 6)
            by_hand = [
                beta * kl_divergence(mean[b, :, n][None], log_variance[b, :, n][None])
                - gaussian_log_likelihood(
                    batch["frames"][b, :, n][None], output[b, :, n][None], 0.5
                )
                for b in range(B)
                for n in range(N)
            ]
            torch.testing.assert_close(loss, torch.cat(by_hand).mean())
            assert set(logs) == {"log_likelihood", "kl"}


def test_the_second_stage_adds_the_critic_s_weighted_score_of_conversions(players):
    net, critic, batch = players
    alone, _ = losses(net, critic)[0](batch, 7)
    both, logs = losses(net, critic, critic_weight=3.0, critic_from=7)[0](batch, 7)
    score = critic(net.converted(batch), batch["speaker"]).mean()
    torch.testing.assert_close(both, alone - 3.0 * score)
    torch.testing.assert_close(logs["score"], score)


def test_the_critic_compares_conversions_to_a_speaker_with_that_speaker_s_frames(players):
    net, critic, batch = players
    frames, speaker = batch["frames"], batch["speaker"]
    torch.manual_seed(3)
    loss, logs = critic_loss(critic, net.converted, 7.0)(batch, 0)
    distance = critic(frames, speaker).mean() - critic(net.converted(batch), speaker).mean()
    torch.manual_seed(3)
    penalty = gradient_penalty(lambda x: critic(x, speaker), frames, net.converted(batch))
    torch.testing.assert_close(logs["wasserstein"], distance)
    torch.testing.assert_close(loss, 7.0 * penalty - distance)
    assert "penalty" not in critic_loss(critic, net.converted, 0.0)(batch, 0)[1]


def test_the_encoder_learns_from_the_elbo_and_not_from_the_critic(players):
    net, critic, batch = players
    gradients = []
    for weight in (0.0, 100.0):
        net.zero_grad()
        losses(net, critic, critic_weight=weight)[0](batch, 0)[0].backward()
        gradients.append({name: p.grad.clone() for name, p in net.named_parameters()})
    for name, gradient in gradients[0].items():
        assert torch.equal(gradient, gradients[1][name]) == name.startswith("encoder"), name


def test_a_conversion_is_the_neighbour_in_the_clip_s_voice_and_leaves_the_encoder_alone():
    torch.manual_seed(0)
    config = VAEWGANConfig(latent_channels=2, channels=8, n_speakers=2, speaker_channels=4)
    net, speaker = MelVAE(config), torch.tensor([0, 1])
    batch = {"frames": torch.rand(2, 82, 7), "mean": torch.rand(2, 82), "speaker": speaker}
    made = converted(net, batch)
    neighbours = batch["frames"].flip(0), batch["mean"].flip(0)
    assert torch.equal(made, net.convert(*neighbours, speaker))
    made.sum().backward()
    for name, p in net.named_parameters():
        assert (p.grad is None) == name.startswith("encoder"), name


@pytest.mark.parametrize("player", [0, 1])
def test_each_learner_moves_its_own_network(players, player):
    net, critic, batch = players
    own, other = ((net, critic), (critic, net))[player]
    loss = losses(net, critic, critic_weight=1.0)[player]
    kept = {name: p.detach().clone() for name, p in other.named_parameters()}
    before = {name: p.detach().clone() for name, p in own.named_parameters()}
    optimizer_step(Learner("one", own, loss, torch.optim.SGD(own.parameters(), 0.1)), batch, 0)
    assert all(not torch.equal(p, before[name]) for name, p in own.named_parameters())
    assert all(torch.equal(p, kept[name]) for name, p in other.named_parameters())
    assert all(p.grad is None for p in other.parameters())


def test_the_critic_s_loss_reaches_the_vae_in_no_way(players):
    net, critic, batch = players
    losses(net, critic)[1](batch, 0)[0].backward()
    assert all(p.grad is None for p in net.parameters())
    assert all(p.grad is not None for p in critic.parameters())


def test_a_batch_of_one_is_converted_to_itself(players):
    net, critic, batch = players
    one = {name: value[:1] for name, value in batch.items()}
    assert torch.equal(net.converted(one), net.reconstruct(one)[0])
    for loss in losses(net, critic, critic_weight=1.0):
        assert loss(one, 0)[0].isfinite()


def test_likelihood_alone_answers_with_the_mean_and_a_critic_brings_the_variance_back():
    """Frames of +1 or -1, and a decoder that is given random numbers alone.

    The best Gaussian answer is 0 for all.  A critic tells 0 from +-1, so that the decoder uses the noise.
    """
    torch.manual_seed(0)
    width = 16
    decoder = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
    critic = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))

    def clips():
        frames = torch.randint(2, (32, 1, 1)).float() * 2 - 1
        speaker = torch.zeros(32, dtype=torch.long)
        return {"frames": frames, "noise": torch.rand(32, 1) * 2 - 1, "speaker": speaker}

    def made(batch):
        return decoder(batch["noise"])[:, :, None]

    def reconstruct(batch):
        nothing = torch.zeros(32, 1, 1)
        return made(batch), (nothing, nothing)

    def score(frames, speaker):
        return critic(frames[:, :, 0])[:, 0]

    variances = []
    for weight in (0.0, 20.0):
        loss = vae_loss(reconstruct, made, score, scale=1.0, critic_weight=weight)
        adam = partial(torch.optim.Adam, lr=5e-3, betas=(0.5, 0.9))
        of_critic = critic_loss(score, made)
        learners = [
            Learner("critic", critic, of_critic, adam(critic.parameters())),
            Learner("vae", decoder, loss, adam(decoder.parameters())),
        ]
        for _ in train(State(learners), (clips() for _ in range(400)), 400):
            pass
        variances.append(made({"noise": torch.linspace(-1, 1, 101)[:, None]}).var().item())
    assert variances[0] < 0.05 and variances[1] > 0.5  # the data's is 1


def test_nothing_is_left_on_the_cpu(monkeypatch):
    """A gradient penalty needs a backward pass, which fake tensors have not."""
    monkeypatch.setattr(
        "tinyaudio.objectives.adversarial.gradient_penalty",
        lambda critic, real, generated, one_sided: critic(real).mean() + critic(generated).mean(),
    )
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        with torch.device("cuda"):
            net, critic = Toy(), Critic()
        batch = {"frames": torch.zeros(B, F, N), "speaker": torch.zeros(B, dtype=torch.long)}
        fake = {name: mode.from_tensor(value).to("cuda") for name, value in batch.items()}
        for one in losses(net, critic, critic_weight=1.0):
            loss, logs = one(fake, 0)
            assert loss.device.type == "cuda" and loss.shape == ()
            assert all(value.device.type == "cuda" for value in logs.values())


def test_frames_are_observations():
    x = torch.arange(12.0).reshape(2, 3, 2)
    assert by_frame(x).tolist()[1] == [1.0, 3.0, 5.0] and by_frame(x).shape == (4, 3)
