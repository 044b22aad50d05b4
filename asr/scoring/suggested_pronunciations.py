"""Rows for pronunciation.txt: words that fail, and are heard the same way again and again."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import category

from asr.scoring.alignment import Item
from asr.scoring.heard_instead import heard_instead
from asr.scoring.word_recall import WordRecall
from asr.text.normalizers import Normalizer
from asr.text.pronunciation import written_key

MOST_ROWS = 50
_OFTEN = 2
"""Heard once it may be noise."""
_SHARE = 0.5
"""Of all times that the word was said: below it the model does not hear it the same way."""
_ALIKE = 0.5
"""Share of letters that both have, in their order: `the` for `al` is an error of another kind."""


@dataclass(frozen=True, slots=True)
class SuggestedPronunciation:
    """A word as it is written, and how it was heard, with how often that was, of how often it was said."""

    written: str
    spoken: str
    heard: int
    said: int


def suggest_pronunciations(
    alignments: Iterable[Sequence[Item]],
    words: Mapping[str, WordRecall],
    references: Iterable[str],
    normalize: Normalizer,
    *,
    known: Collection[tuple[str, ...]],
    is_tested: Callable[[str], bool],
    most: int = MOST_ROWS,
) -> tuple[SuggestedPronunciation, ...]:
    """The words that were heard as the same other letters at least twice, and at least half of all times.

    Most frequent first, at most `most`. `words` counts the alignments, `references` are the texts as written, from
    which the spelling is taken. `known` has the `written_key` of words with a row already, which get no other; nothing
    of which `is_tested` says yes is on either side of a row.
    """
    heard = Counter(pair for pair in heard_instead(alignments) if pair[1])
    often = {pair: count for pair, count in heard.items() if count >= max(_OFTEN, _SHARE * words[pair[0]].said)}
    spelled = _spellings(references, {word for word, _ in often}, normalize)
    found: list[SuggestedPronunciation] = []
    taken = set(known)
    for (word, spoken), count in sorted(often.items(), key=lambda item: (-item[1], item[0])):
        written = spelled.get(word, "")
        key = written_key(written)
        if not key or key in taken or not _is_plain(spoken) or not _alike(word, spoken):
            continue
        if not is_tested(written) and not is_tested(spoken):
            taken.add(key)
            found.append(SuggestedPronunciation(written, spoken, count, words[word].said))
    return tuple(found[:most])


def _spellings(references: Iterable[str], words: Collection[str], normalize: Normalizer) -> dict[str, str]:
    """How each of the words is written most often; a word that is nowhere written as one word is not in it."""
    tokens = Counter(_without_signs_around(token) for reference in references for token in reference.split())
    spelled: dict[str, str] = {}
    for token, _ in sorted(tokens.items(), key=lambda item: (-item[1], item[0])):
        word = normalize(token)
        if word in words:
            spelled.setdefault(word, token)
    return spelled


def _without_signs_around(token: str) -> str:
    inside = [place for place, char in enumerate(token) if category(char)[0] in "LMN"]
    return token[inside[0] : inside[-1] + 1] if inside else ""


def _is_plain(spoken: str) -> bool:
    """Whether a text can be spoken as it stands; brackets would be phonemes."""
    return all(char in " '" or category(char)[0] in "LM" for char in spoken)


def _alike(word: str, spoken: str) -> bool:
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(word, spoken.replace(" ", "")) >= _ALIKE
