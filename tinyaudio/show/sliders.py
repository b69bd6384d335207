"""A slider over pictures and sounds, with or without a kernel."""

import io
import os
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from tinyaudio.show.html import Html, data_address


def explore(
    draw: Callable[[Any], tuple[Any, Html | None]],
    name: str,
    values: Sequence[Any],
    *,
    start: int = 0,
) -> Any:
    """A slider over pictures and sounds: live where there is a kernel, drawn beforehand in the book.

    Args:
        draw: value -> (figure, what to show below it, such as a `player`, or None).
        name: What is varied, with its unit.
        values: At most twelve values.
        start: Index of the value shown first.

    Returns:
        On the book's page, one HTML object with every picture in it; in a live notebook a widget.

    Raises:
        ValueError: There are no values, or more than twelve (each weighs about 20 kB), or `start`
            is the index of none.
    """
    if not 0 < len(values) <= 12:
        raise ValueError(f"explore takes 1 to 12 values, not {len(values)}")
    if not 0 <= start < len(values):
        raise ValueError(f"start is the index of a value, 0 to {len(values) - 1}, not {start}")
    if not os.environ.get("TINYAUDIO_BUILD"):
        return _explore_live(draw, name, values, start)
    frames: list[str] = []
    for value in values:
        figure, below = draw(value)
        below_html = below.html if below else ""
        picture = data_address(_webp(figure), "image/webp")
        frames.append(
            f'<div class="ta-frame"{"" if len(frames) == start else " hidden"}>'
            f'<img alt="{escape(f"{name}: {value}")}" src="{picture}" style="max-width:100%">{below_html}</div>'
        )
    labels = escape("\n".join(str(value) for value in values))
    # One inline handler and no identifiers: the same bytes on the page, in a notebook, on Colab.
    move = (
        "const box=this.closest('.ta-explore');"
        "box.querySelectorAll('.ta-frame').forEach((f,i)=>{f.hidden=i!=this.value;"
        "f.querySelectorAll('audio').forEach(a=>a.pause())});"
        "const text=this.dataset.labels.split('\\n')[this.value];"
        "box.querySelector('output').textContent=text;this.setAttribute('aria-valuetext',text)"
    )
    html = (
        f'<div class="ta-explore"><label>{escape(name)}: <input type="range" min="0" '
        f'max="{len(values) - 1}" step="1" value="{start}" aria-valuetext="{escape(str(values[start]))}" '
        f'data-labels="{labels}" oninput="{move}"> <output>{escape(str(values[start]))}</output></label>'
        f"{''.join(frames)}</div>"
    )
    return Html(html, f"explore: {name} in {', '.join(str(value) for value in values)}")


def _explore_live(draw: Any, name: str, values: Sequence[Any], start: int) -> Any:
    from IPython.display import display
    from ipywidgets import SelectionSlider, interactive
    from matplotlib import pyplot as plt

    def update(value: Any) -> None:
        figure, below = draw(value)
        display(figure)
        plt.close(figure)
        if below:
            display(below)

    options = [(str(value), value) for value in values]
    slider = SelectionSlider(options=options, index=start, description=name)
    return interactive(update, value=slider)


def _webp(figure: Any) -> bytes:
    from matplotlib import pyplot as plt

    file = io.BytesIO()
    # Not cut to what is drawn: every picture of a slider has the same size, and the page stands still.
    figure.savefig(file, format="webp", dpi=90, pil_kwargs={"quality": 75, "method": 6})
    plt.close(figure)
    return file.getvalue()
