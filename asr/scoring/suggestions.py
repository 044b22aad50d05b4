"""What to add to the text files, from the errors on the dev set and from the user's own sentences alone.

Nothing comes from what models are judged by: a test whose sentences are learned says nothing any more.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.corpus.leakage import words_said
from asr.scoring.alignment import align
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.judged_sentences import judged_sentences
from asr.scoring.phrases import failing_phrases
from asr.scoring.suggested_lines import failing_targets, suggest_lines
from asr.scoring.suggested_pronunciations import SuggestedPronunciation, suggest_pronunciations
from asr.scoring.word_recall import count_words
from asr.text.normalizers import Normalizer
from asr.text.pronunciation import written_key

PLAIN_TEXT = "suggested_plain_text.txt"
PRONUNCIATION = "suggested_pronunciation.txt"


class Suggestions(BaseModel):
    """Lines for plain_text.txt and rows for pronunciation.txt, the most helpful first."""

    model_config = ConfigDict(frozen=True)

    lines: tuple[str, ...] = ()
    pronunciations: tuple[SuggestedPronunciation, ...] = ()
    sentence: str
    """Where they come from, or why there are none."""


def suggest(
    dev: Sequence[Hypothesis],
    normalize: Normalizer,
    *,
    sentences: Iterable[str],
    text: Iterable[str],
    pronounced: Iterable[str],
    judging: Iterable[str],
) -> Suggestions:
    """Suggest what to add, from what a model heard in the dev set.

    `sentences` are the transcripts of the training data, from which lines are taken; `text` is what the text files have
    already, `pronounced` the written forms that have a pronunciation. `judging` has the references of the testing data
    and the guard sets: no line of a suggestion is one of them.
    """
    alignments = [align(normalize(row.reference), normalize(row.hypothesis)) for row in dev]
    words = count_words(alignments)
    is_tested = judged_sentences(judging, normalize)
    lines = suggest_lines(
        failing_targets(words.values(), failing_phrases(alignments)),
        sentences,
        normalize,
        known={words_said(line) for line in text},
        is_tested=is_tested,
    )
    pronunciations = suggest_pronunciations(
        alignments,
        words,
        (row.reference for row in dev),
        normalize,
        known={written_key(written) for written in pronounced},
        is_tested=is_tested,
    )
    errors = sum(row.errors for row in dev)
    told = f"{_counted(errors, 'word error')} in {_counted(len(dev), 'utterance')} of the dev set"
    if lines or pronunciations:
        told = f"From {told} and from your own sentences; no line comes from a test."
    elif errors:
        told = f"No suggestions: {told}, none of them twice the same, and none in a sentence that the text lacks."
    else:
        told = f"No suggestions: {told}."
    return Suggestions(lines=lines, pronunciations=pronunciations, sentence=told)


def write_suggestions(folder: Path, suggestions: Suggestions) -> list[Path]:
    """Write `suggested_plain_text.txt` and `suggested_pronunciation.txt`, ready to copy; those that would be empty not.

    Returns what was written. Files of an earlier attempt go.
    """
    rows = (f"{one.written}\t{one.spoken}" for one in suggestions.pronunciations)
    contents = {PLAIN_TEXT: list(suggestions.lines), PRONUNCIATION: list(rows)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in contents.items():
        (folder / name).unlink(missing_ok=True)
        if lines:
            aside = folder / f"{name}.part"
            aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            aside.replace(folder / name)
    return [folder / name for name, lines in contents.items() if lines]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
