"""Hands that turn with the phase of chosen bins while their sound plays, without a kernel.

Implements: `phasors`.
See:        chapter 15, "Phase and instantaneous frequency".
"""

from collections.abc import Sequence
from html import escape

from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.language import tr
from tinyaudio.show.html import Html, data_address
from tinyaudio.show.players import encoded

# Inline handlers and no identifiers: the same bytes on the page, in a notebook, on Colab.
TURN = (
    "const a=this,hands=[...a.closest('.ta-phasors').querySelectorAll('line')]"
    ".map(h=>[h,h.dataset.degrees.split(' ')]);"
    "(function turn(){const n=Math.floor(a.currentTime*a.dataset.frames);"
    "hands.forEach(([h,d])=>h.setAttribute('transform','rotate('+d[Math.min(n,d.length-1)]+')'));"
    "if(!a.paused)requestAnimationFrame(turn)})()"
)


def phasors(
    audio: Float[Tensor, "*channels time"],
    sample_rate: int,
    phases: Float[Tensor, "K N"],
    hop_length: int,
    names: Sequence[str],
    label: str,
) -> Html:
    """A player, and above it one dial a bin whose hand has the phase of the frame that is being heard.

    Args:
        audio: The clip, in [-1, 1].
        sample_rate: In Hz.
        phases: Of K bins in N frames, in half turns; 0 points to the right, and they turn anticlockwise.
        hop_length: Samples from frame to frame.
        names: Of the bins.
        label: What is heard.

    Raises:
        AudioError: There is not one name for each bin, or the clip cannot be played.

    Example:
        >>> import torch
        >>> phasors(torch.zeros(1, 4_096), 16_000, torch.zeros(2, 17), 256, ["a", "b"], "silence")
        phasors: silence (a, b; 17 frames)
    """
    if len(names) != len(phases) or not len(phases) or phases.shape[1] == 0:
        raise AudioError(f"{len(names)} names for phases {tuple(phases.shape)}: give one a bin")
    dials = []
    for name, phase in zip(names, phases.tolist(), strict=True):
        degrees = " ".join(f"{-180 * x % 360:.0f}" for x in phase)  # SVG counts clockwise
        dials.append(
            '<figure style="margin:0 .6em 0 0;display:inline-block;text-align:center">'
            f'<svg viewBox="-1.1 -1.1 2.2 2.2" width="90" role="img" aria-label="{escape(name)}">'
            '<circle r="1" fill="none" stroke="currentColor" stroke-width=".04"/>'
            f'<line x2="1" stroke="#d62728" stroke-width=".1" data-degrees="{degrees}" '
            f'transform="rotate({degrees.split(" ")[0]})"/></svg>'
            f"<figcaption>{escape(name)}</figcaption></figure>"
        )
    hint = tr(
        "소리를 재생하면 프레임마다 바늘이 그 칸의 위상을 가리킵니다.",
        "While the sound plays, the hands point to the phase of each bin, frame by frame.",
    )
    sound = data_address(encoded(audio, sample_rate, "mp3"), "audio/mpeg")
    html = (
        f'<div class="ta-phasors">{"".join(dials)}'
        f'<figure class="ta-player" style="margin:.4em 0"><figcaption>{escape(label)}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{escape(label)}" src="{sound}" '
        f'data-frames="{sample_rate / hop_length:g}" onplay="{TURN}" onseeked="{TURN}"></audio></figure>'
        f"<small>{hint}</small></div>"
    )
    return Html(html, f"phasors: {label} ({', '.join(names)}; {phases.shape[1]} frames)")
