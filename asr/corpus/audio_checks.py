"""What is wrong with one audio file by itself, and with the amount of text for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from asr.corpus import limits as at
from asr.corpus.limits import Longest
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Severity, problem

if TYPE_CHECKING:
    from asr.corpus.file_cache import Measurement
    from asr.corpus.inspection import Inspection


def check_audio(path: Path, inspection: "Inspection", longest: Longest, lowest_rate: int) -> Iterator[Problem]:
    """What decoding a file tells; `lowest_rate` is in samples a second."""
    measured = inspection.measurement
    if measured is None:
        yield problem(inspection.rule, path, detail=inspection.detail)
        return
    seconds = round(measured.seconds, 3)  # resampling may add one sample
    if seconds == 0:
        yield problem("empty_audio", path)
        return
    if measured.peak < at.SILENCE:
        yield problem("silent", path, detail=f"{seconds:g} s of silence")
    if measured.clipped >= at.CLIPPED_SHARE:
        yield problem("clipped", path, detail=f"{measured.clipped:.1%} of the samples are at full scale")
    if abs(measured.offset) >= at.OFFSET:
        yield problem("dc_offset", path, detail=f"its mean is {measured.offset:+.3f} of full scale")
    if measured.rate < lowest_rate:
        yield problem("low_rate", path, detail=f"{measured.rate:,} Hz")
    if seconds < at.SHORTEST:
        yield problem("too_short", path, detail=f"{seconds:g} s")
    if seconds > longest.seconds:
        detail = f"{seconds:,.1f} s, at most {longest.seconds:,g} s"
        yield problem("too_long", path, detail=detail, severity=longest.severity, mend=longest.mend)


def check_rate(row: Row, text: str, measured: "Measurement") -> Iterator[Problem]:
    """Whether anybody speaks as fast, or as slowly, as a transcript says."""
    seconds = measured.seconds
    if not seconds:
        return
    rate = len(text) / seconds
    detail = f"{len(text)} characters in {seconds:.1f} s of {row.id}"
    if rate > at.FAST and len(text) >= at.FAST_FROM:
        severity: Severity = "error" if rate > at.FASTEST else "warning"
        yield problem("impossible_rate", row.file, row.line, f"{detail}, {rate:.0f} a second", severity=severity)
    elif rate < at.SLOW and seconds >= at.SLOW_FROM:
        yield problem("little_text", row.file, row.line, detail)
