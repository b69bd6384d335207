"""Chapter 14's checkers: right answers pass however they are written, and gradients are looked at.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import weakref

import torch

from tinyaudio.exercises.earth_mover import (
    check_critic_loss,
    check_distance,
    check_one_round,
    check_shuffle,
)
from tinyaudio.models.wavegan import phase_shuffle
from tinyaudio.objectives.adversarial import (
    clip_weights,
    gradient_penalty,
    wasserstein_critic,
    wasserstein_generator,
)


def test_the_distance_passes_as_a_mean_over_a_common_number_of_copies():
    """n m numbers on either side, paired in order."""

    def by_copies(x, y):
        x, y = (one.sort().values.repeat_interleave(k) for one, k in ((x, len(y)), (y, len(x))))
        return (x - y).abs().mean()

    assert check_distance(by_copies)


def test_the_package_s_penalty_makes_the_loss():
    def by_package(critic, real, generated, mix, weight):
        generated = generated.detach()
        penalty = gradient_penalty(critic, real, generated, mix, one_sided=False)
        return weight * penalty + (critic(generated) - critic(real)).mean()

    assert check_critic_loss(by_package)


def test_the_package_s_clipping_and_losses_make_a_round():
    clipped = weakref.WeakSet()

    def by_package(critic, generator, optimizers, real, latents, bound):
        if optimizers[0] not in clipped:  # it clips from then on
            clipped.add(optimizers[0])
            clip_weights(optimizers[0], bound)
        drawn = iter(latents)
        nets = (lambda x: critic(x).flatten(), generator, lambda n: next(drawn))
        for x in real:
            optimizers[0].zero_grad()
            wasserstein_critic(*nets, 0)({"audio": x}, 0)[0].backward()
            optimizers[0].step()
        optimizers[1].zero_grad()
        wasserstein_generator(*nets)({"audio": real[0]}, 0)[0].backward()
        optimizers[1].step()

    assert check_one_round(by_package)


def test_a_generator_whose_gradients_are_cleared_in_time_needs_no_detach():
    def undetached(critic, generator, optimizers, real, latents, bound):
        for x, z in zip(real, latents[:-1], strict=True):
            critic.zero_grad()
            (critic(generator(z)) - critic(x)).mean().backward()
            optimizers[0].step()
            with torch.no_grad():
                for p in critic.parameters():
                    p.clamp_(-bound, bound)
        generator.zero_grad()
        critic(generator(latents[-1])).mean().neg().backward()
        optimizers[1].step()

    assert check_one_round(undetached)


def test_the_package_s_phase_shuffle_is_the_one_that_is_asked_for():
    assert check_shuffle(phase_shuffle)


def test_a_gradient_that_no_planted_mistake_has_is_wrong_all_the_same():
    def half_detached(critic, real, generated, mix, weight):
        generated = generated.detach()
        penalty = gradient_penalty(critic, real, generated, mix, one_sided=False)
        score = critic(generated).mean()
        return weight * penalty + score / 2 + score.detach() / 2 - critic(real).mean()

    result = check_critic_loss(half_detached)
    assert not result and "gradients are not" in result.message
