"""Names in a text: the words in a row that general speech does not say."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

AROUND = '.,;:!?"()[]'
"""Signs at the edges of a word that do not belong to a name."""
_LONGEST = 4
"""Words of the longest name; more in a row are no name but a text that is foreign as a whole."""


def find_phrases(lines: Iterable[str], names: Collection[str], normalize: Callable[[str], str]) -> list[str]:
    """The runs of words that are in `names` (normalized words), as written, most frequent first."""
    found: Counter[str] = Counter()
    for line in lines:
        words = line.split()
        for start, end in find_runs(words, names, normalize):
            found[" ".join(word.strip(AROUND) for word in words[start:end])] += 1
    return [phrase for phrase, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def find_runs(
    words: Sequence[str], names: Collection[str], normalize: Callable[[str], str]
) -> Iterator[tuple[int, int]]:
    """Where the runs of words that are in `names` begin and end (the end is not part of them)."""
    start = 0
    for end, word in enumerate([*words, ""]):
        if not word or normalize(word) not in names:
            if 0 < end - start <= _LONGEST:
                yield start, end
            start = end + 1
