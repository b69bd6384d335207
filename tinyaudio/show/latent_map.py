"""A map of a plane of latents on which every point plays, with or without a kernel.

Implements: `latent_map`.
See:        chapter 8, "From autoencoder to VAE".
"""

import io
from collections.abc import Sequence
from html import escape

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.language import tr
from tinyaudio.show.html import Html, data_address
from tinyaudio.show.players import encoded

LEVEL_DB = -20.0  # of every sound; pushed down where a peak would be clipped
# Inline handlers and no identifiers: the same bytes on the page, in a notebook, on Colab.
PLAY = (
    "const box=this.closest('.ta-map');box.sound?.pause();"
    "box.sound=new Audio(this.dataset.sound);box.sound.play();"
    "box.querySelector('output').textContent=this.getAttribute('aria-label')"
)
MOVE = (
    "const all=[...this.querySelectorAll('button')],n=+this.dataset.columns,"
    "i=all.indexOf(document.activeElement),"
    "step={ArrowLeft:-1,ArrowRight:1,ArrowUp:-n,ArrowDown:n}[event.key];"
    "if(i<0||!step||Math.abs(step)==1&&Math.floor(i/n)!=Math.floor((i+step)/n))return;"
    "event.preventDefault();all[i+step]?.focus()"
)


def latent_map(
    clips: Float[Tensor, "rows columns time"],
    frames: Float[Tensor, "rows columns F N"],
    x: Sequence[float | int],
    y: Sequence[float | int],
    sample_rate: int,
    label: str,
    notes: Sequence[Sequence[str]] = (),
) -> Html:
    """A grid of buttons, each of which shows a spectrogram and plays its sound.

    The sounds are brought to one level, since a decoder that has never been at a place may be very loud
    there.  Tab and the arrow keys move over the grid; Enter and the space bar play.

    Args:
        clips: What each point of the plane sounds like, rows from the top.
        frames: What each looks like, low frequencies first, -1 (dark) to 1 (bright).
        x: First latent, of each column.
        y: Second latent, of each row.
        sample_rate: In Hz.
        label: What the map shows; above it, and read by screen readers.
        notes: A few words on each point, read with its place; optional.

    Raises:
        AudioError: Sizes do not fit together, or a clip is empty or not finite.

    Example:
        >>> clips, frames = torch.rand(2, 3, 1600) - 0.5, torch.zeros(2, 3, 80, 7)
        >>> latent_map(clips, frames, [-1, 0, 1], [1, -1], 16_000, "a plane")
        map: a plane (2 × 3 sounds of 0.10 s)
    """
    size = (len(y), len(x))
    if clips.shape[:2] != size or frames.shape[:2] != size or 0 in size:
        raise AudioError(
            f"{tuple(clips.shape[:2])} clips and {tuple(frames.shape[:2])} pictures for {size[0]} rows and "
            f"{size[1]} columns; give one of each for every point"
        )
    if notes and [len(row) for row in notes] != [len(x)] * len(y):
        raise AudioError(f"notes: give {len(y)} rows of {len(x)}, one for every point")
    buttons = []
    for i, second in enumerate(y):
        for j, first in enumerate(x):
            place = f"z = ({first:.3g}, {second:.3g})" + (f": {notes[i][j]}" if notes else "")
            buttons.append(_button(clips[i, j], frames[i, j], sample_rate, place))
    hint = tr(
        "칸을 누르면 소리가 납니다. 화살표 키로 옮기고 Enter로 듣습니다. 크기(RMS)는 모두 같게 맞추었습니다.",
        "Press a cell to hear it; the arrow keys move, Enter plays. All are at the same level (RMS).",
    )
    html = (
        f'<figure class="ta-map" style="margin:.4em 0"><figcaption>{escape(label)}</figcaption>'
        f'<div role="group" aria-label="{escape(label)}" data-columns="{len(x)}" onkeydown="{MOVE}" '
        f'style="display:grid;grid-template-columns:repeat({len(x)},1fr);gap:2px;max-width:26em">'
        f"{''.join(buttons)}</div><output>&nbsp;</output><br><small>{hint}</small></figure>"
    )
    seconds = clips.shape[2] / sample_rate
    return Html(html, f"map: {label} ({size[0]} × {size[1]} sounds of {seconds:.2f} s)")


def _button(clip: Tensor, frames: Tensor, sample_rate: int, place: str) -> str:
    sound = data_address(encoded(_at_level(clip)[None], sample_rate, "mp3"), "audio/mpeg")
    picture = data_address(_picture(frames), "image/webp")
    return (
        f'<button type="button" aria-label="{escape(place)}" title="{escape(place)}" onclick="{PLAY}" '
        f'data-sound="{sound}" style="height:3em;border:2px solid transparent;cursor:pointer;'
        f'background:url({picture}) 0 0/100% 100%"></button>'
    )


def _picture(frames: Float[Tensor, "F N"]) -> bytes:
    """A spectrogram without axes, one pixel a number."""
    from matplotlib import pyplot as plt

    file, levels = io.BytesIO(), frames.detach().cpu().numpy()
    look = {"cmap": "magma", "vmin": -1, "vmax": 1, "origin": "lower"}
    plt.imsave(file, levels, format="webp", pil_kwargs={"quality": 60, "method": 6}, **look)
    return file.getvalue()


def _at_level(clip: Float[Tensor, " time"]) -> Float[Tensor, " time"]:
    """At `LEVEL_DB`, or as near to it as the peak allows; silence stays silence."""
    level, peak = clip.square().mean().sqrt(), clip.abs().max()
    gain = torch.minimum(10 ** (LEVEL_DB / 20) / level, 0.95 / peak)
    return clip * gain if level > 0 else clip
