"""Chapter 24's checkers: right answers pass however they are written.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import torch
from torch.nn.functional import pad

from tinyaudio.exercises.whole_chain import (
    check_blocks,
    check_budget,
    check_linked,
    check_played,
)


def test_length_passes_by_frames_a_second():
    def by_rates(seconds, made, read):
        made_rate, read_rate = (rate / hop for rate, hop in (made, read))
        return seconds * made_rate / read_rate

    assert check_played(by_rates)


def test_blocks_pass_with_zeros_around_the_whole():
    """This link sees zeros beyond the ends, and so they may be written out."""

    def padded(link, x, size, margin):
        around = pad(x, (margin, margin + -len(x) % size))
        windows = around.unfold(0, size + 2 * margin, size)
        return torch.cat([link(one)[margin : margin + size] for one in windows])[: len(x)]

    assert check_blocks(padded)


def test_the_cross_term_is_what_is_left():
    def by_difference(truth, converted, final):
        first, second, both = (
            (a - b).square().mean()
            for a, b in ((converted, truth), (final, converted), (final, truth))
        )
        return first, second, both - first - second

    assert check_budget(by_difference)


def test_a_chain_passes_in_numpy_and_checked_beforehand():
    def beforehand(x, rate, links):
        made = [rate, *(link[1] for link in links)]
        if any(takes != there for (takes, _, _), there in zip(links, made, strict=False)):
            raise ValueError("a link does not fit")
        sounds = [x.numpy()]
        for *_, function in links:
            sounds.append(function(sounds[-1]).numpy())
        return sounds

    assert check_linked(beforehand)
