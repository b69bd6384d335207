"""A preference trial on the page: pairs of sounds of which one is chosen, without a kernel.

The order within a pair is drawn from a seed, and nothing that is shown says which system is which.  After the
last pair the page shows how often each was chosen, with the exact sign test, and offers the choices as a file.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 4.1.
Implements: `preference`.
Differs:    One of two is chosen, where the paper has five levels from one to the other.
See:        `tinyaudio.metrics.preference`, which reads the file; chapter 17, "How good is it".
"""

import json
from collections.abc import Mapping, Sequence
from html import escape

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.language import tr
from tinyaudio.show.html import Html
from tinyaudio.show.players import Format, match_levels, player

# One inline handler and no identifiers: the same bytes on the page, in a notebook, on Colab.
CHOOSE = (
    "const button=event.target.closest('button');if(!button)return;"
    "const pairs=[...this.querySelectorAll('fieldset')],pair=button.closest('fieldset'),"
    "next=pairs[pairs.indexOf(pair)+1];pair.dataset.chosen=button.value;"
    "pair.querySelectorAll('audio').forEach(a=>a.pause());"
    # The next pair, until there is none.
    "if(next){pair.hidden=true;next.hidden=false;next.querySelector('audio').focus();return}"
    "pair.querySelectorAll('button').forEach(b=>{b.disabled=true});"
    "const systems=JSON.parse(this.dataset.systems),chosen=pairs.map(p=>p.dataset.chosen),"
    "n=chosen.length,wins=chosen.filter(c=>c==systems[0]).length;"
    # The exact sign test of tinyaudio.metrics.preference; term is C(n, k) / 2^n.
    "let term=2**-n,tail=0;for(let k=0;k<=n;k++){if(k>=Math.max(wins,n-wins))tail+=term;"
    "term*=(n-k)/(k+1)}"
    "this.querySelector('output').textContent=`${systems[0]} ${wins}, ${systems[1]} ${n-wins}; "
    "p = ${Math.min(1,2*tail).toFixed(3)}`;"
    "const file=this.querySelector('a');file.hidden=false;"
    "file.href='data:application/json,'+encodeURIComponent(JSON.stringify({systems,chosen}))"
)


def preference(
    sounds: Mapping[str, Sequence[Float[Tensor, "*channels time"]]],
    sample_rate: int,
    seed: int = 0,
    format: Format = "mp3",
) -> Html:
    """Ask which of two systems is preferred, pair by pair; all sounds are brought to the same level.

    Args:
        sounds: The two systems' names and sounds; sounds of equal number are a pair, and should differ in
            nothing but the system that made them.
        sample_rate: In Hz.
        seed: Of the order within the pairs.
        format: As for `tinyaudio.show.player`.

    Raises:
        AudioError: There are not two systems with as many sounds each, or a sound cannot be played.

    Example:
        >>> noise = torch.rand(2, 1, 8_000) - 0.5
        >>> preference({"A": noise, "B": noise / 10}, 16_000)
        preference trial: A against B, 2 pairs at the same level (RMS)
    """
    if len(sounds) != 2 or len({len(clips) for clips in sounds.values()}) != 1:
        counts = {name: len(clips) for name, clips in sounds.items()}
        raise AudioError(f"a trial of {counts}: give two systems with as many sounds each")
    clips = {f"{name} {i}": c for name, some in sounds.items() for i, c in enumerate(some)}
    level = match_levels(clips)
    names = list(sounds)
    n = len(sounds[names[0]])
    swapped = torch.randint(2, (n,), generator=torch.Generator().manual_seed(seed)).tolist()
    labels = tr("첫째", "first"), tr("둘째", "second")
    better = (
        tr("첫째가 더 좋다", "the first is better"),
        tr("둘째가 더 좋다", "the second is better"),
    )
    pairs = []
    for i, swap in enumerate(swapped):
        order = names[::-1] if swap else names
        shown = "".join(
            player(level[f"{name} {i}"], sample_rate, label, format).html
            + f'<button type="button" value="{escape(name)}">{choice}</button>'
            for name, label, choice in zip(order, labels, better, strict=True)
        )
        pairs.append(
            f"<fieldset{' hidden' if i else ''}><legend>{i + 1} / {n}</legend>{shown}</fieldset>"
        )
    file = tr("고른 것을 파일로 저장", "save the choices as a file")
    systems = escape(json.dumps(names, ensure_ascii=False))
    html = (
        f'<div class="ta-preference" data-systems="{systems}" onclick="{CHOOSE}">'
        f'{"".join(pairs)}<p><output aria-live="polite"></output> '
        f'<a download="choices.json" hidden>{file}</a></p></div>'
    )
    return Html(
        html, f"preference trial: {names[0]} against {names[1]}, {n} pairs at the same level (RMS)"
    )
