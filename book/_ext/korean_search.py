"""Search for Korean pages.

Korean nouns carry particles (소리, 소리는, 소리를), so an index of whole words finds nothing.  Runs of
Hangul are indexed, and asked for, as overlapping pairs of syllables.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

WORD = re.compile(r"[가-힣]+|[^\W가-힣]+")


def pieces(text: str) -> list[str]:
    """Pairs of Hangul syllables; other words as they are."""
    found = []
    for word in WORD.findall(text):
        if "가" <= word[0] <= "힣" and len(word) > 1:
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(word)
    return found


class SearchKorean(SearchEnglish):
    """English search, with Hangul in pairs of syllables."""

    lang = "ko"
    language_name = "Korean"
    # The same in the reader's browser; a particle at the end of a query is dropped.
    js_splitter_code = r"""
function splitQuery(query) {
  const found = [];
  for (let word of query.match(/[\uAC00-\uD7A3]+|(?:(?![\uAC00-\uD7A3])[\p{L}\p{N}_])+/gu) || []) {
    if (/^[\uAC00-\uD7A3]{2,}$/.test(word)) {
      word = word.replace(/([\uAC00-\uD7A3]{2,})(?:을|를|은|는|이|가|의|에|로|과|와|도)$/, "$1");
      for (let i = 0; i < word.length - 1; i++) found.push(word.slice(i, i + 2));
    } else found.push(word);
  }
  return found;
}
"""

    def split(self, input: str) -> list[str]:
        """Words of a page."""
        return pieces(input)


def setup(app: Sphinx) -> dict[str, object]:
    """Called by Sphinx."""
    app.add_search_language(SearchKorean)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
