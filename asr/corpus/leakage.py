"""Leakage: what a model is tested on must not be in what it learns from, or the test says nothing."""

import re
from collections.abc import Iterable, Iterator
from unicodedata import category, normalize

from asr.corpus.rules import Problem, Severity, problem
from asr.corpus.utterance import Utterance

_LONG = 4  # words of a sentence that one speaker does not say twice by chance, unlike a digit or a command
_ALONE = re.compile(r"([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")  # Chinese and Japanese write no spaces


def leakage(training: list[Utterance], testing: list[Utterance]) -> list[Problem]:
    """What a testing corpus shares with a training corpus, with the test audio as the place of each problem.

    The same file or the same samples, the same recording (`source`), and the same sentence of at least four words by
    the same speaker are errors; a shorter sentence, the same sentence where a speaker is unknown, and shared speakers
    are warnings. An utterance is reported once, for the gravest reason.
    """
    by_hash = {one.audio_sha256: one.id for one in training}
    by_samples = {one.samples_sha256: one.id for one in training if one.samples_sha256}
    by_sentence = _by_sentence(training)
    problems: list[Problem] = []
    for one in testing:
        if (same := by_hash.get(one.audio_sha256)) is not None:
            problems.append(problem("leak_audio", one.audio, detail=f"it is the same file as {same} in training"))
        elif (same := by_samples.get(one.samples_sha256)) is not None:
            problems.append(problem("leak_audio", one.audio, detail=f"it sounds exactly like {same} in training"))
        else:
            problems += _same_sentence(one, by_sentence)
    problems += _same_source(training, testing)
    problems += _same_speakers(training, testing)
    return problems


def words_said(text: str) -> tuple[str, ...]:
    """The words of a transcript without case, punctuation and symbols, for comparing what was said.

    An apostrophe inside a word stays out as well, so that `don't` and `dont` are one word.
    """
    plain = "".join(
        "" if char in "'’" else " " if category(char)[0] in "PSZC" else char
        for char in normalize("NFKC", text).casefold()
    )
    return tuple(_ALONE.sub(r" \1 ", plain).split())


def _by_sentence(training: Iterable[Utterance]) -> dict[tuple[str, ...], dict[str, str]]:
    sentences: dict[tuple[str, ...], dict[str, str]] = {}
    for one in training:
        sentences.setdefault(words_said(one.text), {}).setdefault(one.speaker, one.id)
    return sentences


def _same_sentence(one: Utterance, by_sentence: dict[tuple[str, ...], dict[str, str]]) -> Iterator[Problem]:
    words = words_said(one.text)
    speakers = by_sentence.get(words, {}) if words else {}
    if one.speaker and one.speaker in speakers:
        detail = f"“{one.text}” by {one.speaker}, see {speakers[one.speaker]} in training"
        severity: Severity = "error" if len(words) >= _LONG else "warning"
        yield problem("leak_sentence", one.audio, detail=detail, severity=severity)
    elif speakers and len(words) >= _LONG and (not one.speaker or "" in speakers):
        same = speakers.get("") or next(iter(speakers.values()))
        detail = f"“{one.text}” may be by the same speaker, see {same} in training"
        mend = "fill in the column `speaker`, or keep the sentence in one of the two"
        yield problem("leak_sentence", one.audio, detail=detail, severity="warning", mend=mend)


def _same_source(training: Iterable[Utterance], testing: Iterable[Utterance]) -> Iterator[Problem]:
    trained = _count(one.source for one in training)
    tested: dict[str, list[Utterance]] = {}
    for one in testing:
        tested.setdefault(one.source, []).append(one)
    for source in sorted((trained.keys() & tested.keys()) - {""}):
        detail = f"“{source}”, {trained[source]:,} utterances in training and {len(tested[source]):,} in testing"
        yield problem("leak_source", tested[source][0].audio, detail=detail)


def _same_speakers(training: Iterable[Utterance], testing: list[Utterance]) -> Iterator[Problem]:
    tested = {one.speaker for one in testing if one.speaker}
    shared = sorted(tested & {one.speaker for one in training})
    if shared:
        first = next(one.audio for one in testing if one.speaker in shared)
        named = ", ".join(shared[:5]) + (f" and {len(shared) - 5:,} more" if len(shared) > 5 else "")
        yield problem("leak_speaker", first, detail=f"{len(shared):,} of {len(tested):,} test speakers ({named})")


def _count(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
