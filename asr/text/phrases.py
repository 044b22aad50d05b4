"""Names in a text: the words in a row that general speech does not say."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

_LONGEST = 4
"""Words of the longest name; more in a row are no name but a text that is foreign as a whole."""


def find_phrases(lines: Iterable[str], names: Collection[str], normalize: Callable[[str], str]) -> list[str]:
    """The runs of words that are in `names` (normalized words), as written, most frequent first."""
    found: Counter[str] = Counter()
    for line in lines:
        run: list[str] = []
        for word in [*line.split(), ""]:
            if word and normalize(word) in names:
                run.append(word.strip(_AROUND))
            else:
                if 0 < len(run) <= _LONGEST:
                    found[" ".join(run)] += 1
                run = []
    return [phrase for phrase, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


_AROUND = '.,;:!?"()[]'
