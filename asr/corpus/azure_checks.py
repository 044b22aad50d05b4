"""What Azure Custom Speech asks of transcripts and of the amount of data, beyond what every backend asks.

Facts:
https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-human-labeled-transcriptions
https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train
What it asks of files (WAV, 16 kHz, mono, zip, byte order mark) is the business of `asr/corpus/writers/azure.py`.
"""

import re
from collections.abc import Iterator, Set
from pathlib import Path

from asr.audio import SAMPLE_RATE
from asr.azure.locales import is_known, locales_of
from asr.corpus.limits import Limits, Longest
from asr.corpus.repeats import find_repeats
from asr.corpus.rules import Problem, Purpose, problem
from asr.corpus.text_checks import Written, name_characters, shorten
from asr.corpus.writers.azure import LARGEST_ZIP, LONGEST, MOST_FILES

MOST_TRAINED = 100 * 3600
"""Seconds of audio that a training uses."""
LONGEST_SENTENCE = 90
"""Characters of a Japanese sentence."""

_BYTES_A_SECOND = 2 * SAMPLE_RATE
_REPEATS = 4
_LETTERS = re.compile(rf"([^\W\d_])\1{{{_REPEATS - 1}}}")
_DROPPED = frozenset("¢¤¥¦§©ª¬®°±²µ×ÿ")
_HALF_WIDTH = frozenset(",?!:;()\"'")
_SENTENCE_END = re.compile("[。．.！!？?]")  # noqa: RUF001 - full stops of full width


def azure_limits(locale: str, normalizer: str, min_gain: float) -> Limits:
    """What Azure asks of data in a locale such as `en-US`."""
    return Limits(
        training=Longest(LONGEST["training"], "warning", "cut it into utterances, or Azure uses only its transcript"),
        testing=Longest(LONGEST["testing"], "error"),
        lowest_rate=8_000,
        phonemes=False,
        normalizer=normalizer,
        locale=locale,
        min_gain=min_gain,
    )


def check_azure_text(row: Written, text: str, locale: str) -> Iterator[Problem]:
    """What Azure would drop or misread of one text."""
    if wrong := sorted(_wrong_characters(text, locale)):
        mend = _REPLACE.get(locale[:2], "")
        yield problem("azure_characters", row.file, row.line, name_characters(wrong), mend=mend)
    if letters := _LETTERS.search(text.casefold()):
        yield problem("azure_repeats", row.file, row.line, f"“{letters[0]}”")
    elif found := find_repeats(text, _REPEATS):
        phrase, count = found
        yield problem("azure_repeats", row.file, row.line, f"“{shorten(phrase)}” {count} times")
    if locale == "ja-JP" and (longest := max(map(len, _SENTENCE_END.split(text)))) > LONGEST_SENTENCE:
        detail = f"{longest} characters, at most {LONGEST_SENTENCE}"
        yield problem("azure_sentence", row.file, row.line, detail)


def check_azure_amount(folder: Path, purpose: Purpose, utterances: int, seconds: float) -> Iterator[Problem]:
    """Whether Azure takes a corpus of that size: a test is one data set, a training may have several."""
    if purpose == "training":
        if seconds > MOST_TRAINED:
            detail = f"{seconds / 3600:,.0f} hours, of which it uses {MOST_TRAINED // 3600}"
            yield problem("azure_amount", folder, detail=detail, severity="warning")
        return
    if seconds * _BYTES_A_SECOND > LARGEST_ZIP:
        most = LARGEST_ZIP / _BYTES_A_SECOND / 3600
        yield problem("azure_amount", folder, detail=f"{seconds / 3600:,.1f} hours in one test, at most {most:.1f}")
    elif utterances >= MOST_FILES:  # the transcripts are a file too
        detail = f"{utterances:,} utterances in one test, at most {MOST_FILES - 1:,}"
        yield problem("azure_amount", folder, detail=detail)


def check_azure_locale(folder: Path, purpose: Purpose, locale: str) -> Iterator[Problem]:
    """Whether a training learns from audio at all."""
    if purpose == "training" and is_known(locale) and locale not in locales_of("Acoustic"):
        yield problem("azure_locale", folder, detail=f"{locale}, it learns from the transcripts alone")


def _wrong_characters(text: str, locale: str) -> Set[str]:
    if locale.startswith("en-"):
        return set() if text.isascii() else {char for char in text if not char.isascii()}
    if locale == "de-DE":
        return _DROPPED.intersection(text)
    return _HALF_WIDTH.intersection(text) if locale == "zh-CN" else set()


_REPLACE = {
    "en": "write ASCII: straight quotation marks, hyphens, letters without accents",
    "de": "write them in words, or Azure drops the line",
    "zh": "write the full-width form",
}
