"""A listening test on the page, without a kernel: preferences between two systems, or ABX.

The listener does not see which system is which: pairs come in an order, and stand on a side, that the browser
draws anew at each start.  At the end the page counts, gives the exact p, and saves the answers as a file.

Implements: `listening_test`.
See:        `tinyaudio.metrics.listening` for the tests and for reading the files.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import get_args

from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import AudioError
from tinyaudio.language import tr
from tinyaudio.metrics.listening import Kind
from tinyaudio.show.html import Html, data_address
from tinyaudio.show.players import MIME, Format, encoded

# Inline handlers and no identifiers: the same bytes on the page, in a notebook, on Colab.
# At the start pairs are shuffled, each pair is turned over by a coin, and X is one of both.
START = (
    "const box=this.closest('.ta-listening'),trials=[...box.querySelectorAll('.ta-trial')];"
    "for(let i=trials.length-1;i>0;i--){const j=Math.floor(Math.random()*(i+1));"
    "[trials[i],trials[j]]=[trials[j],trials[i]]}"
    "trials.forEach((trial,i)=>{const [a,b,x]=trial.querySelectorAll('audio');"
    "if(Math.random()<.5){[a.src,b.src]=[b.src,a.src];"
    "[a.dataset.system,b.dataset.system]=[b.dataset.system,a.dataset.system]}"
    "if(x){x.dataset.system=Math.floor(Math.random()*2);"
    "x.src=a.dataset.system==x.dataset.system?a.src:b.src}"
    "trial.parentNode.appendChild(trial);trial.hidden=i>0;delete trial.dataset.answer});"
    "box.querySelector('.ta-result').hidden=true;this.hidden=true"
)
# An answer is the system that was preferred, or whether X was recognised; after the last, the result.
ANSWER = (
    "const trial=this.closest('.ta-trial'),box=trial.closest('.ta-listening'),"
    "sounds=[...trial.querySelectorAll('audio')];sounds.forEach(s=>s.pause());"
    "const chosen=sounds[this.value].dataset.system,x=sounds[2];"
    "trial.dataset.answer=x?Number(chosen==x.dataset.system):chosen;trial.hidden=true;"
    "const trials=[...box.querySelectorAll('.ta-trial')],"
    "next=trials.find(t=>!('answer' in t.dataset));if(next){next.hidden=false;return}"
    "const number=word=>t=>Number(t.dataset[word]),"
    "answers=trials.map(t=>({pair:number('pair')(t),answer:number('answer')(t)})),"
    "n=answers.length,ones=answers.filter(t=>t.answer).length,most=x?ones:Math.max(ones,n-ones);"
    "let term=2**-n,tail=0;for(let i=0;i<=n;i++){if(i>=most)tail+=term;term*=(n-i)/(i+1)}"
    "const p=x?tail:Math.min(1,2*tail),result=box.querySelector('.ta-result'),"
    "saved={...JSON.parse(box.dataset.test),trials:answers};"
    "result.querySelectorAll('td').forEach((e,i)=>e.textContent=[n-ones,ones,p.toPrecision(3)][i]);"
    "result.querySelector('a').href="
    "'data:application/json,'+encodeURIComponent(JSON.stringify(saved));"
    "result.hidden=false;box.querySelector('.ta-start').hidden=false"
)


def listening_test(
    kind: str,
    pairs: Sequence[tuple[Float[Tensor, "..."], Float[Tensor, "..."]]],
    sample_rate: int,
    systems: tuple[str, str],
    question: str,
    format: Format = "mp3",
) -> Html:
    """A listening test of pairs of clips.

    Args:
        kind: "preference", which of two clips is the better one, or "abx", which of two X is.
        pairs: One clip (*channels, T) by each system; bring both to the same level first.
        sample_rate: In Hz.
        systems: Their names, which only the result shows.
        question: What to answer, in one sentence.
        format: As for `tinyaudio.show.player`; lossless where the difference is small.

    Raises:
        AudioError: There is no such kind or no pair, or a clip cannot be played.

    Example:
        >>> import torch
        >>> listening_test("abx", [(torch.zeros(1, 800), torch.ones(1, 800))], 8_000, ("a", "b"), "Which is X?")
        listening test (abx): a and b, 1 pair
    """
    if kind not in get_args(Kind):
        raise AudioError(f"no listening test {kind!r}; choose one of {', '.join(get_args(Kind))}")
    if not pairs:
        raise AudioError("a listening test needs at least one pair of clips")
    trials = [
        _trial(kind, number, [encoded(clip, sample_rate, format) for clip in pair], MIME[format])
        for number, pair in enumerate(pairs)
    ]
    test = escape(json.dumps({"kind": kind, "systems": [*systems]}, ensure_ascii=False))
    heads = [tr("X를 틀림", "X not recognised"), tr("X를 맞힘", "X recognised")]
    heads = [*(heads if kind == "abx" else systems), "p"]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    html = (
        f'<div class="ta-listening" data-test="{test}"><p>{escape(question)}</p>'
        f'<button type="button" class="ta-start" onclick="{escape(START)}">'
        f"{tr('시작', 'Start')} ({len(pairs)})</button><div>{''.join(trials)}</div>"
        f'<div class="ta-result" hidden><table><thead><tr>{head}</tr></thead>'
        f"<tbody><tr>{'<td></td>' * 3}</tr></tbody></table>"
        f'<a download="listening.json" href="#">{tr("답 저장", "Save the answers")}</a></div></div>'
    )
    number = f"{len(pairs)} pair{'s' * (len(pairs) != 1)}"
    return Html(html, f"listening test ({kind}): {' and '.join(systems)}, {number}")


def _trial(kind: str, number: int, files: list[bytes], mime: str) -> str:
    """The players of a pair and the buttons below them; X has no sound until the start."""
    names = ["A", "B", "X"] if kind == "abx" else ["A", "B"]
    players = "".join(
        f'<figure class="ta-player"><figcaption>{name}</figcaption><audio controls aria-label="{name}"'
        + (f' data-system="{i}" src="{data_address(files[i], mime)}"' if i < 2 else "")
        + "></audio></figure>"
        for i, name in enumerate(names)
    )
    says = [tr(f"X는 {n}입니다", f"X is {n}") if kind == "abx" else n for n in "AB"]
    buttons = " ".join(
        f'<button type="button" value="{i}" onclick="{escape(ANSWER)}">{text}</button>'
        for i, text in enumerate(says)
    )
    return f'<div class="ta-trial" data-pair="{number}" hidden>{players}{buttons}</div>'
