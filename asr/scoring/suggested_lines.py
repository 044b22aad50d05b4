"""Lines for plain_text.txt: sentences of the user that hold the words and phrases which a model misses most."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from math import fsum

from asr.corpus.leakage import words_said
from asr.corpus.limits import LONGEST_LINE
from asr.scoring.phrases import LENGTHS, Phrase
from asr.scoring.word_recall import WordRecall, is_number
from asr.text.normalizers import Normalizer

MOST_LINES = 50
_TARGETS = 200
"""Words and phrases that lines are looked for."""
_LINES_EACH = 20
"""Lines that are kept for each of them while the sentences pass by, which may be millions."""
_LEARNED = 0.5
"""What a word still weighs after each line that holds it, so that the next line brings another word."""


@dataclass(frozen=True, slots=True, order=True)
class _Line:
    weight: float
    """Of all its targets, summed without rounding: sets have another order in each process."""
    brevity: int
    """The fewer words, the higher: among equals the shorter line comes first."""
    text: str
    targets: frozenset[str] = field(compare=False)


def failing_targets(words: Iterable[WordRecall], phrases: Iterable[Phrase]) -> dict[str, float]:
    """What lines are to hold, with its weight: how often it failed times the share that failed; heaviest first.

    So the word that is missed 3 times of 3 weighs more than the one that is missed 5 times of 100.
    """
    weights = {one.word: one.missed**2 / one.said for one in words if one.missed and not is_number(one.word)}
    weights |= {one.text: one.failed**2 / one.said for one in phrases}
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_TARGETS]
    return dict(heaviest)


def suggest_lines(
    targets: Mapping[str, float],
    sentences: Iterable[str],
    normalize: Normalizer,
    *,
    known: Collection[tuple[str, ...]],
    is_tested: Callable[[str], bool],
    most: int = MOST_LINES,
) -> tuple[str, ...]:
    """The sentences that hold most of what fails, at most `most` of them and the most helpful first.

    `targets` come from `failing_targets`, `known` has the `words_said` of the lines that the text has already, and no
    sentence of which `is_tested` says yes is taken. Memory grows with the vocabulary, not with the sentences.
    """
    by_words = {words_said(line.text): line for line in sorted(_candidates(targets, sentences, normalize))}
    candidates = [line for said, line in by_words.items() if said not in known and not is_tested(line.text)]
    left = dict(targets)
    chosen: list[str] = []
    while candidates and len(chosen) < most:
        best = min(candidates, key=lambda line: (-fsum(left[one] for one in line.targets), -line.brevity, line.text))
        candidates.remove(best)
        chosen.append(best.text)
        left |= {one: _LEARNED * left[one] for one in best.targets}
    return tuple(chosen)


def _candidates(targets: Mapping[str, float], sentences: Iterable[str], normalize: Normalizer) -> set[_Line]:
    """The best lines for each target, by the weight of all targets that they hold."""
    kept: dict[str, list[_Line]] = {}
    forms: dict[str, tuple[str, ...]] = {}  # of each written word: sentences are many, different words are not
    for sentence in sentences:
        written = sentence.split()
        if len(written) > LONGEST_LINE:
            continue
        for word in written:
            if word not in forms:
                forms[word] = tuple(normalize(word).split())
        words = [part for word in written for part in forms[word]]
        if held := _held(words, targets):
            line = _Line(fsum(targets[one] for one in held), -len(words), " ".join(written), held)
            for one in held:
                best = kept.setdefault(one, [])
                if line not in best:  # what several speakers say is one line
                    heappush(best, line) if len(best) < _LINES_EACH else heappushpop(best, line)
    return {line for lines in kept.values() for line in lines}


def _held(words: list[str], targets: Mapping[str, float]) -> frozenset[str]:
    """The targets that stand in a sentence."""
    found = {word for word in words if word in targets}
    for length in LENGTHS:
        rows = (" ".join(words[start : start + length]) for start in range(len(words) - length + 1))
        found.update(row for row in rows if row in targets)
    return frozenset(found)
