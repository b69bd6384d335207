"""What a slide shows of a text: its first sentence, and those that are bold or lead to a formula."""

import re
from itertools import pairwise

# What is one piece to the search for sentences: formulas, code, bold.
WHOLE = re.compile(r"\$[^$\n]+\$|`[^`\n]+`|\*\*[^*\n]+\*\*")
END = re.compile(r"(?<!al)(?<!e\.g)(?<!i\.e)(?<!vs)(?<!cf)[.!?…][\"”’)]*(?=\s)")
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^()\s]*(?:\([^()]*\))?[^()\s]*\)")


def plain(text: str) -> str:
    """Text without links: a slide leads nowhere."""
    text = re.sub(r'<a id="[^"]*"></a>\n*', "", text)
    text = re.sub(r'(?s)<a href="[^"]*">(.*?)</a>', r"\1", text)
    # A term is bold at its first use; only what the author made bold is to count as such.
    text = re.sub(r"\[\*\*([^\[\]]*)\*\*\]\((?!http)[^)]*\)", r"\1", text)
    return LINK.sub(r"\1", text)


def key_blocks(text: str) -> list[str]:
    """The blocks of a text that a slide shows, shortened to their key sentences."""
    blocks = [one for one in re.split(r"\n{2,}", text.strip()) if one.strip()]
    kept: list[str] = []
    leads = open_end = False  # a text may lead to a formula, and its sentence go on after it
    for i, block in enumerate(blocks):
        if block.startswith("$$") and kept and leads:
            kept[-1] += f"\n\n{block}"
            continue
        if block.startswith(("$$", "|", '<div class="ta-live"')):
            kept.append(block)
            continue
        if re.match(r"(- |\d+\. )", block):
            kept.append("\n".join(shortened(item) for item in re.split(r"\n(?=- |\d+\. )", block)))
            continue
        if block.startswith(("<", "```")):
            continue
        parts = sentences(block)
        leads = i + 1 < len(blocks) and blocks[i + 1].startswith("$$")
        key = [
            part
            for n, part in enumerate(parts)
            if (n == 0 and (i == 0 or open_end)) or "**" in part or (leads and n == len(parts) - 1)
        ]
        if open_end:
            kept[-1] += "\n\n" + " ".join(key)
        elif key:
            kept.append(" ".join(key))
        open_end = leads and not END.search(parts[-1] + " ")
    return kept


def shortened(item: str) -> str:
    """A list's item up to the end of its first sentence, after a name in bold if it has one."""
    mark = re.match(r"- |\d+\. ", item)
    if not mark:
        return item
    first, *more = sentences(item[mark.end() :])
    named = re.fullmatch(r"\*\*[^*]*\*\*", first) and more
    return f"{mark[0]}{first} {more[0]}" if named else mark[0] + first


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph.

    Example:
        >>> sentences("Take $x. y$. **Is it 2.5 dB?** It is, by Li et al. 2015.")
        ['Take $x. y$.', '**Is it 2.5 dB?**', 'It is, by Li et al. 2015.']
    """
    whole: list[str] = []

    def hide(match: re.Match[str]) -> str:
        whole.append(match[0])
        last = match[0].strip("*")[-1]
        return f"\0{len(whole) - 1}\0" + (last if last in ".!?" else "")

    def show(part: str) -> str:
        part = re.sub(r"(\0\d+\0)[.!?](?=\s|$)", keep, part)
        return re.sub(r"\0(\d+)\0", lambda match: whole[int(match[1])], part).strip()

    def keep(match: re.Match[str]) -> str:
        """The hidden piece; the mark after it is its own if it ends with one."""
        own = whole[int(match[1].strip("\0"))].strip("*")[-1] in ".!?"
        return match[1] if own else match[0]

    hidden = WHOLE.sub(hide, " ".join(text.split()))
    ends = [0, *(match.end() for match in END.finditer(hidden)), len(hidden)]
    parts = [show(hidden[a:b]) for a, b in pairwise(ends)]
    return [part for part in parts if part] or [""]
