"""The result of evaluating one model on one corpus: the errors of all utterances pooled."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.errors import DataError
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.intervals import wer_interval
from asr.text.normalizers import versioned


class Evaluation(BaseModel):
    """Error rates of one model on one corpus, pooled over it: sums of errors over sums of reference words."""

    model_config = ConfigDict(frozen=True)

    model: str
    """How the user names the model: a directory, a Hub id, `champion v3` …"""
    model_fingerprint: str
    corpus: str
    corpus_fingerprint: str
    normalizer: str
    """Name and version, `english@1`."""
    recognition: str
    """Name and version of how models are used, `recognition@2`."""
    decoding: str
    """How the model's package searches for the text: `greedily`, or with which help."""
    utterances: int
    seconds: float
    wer: float
    """(S + D + I) / reference words, as a fraction; can exceed 1."""
    cer: float
    ser: float
    """Share of utterances with at least one word error."""
    words: int
    substitutions: int
    deletions: int
    insertions: int
    interval: tuple[float, float]
    """95 % bootstrap interval of the WER."""
    rtfx: float
    """Seconds of audio recognized in one second of wall time; 0 when the time is not known."""
    table: Path
    """JSON Lines, one `Hypothesis` a line, in the order of ids."""

    @property
    def errors(self) -> int:
        """Word errors: substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions


def summarize(
    rows: Sequence[Hypothesis],
    *,
    model: str,
    model_fingerprint: str,
    corpus: str,
    corpus_fingerprint: str,
    normalizer: str,
    recognition: str,
    decoding: str,
    seconds_of_compute: float,
    table: Path,
) -> Evaluation:
    """Pool the rows of one model on one corpus: sums of errors over sums of reference words, never means of rates.

    `normalizer` is its name, with or without the version; `table` is where `write_table` puts (or has put) the rows.

    Raises DataError when the rows have no reference words, SettingsError for an unknown normalizer.
    """
    words = sum(row.words for row in rows)
    if not words:
        raise DataError(f"The corpus {corpus} has no reference words, so {model} has no error rate on it.")
    seconds = sum(row.duration for row in rows)
    return Evaluation(
        model=model,
        model_fingerprint=model_fingerprint,
        corpus=corpus,
        corpus_fingerprint=corpus_fingerprint,
        normalizer=versioned(normalizer),
        recognition=recognition,
        decoding=decoding,
        utterances=len(rows),
        seconds=seconds,
        wer=sum(row.errors for row in rows) / words,
        cer=sum(row.character_errors for row in rows) / sum(row.characters for row in rows),
        ser=sum(row.errors > 0 for row in rows) / len(rows),
        words=words,
        substitutions=sum(row.substitutions for row in rows),
        deletions=sum(row.deletions for row in rows),
        insertions=sum(row.insertions for row in rows),
        interval=wer_interval(rows),
        rtfx=seconds / seconds_of_compute if seconds_of_compute > 0 else 0.0,
        table=table,
    )
