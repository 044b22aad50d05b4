"""What a command answers, for people and as JSON, on a stdout that nothing else writes to."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from asr.corpus.report import Overview
    from asr.corpus.rules import Rule
    from asr.doctor import Finding
    from tasks.analyse import Analysed
    from tasks.convert import Conversion
    from tasks.history import History
    from tasks.model_list import ModelVersion
    from tasks.transcribe import Transcript

_NAMED = 5
"""Words of each sort that are named in a terminal; `--json` has more."""
_SIGNS = {"ok": "✓", "warning": "!", "problem": "✗"}


def stdout_for_answers() -> TextIO:
    """Stdout for the answer alone; whatever else this process or its children print there goes to stderr from now.

    Where the caller has closed it (`>&-`) the answer is lost, and no file that is opened later gets what is printed.
    """
    if sys.__stdout__ is None:
        sys.stdout = _nowhere(1)
    if sys.__stderr__ is None:
        sys.stderr = _nowhere(2)
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="backslashreplace")
    os.dup2(2, 1)
    return answers


def _nowhere(number: int) -> TextIO:
    """A standard stream to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    return os.fdopen(number, "w", encoding="utf-8")


def as_json(value: object, stream: TextIO) -> str:
    """One JSON object of models, dataclasses and plain values; numbers that JSON has no name for become null."""
    plain = json.loads(TypeAdapter(object).dump_json(value))  # which makes null of NaN and infinities
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(plain, ensure_ascii=not utf8, indent=2 if stream.isatty() else None, allow_nan=False)


def evaluation_text(evaluation: "Analysed") -> str:
    """The error rates of one model on one corpus, and the words that it gets wrong most often."""
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
            *_failures(evaluation),
            ("details", str(evaluation.table)),
        ]
    )


def _failures(evaluation: "Analysed") -> list[tuple[str, str]]:
    from asr.corpus.rules import printable

    found = evaluation.analysis
    lists = {
        "missed most": [f"{one.word} {one.missed} of {one.said}" for one in found.confusions.missed],
        "confused most": [f"{one.reference} → {one.hypothesis} {one.count}" for one in found.confusions.pairs],
        "failing phrases": [f"{one.text} {one.failed} of {one.said}" for one in found.phrases],
        "made up": [f"{kind} {count}" for kind, count in found.totals.hallucinations.items() if count],
    }
    return [(name, printable(", ".join(some[:_NAMED]))) for name, some in lists.items() if some]


def overview_text(overview: "Overview") -> str:
    """Every problem of a corpus, a line that sums it up, and what it holds."""
    from asr.corpus.report import tally
    from asr.corpus.rules import format_problems, printable

    report = overview.report
    errors, warnings = tally(report.problems)
    size = f"{_counted(report.draft.utterances, 'utterance')}, {duration(report.draft.seconds)}"
    verdict = f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}"
    summary = f"{printable(str(report.draft.folder))}: {size}, {_counted(report.draft.words, 'word')}; {verdict}"
    return "\n".join(filter(None, (format_problems(report.problems), summary, _facts(overview))))


def overviews_value(overviews: Sequence["Overview"]) -> object:
    """The corpora as --json gives them, with their problems, numbers and changes, and how many problems there are."""
    from asr.corpus.report import tally

    errors, warnings = tally(problem for one in overviews for problem in one.report.problems)
    corpora = [
        {
            "corpus": one.report.corpus,
            "fingerprint": one.report.draft.fingerprint,
            "problems": one.report.problems,
            "statistics": one.statistics,
            "text": one.report.draft.text,
            "delta": one.delta,
            "doubts": one.doubts,
        }
        for one in overviews
    ]
    return {"valid": errors == 0, "errors": errors, "warnings": warnings, "corpora": corpora}


def rules_text(rules: Iterable["Rule"]) -> str:
    """The rules of the data, in the form of the problems that they become."""
    lines = []
    for rule in rules:
        lines.append(f"{rule.severity}[{rule.id}]: {rule.text} — {rule.mend}")
        if rule.note:
            lines.append(f"  {rule.note}")
    return "\n".join(lines)


def _facts(overview: "Overview") -> str:
    """What a corpus holds, as a small indented block."""
    from asr.corpus.histogram import text_bars
    from asr.corpus.report import rates_text
    from asr.corpus.rules import printable

    facts, delta = overview.statistics, overview.delta
    rows = _text_facts(overview)
    if not facts.utterances:
        return _indented(rows)
    rows += [
        ("vocabulary", f"{_counted(facts.vocabulary, 'word')}, {facts.words_per_minute:.0f} spoken a minute"),
        ("speakers", f"{facts.speakers:,}" if facts.speakers else "not named"),
    ]
    if facts.sources:
        rows.append(("sources", f"{facts.sources:,}"))
    if facts.rates:
        rows.append(("files", rates_text(facts)))
    if new := facts.new_words:
        named = ", ".join(f"{word} {count:,}" for word, count in new.most_frequent)
        share = f"{_counted(new.vocabulary, 'word')}, {new.share:.1%} of what is said"
        rows.append(("not trained", f"{share}: {named}" if named else "nothing: training says every word"))
    rows += zip(("durations", *("" for _ in facts.durations)), text_bars(facts.durations).splitlines(), strict=False)
    if delta is not None:
        rows.append(("changes", f"{delta.sentence()} since run “{printable(delta.since)}”"))
    for number, one in enumerate(overview.doubts):
        said = f"“{one.text}”, heard “{one.heard}”, {one.characters_per_second:.0f} characters a second"
        rows.append(("" if number else "listen first", printable(f"{one.id}: {said}")))
    return _indented(rows)


def _text_facts(overview: "Overview") -> list[tuple[str, str]]:
    """The text without recordings, if there is any."""
    text = overview.report.draft.text
    if text is None:
        return []
    rows = [("plain text", f"{_counted(text.lines, 'line')}, {_counted(text.words, 'word')}")]
    if text.left_out:
        rules = ", ".join(f"{rule} {count:,}" for rule, count in text.left_out.items())
        rows.append(("left out", f"{_counted(sum(text.left_out.values()), 'line')}: {rules}"))
    return [*rows, ("pronunciations", f"{len(text.pronunciations):,}")]


def _indented(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"  {line}" for line in table(rows).splitlines())


def conversion_text(conversion: "Conversion") -> str:
    """What was written and what was left out in one line, or every problem that stands against it."""
    from asr.corpus.report import tally
    from asr.corpus.rules import format_problems, printable

    report, written = conversion.report, conversion.written
    if not written:
        errors, warnings = tally(report.problems)
        verdict = f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}; nothing was written"
        return f"{format_problems(report.problems)}\n{printable(str(report.draft.folder))}: {verdict}"
    count = conversion.left_out
    left_out = [
        _counted(count["audio_without_transcript"], "audio file") + " without a transcript",
        _counted(count["archives_in_archives"], "archive") + " inside of archives",
        _counted(count["too_long"], "utterance") + " that Azure finds too long",
        _counted(count["text_lines"], "line") + " of text",
        _counted(count["guard_sets"], "guard set") + f" ({', '.join(conversion.guards)})",
    ]
    left_out = [text for text, number in zip(left_out, count.values(), strict=True) if number]
    files = _counted(len(written.zips), "zip file") if written.zips else _counted(written.audio_files, "audio file")
    size = f"{_counted(written.utterances, 'utterance')}, {duration(written.seconds)}, {files}"
    size += f", {_counted(written.lines, 'line')} of text" if written.lines else ""
    mended = f", with unseen characters removed from {_counted(written.mended, 'transcript')}" if written.mended else ""
    return f"{printable(str(written.folder))}: {size}{mended}; left out: {', '.join(left_out) or 'nothing'}"


def conversion_value(conversion: "Conversion") -> object:
    """What was written as --json gives it, with everything that was left out or found wrong."""
    from asr.corpus.report import tally

    errors, warnings = tally(conversion.report.problems)
    return {
        "layout": conversion.layout,
        "corpus": conversion.report.corpus,
        "written": conversion.written,
        "left_out": conversion.left_out,
        "errors": errors,
        "warnings": warnings,
        "problems": conversion.report.problems,
    }


def transcript_text(transcript: "Transcript", with_file: bool) -> str:
    """The text of a file, after its name if there are several."""
    text = " ".join(transcript.text.split())
    return f"{transcript.file}\t{text}" if with_file else text


def models_text(versions: Sequence["ModelVersion"]) -> str:
    """The registered models, a line each."""
    if not versions:
        return "no models yet; `wergate run` registers the first"
    from asr.corpus.rules import printable

    head = ("version", "alias", "WER", "on data", "outcome", "decided by", "base", "created")
    rows = [
        (
            str(version.version),
            ", ".join(version.aliases) or "–",
            "–" if version.wer is None else f"{version.wer:.1%}",
            version.testing or "–",
            version.outcome or "–",
            printable(version.decided) or "–",
            version.base,
            version.created,
        )
        for version in versions
    ]
    return table([head, *rows])


def history_text(history: "History") -> str:
    """What happened to the champion, newest first, after the candidates that wait."""
    from asr.corpus.rules import printable

    lines = [
        f"{one.run_id[:8]} waited for an answer until {one.until:%Y-%m-%d %H:%M} UTC; the next run notes that none came"
        if one.expired
        else f"{one.run_id[:8]} waits for an answer until {one.until:%Y-%m-%d %H:%M} UTC: v{one.candidate} instead of "
        f"v{one.champion} (wergate approve {one.run_id[:8]} --by NAME --reason TEXT)"
        for one in history.waiting
    ]
    rows = [
        (
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.what,
            f"v{entry.version}",
            f"after v{entry.replaces}" if entry.replaces else "",
            f"by {printable(entry.by)}",
            printable(entry.reason),
        )
        for entry in history.entries
    ]
    return "\n".join([*lines, table(rows)]) if rows or lines else "nothing has happened yet; `wergate run` begins"


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
