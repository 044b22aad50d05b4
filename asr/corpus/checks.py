"""The rules at work: every row and every audio file of a corpus is checked in one pass."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from unicodedata import category

from asr.corpus import rules
from asr.corpus.inspection import Inspection
from asr.corpus.readers.row import Row
from asr.corpus.readers.text_file import LOST
from asr.corpus.rules import Problem, Purpose, problem

_SHOWN = 60  # characters of a transcript in a message


def check(rows: Iterable[Row], inspections: Mapping[Path, Inspection], purpose: Purpose) -> Iterator[Problem]:
    """Every problem of the rows, which come in the order of their ids, and of their audio."""
    previous: Row | None = None
    first_with_sound: dict[str, Row] = {}
    for row in rows:
        inspection = inspections[row.audio]
        yield from check_text(row)
        if previous is not None and previous.id == row.id:
            yield _duplicate(row, previous, f"{row.id} is described here and in {_place(previous)}")
            continue
        previous = row
        audio_problems = list(check_audio(row.audio, inspection, purpose))
        yield from audio_problems
        if inspection.measurement and row.text:
            yield from _check_rate(row, row.text, inspection.measurement.seconds)
        if inspection.measurement and not any(one.severity == "error" for one in audio_problems):
            first = first_with_sound.setdefault(inspection.measurement.samples_sha256, row)
            if first is not row:
                yield _duplicate(row, first, f"{row.id} sounds exactly like {first.id}")


def check_audio(path: Path, inspection: Inspection, purpose: Purpose) -> Iterator[Problem]:
    """What is wrong with one audio file by itself."""
    measured = inspection.measurement
    if measured is None:
        yield problem(inspection.rule, path, detail=inspection.detail)
        return
    seconds = round(measured.seconds, 3)  # resampling may add one sample
    if seconds == 0:
        yield problem("empty_audio", path)
        return
    if measured.peak < rules.SILENCE:
        yield problem("silent", path, detail=f"{seconds:g} s of silence")
    if measured.clipped >= rules.CLIPPED_SHARE:
        yield problem("clipped", path, detail=f"{measured.clipped:.1%} of the samples are at full scale")
    if seconds < rules.SHORTEST:
        yield problem("too_short", path, detail=f"{seconds:g} s")
    if seconds > rules.LONGEST:
        severity: rules.Severity = "error" if purpose == "training" else "warning"
        yield problem("too_long", path, detail=f"{seconds:.1f} s", severity=severity)


def check_text(row: Row) -> Iterator[Problem]:
    """What is wrong with one transcript by itself."""
    text = row.text
    if text is None:
        yield problem("missing_text", row.file, row.line, row.id)
        return
    unseen = sorted({char for char in text if _is_unseen(char)})
    if LOST in text:
        yield problem("not_utf8", row.file, row.line, _shown(text))
    if unseen:
        yield problem("control_characters", row.file, row.line, ", ".join(f"U+{ord(char):04X}" for char in unseen[:5]))
    if not text.strip():
        yield problem("empty_text", row.file, row.line, row.id)
    elif not unseen and not any(char.isalnum() for char in text):
        yield problem("only_punctuation", row.file, row.line, _shown(text))


def _check_rate(row: Row, text: str, seconds: float) -> Iterator[Problem]:
    if len(text) < rules.FAST_FROM or not seconds:
        return
    rate = len(text) / seconds
    if rate > rules.FAST:
        severity: rules.Severity = "error" if rate > rules.FASTEST else "warning"
        detail = f"{len(text)} characters in {seconds:.1f} s of {row.id}, {rate:.0f} a second"
        yield problem("impossible_rate", row.file, row.line, detail, severity=severity)


def _duplicate(row: Row, first: Row, detail: str) -> Problem:
    if row.text == first.text:
        return problem("duplicate", row.file, row.line, f"{detail}, with the same text", severity="warning")
    return problem("duplicate", row.file, row.line, f"{detail}, with another text")


def _is_unseen(char: str) -> bool:
    # Cf stays allowed but for the byte order mark: joiners and directions are part of many scripts.
    return char == "\ufeff" or category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


def _place(row: Row) -> str:
    return str(row.file) if row.line is None else f"{row.file}:{row.line}"


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
