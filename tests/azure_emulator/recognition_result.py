"""What a batch writes for each recording: the transcription result of 2024-11-15, and the report about all of them.

Format: https://speech.microsoft.com/transcriptionresult_v2024-11-15.schema.json. Long audio comes in several phrases,
as from the service; words and phrases are spread evenly over the time.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

WORDS_OF_A_PHRASE = 12
PROFANITIES = frozenset(("damn", "hell", "shit", "crap", "bastard"))
"""Words that are masked unless the filter is None."""
_TICKS = 10_000
"""Of a millisecond."""


def result_file(source: str, lexical: str, milliseconds: int, timestamp: str, profanity: str, words: bool) -> bytes:
    """The content of a file of the kind `Transcription`."""
    said = filtered(lexical.split(), profanity)
    parts = [said[start : start + WORDS_OF_A_PHRASE] for start in range(0, len(said), WORDS_OF_A_PHRASE)]
    phrases = list(_phrases(parts, milliseconds, words))
    whole = " ".join(said)
    combined = {"channel": 0, **_forms(whole)}
    return json.dumps(
        {
            "source": source,
            "timestamp": timestamp,
            "durationInTicks": milliseconds * _TICKS,
            "durationMilliseconds": milliseconds,
            "duration": iso(milliseconds),
            "combinedRecognizedPhrases": [combined],
            "recognizedPhrases": phrases,
        },
        ensure_ascii=False,
    ).encode()


def report_file(rows: Sequence[tuple[str, str | None]]) -> bytes:
    """The content of the `TranscriptionReport`: for each source, why it failed, if it did."""
    details = [
        {"sourceUrl": source, "status": "Failed", "errorMessage": why, "errorKind": "InvalidAudio"}
        if why
        else {"sourceUrl": source, "status": "Succeeded"}
        for source, why in rows
    ]
    failed = sum(why is not None for _, why in rows)
    return json.dumps(
        {
            "successfulTranscriptionsCount": len(rows) - failed,
            "failedTranscriptionsCount": failed,
            "details": details,
        }
    ).encode()


def filtered(words: Sequence[str], profanity: str) -> list[str]:
    """The words as `profanityFilterMode` lets them through."""
    if profanity == "None":
        return list(words)
    if profanity == "Removed":
        return [word for word in words if word not in PROFANITIES]
    return ["*" * len(word) if word in PROFANITIES else word for word in words]


def display(words: str) -> str:
    """Lexical text with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def iso(milliseconds: int) -> str:
    """A length of time as ISO 8601 writes it."""
    return f"PT{milliseconds / 1000:g}S"


def _phrases(parts: Sequence[Sequence[str]], milliseconds: int, words: bool) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(parts):
        start, end = (milliseconds * place // len(parts) for place in (number, number + 1))
        best: dict[str, Any] = {"confidence": 0.9, **_forms(" ".join(part))}
        if words:
            best["words"] = [
                {"word": word, "confidence": 0.9, **_span(*_even(start, end, place, len(part)))}
                for place, word in enumerate(part)
            ]
        yield {"recognitionStatus": "Success", "channel": 0, **_span(start, end), "nBest": [best]}


def _even(start: int, end: int, place: int, count: int) -> tuple[int, int]:
    return start + (end - start) * place // count, start + (end - start) * (place + 1) // count


def _forms(words: str) -> dict[str, str]:
    return {"lexical": words, "itn": words, "maskedITN": words, "display": display(words)}


def _span(start: int, end: int) -> dict[str, Any]:
    return {
        "offset": iso(start),
        "duration": iso(end - start),
        "offsetInTicks": start * _TICKS,
        "durationInTicks": (end - start) * _TICKS,
        "offsetMilliseconds": start,
        "durationMilliseconds": end - start,
    }
