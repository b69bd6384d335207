"""Chapter 25's checkers: other right answers pass, and what leaks, clips or miscounts is named."""

import torch

from tinyaudio.exercises.your_own_sound import (
    check_held_out,
    check_levelled,
    check_originals,
    check_steps,
)


def test_recordings_may_be_looked_up_in_a_list():
    def looked_up(recording, every):
        held_out = {*range(0, int(recording.max()) + 1, every)}
        return [int(one) in held_out for one in recording]

    assert check_held_out(looked_up)


def test_a_split_of_crops_leaks():
    def by_crop(recording, every):
        return torch.arange(len(recording)) % every == 0

    assert "both sides" in check_held_out(by_crop).message


def test_levels_may_be_set_in_two_steps():
    def in_two(x, level_db):
        if not x.any():
            return x
        loud = x * 10 ** (level_db / 20) / x.square().mean().sqrt()
        return loud * min(1.0, 0.99 / float(loud.abs().max()))

    assert check_levelled(in_two)


def test_a_clipped_level_and_silence_are_named():
    def clipped(x, level_db):
        return (x * 10 ** (level_db / 20) / x.square().mean().sqrt()).clamp(-0.99, 0.99)

    def divides(x, level_db):
        rms, peak = x.square().mean().sqrt(), x.abs().max()
        return x * torch.minimum(10 ** (level_db / 20) / rms, 0.99 / peak)

    assert "cut off" in check_levelled(clipped).message
    assert "silence" in check_levelled(divides).message


def test_steps_by_a_loop_pass_and_joined_recordings_do_not():
    def by_loop(lengths, n_samples, batch_size):
        crops = 0
        for one in lengths:
            crops += 1 if one < n_samples else one // n_samples
        return -(-crops // batch_size)

    assert check_steps(by_loop)
    assert "joined" in check_steps(lambda lengths, n, b: -(-(sum(lengths) // n) // b)).message


def test_originals_by_the_residual_of_a_gain_pass():
    def by_residual(clips):
        found = []
        for i, x in enumerate(clips):
            same = i
            for j, y in reversed([*enumerate(clips[:i])]):
                if y.shape == x.shape:
                    rest = x - (x * y).sum() / y.square().sum() * y
                    if rest.norm() < 0.01 * x.norm():
                        same = j
            found.append(same)
        return found

    assert check_originals(by_residual)
