"""What a command answers, for people and as JSON, on a stdout that nothing else writes to."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from asr.corpus.validate import CorpusReport
    from asr.doctor import Finding
    from asr.scoring.evaluation import Evaluation
    from tasks.registry import ModelVersion
    from tasks.transcribe import Transcript

_SIGNS = {"ok": "✓", "warning": "!", "problem": "✗"}


def stdout_for_answers() -> TextIO:
    """Stdout for the answer alone; whatever else this process or its children print there goes to stderr from now."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="backslashreplace")
    os.dup2(2, 1)
    return answers


def as_json(value: object, stream: TextIO) -> str:
    """One JSON object of models, dataclasses and plain values; numbers that JSON has no name for become null."""
    plain = json.loads(TypeAdapter(object).dump_json(value))  # which makes null of NaN and infinities
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(plain, ensure_ascii=not utf8, indent=2 if stream.isatty() else None, allow_nan=False)


def evaluation_text(evaluation: "Evaluation") -> str:
    """The error rates of one model on one corpus."""
    low, high = evaluation.interval
    counts = f"{evaluation.substitutions} substituted, {evaluation.deletions} deleted, {evaluation.insertions} inserted"
    return table(
        [
            ("model", evaluation.model),
            ("data", f"{evaluation.corpus}, {evaluation.utterances:,} utterances, {duration(evaluation.seconds)}"),
            ("WER", f"{evaluation.wer:.1%} (95 % interval {low:.1%} – {high:.1%})"),
            ("", f"{evaluation.words:,} words: {counts}"),
            ("CER", f"{evaluation.cer:.1%}"),
            ("sentences wrong", f"{evaluation.ser:.1%}"),
            ("speed", f"{evaluation.rtfx:.0f} × real time"),
            ("normalizer", evaluation.normalizer),
            ("details", str(evaluation.table)),
        ]
    )


def report_text(report: "CorpusReport") -> str:
    """Every problem of a corpus, and a line that sums it up."""
    from asr.corpus.rules import format_problems

    count = Counter(problem.severity for problem in report.problems)
    verdict = f"{_counted(count['error'], 'error')}, {_counted(count['warning'], 'warning')}"
    corpus = report.corpus
    if corpus:
        size = f"{_counted(corpus.utterances, 'utterance')}, {duration(corpus.seconds)}"
        verdict = f"{corpus.folder}: {size}, {_counted(corpus.words, 'word')}; {verdict}"
    return "\n".join(filter(None, (format_problems(report.problems), verdict)))


def reports_value(reports: Sequence["CorpusReport"]) -> object:
    """The reports as --json gives them: the corpora with their problems, and how many there are."""
    count = Counter(problem.severity for report in reports for problem in report.problems)
    corpora = [{"corpus": report.corpus, "problems": report.problems} for report in reports]
    return {"valid": count["error"] == 0, "errors": count["error"], "warnings": count["warning"], "corpora": corpora}


def transcript_text(transcript: "Transcript", with_file: bool) -> str:
    """The text of a file, after its name if there are several."""
    text = " ".join(transcript.text.split())
    return f"{transcript.file}\t{text}" if with_file else text


def models_text(versions: Sequence["ModelVersion"]) -> str:
    """The registered models, a line each."""
    if not versions:
        return "no models yet; `wergate run` registers the first"
    head = ("version", "alias", "WER", "outcome", "base", "created")
    rows = [
        (
            str(version.version),
            ", ".join(version.aliases) or "–",
            "–" if version.wer is None else f"{version.wer:.1%}",
            version.outcome or "–",
            version.base,
            version.created,
        )
        for version in versions
    ]
    return table([head, *rows])


def finding_text(finding: "Finding") -> str:
    """One finding of the doctor, with what to do."""
    line = f"{_SIGNS[finding.state]} {finding.name}: {finding.message}"
    if finding.state == "ok":
        return line
    return f"{line}\n  {finding.state}, to mend: {finding.mend}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows in columns as wide as they need to be."""
    lines = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def duration(seconds: float) -> str:
    """Seconds as people say them: `48 s`, `12 min`, `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
