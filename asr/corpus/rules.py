"""What can be wrong with a corpus: the rules by their ids, and a problem, which is one rule broken in one place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]
Purpose = Literal["training", "testing"]

SHORTEST = 0.1
"""Seconds; anything shorter cannot hold a word."""
LONGEST = 30.0
"""Seconds; what Whisper hears at once, and far more than one utterance needs."""
SILENCE = 1e-3
"""Peak of the waveform around its mean, full scale is 1 (−60 dB): below it nobody speaks."""
CLIPPED_SHARE = 1e-3
"""Share of the samples at full scale from which a recording counts as clipped."""
FASTEST, FAST, FAST_FROM = 35.0, 25.0, 10
"""Characters a second that nobody speaks, that few do, and the characters of text from which the rate is judged."""

_FEW = 5  # warnings of one rule that are shown one by one


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the data contract: what is said when it is broken, and how to mend it."""

    id: str
    severity: Severity
    """What a broken rule usually is; a few rules are milder or stricter by circumstance."""
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule broken in one place."""

    rule: str
    severity: Severity
    file: Path
    line: int | None
    """Counted from 1; None when the whole file is meant."""
    message: str
    mend: str


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        # audio
        Rule("undecodable", "error", "the audio cannot be decoded", "convert it to WAV or FLAC, or replace it"),
        Rule("lfs_pointer", "error", "this is a Git LFS pointer, its content is not here", "run `git lfs pull`"),
        Rule("empty_audio", "error", "the file holds no audio", "record or export it again"),
        Rule("not_finite", "error", "some samples are not numbers (NaN or infinite)", "export it again as PCM"),
        Rule("silent", "error", "nothing is to be heard", "record it again, or remove it with its transcript"),
        Rule("clipped", "warning", "the recording is clipped", "record it again with less gain"),
        Rule("too_short", "error", f"shorter than {SHORTEST} s", "remove it, or cut the recording elsewhere"),
        Rule("too_long", "error", f"longer than {LONGEST:.0f} s", "cut it into utterances"),
        Rule("missing_audio", "error", "this audio is not in the folder", "add the file, or correct its name"),
        Rule("orphan_audio", "warning", "this audio has no transcript and is left out", "add a transcript"),
        # transcripts
        Rule("missing_text", "error", "there is no transcript for", "fill in the column"),
        Rule("empty_text", "error", "the transcript is empty", "write what is said, or remove the audio"),
        Rule("only_punctuation", "error", "the transcript has no letter and no digit", "write what is said in words"),
        Rule("not_utf8", "error", "the text is not UTF-8", "save the file as UTF-8 and check its accents"),
        Rule("control_characters", "error", "the transcript holds characters that cannot be seen", "remove them"),
        Rule("impossible_rate", "error", "too much text for the audio", "check that text and audio belong together"),
        Rule("orphan_transcript", "error", "this transcript has no audio", "add the audio, or remove the transcript"),
        # files
        Rule("unreadable_table", "error", "the table cannot be read", "mend the line"),
        Rule("unreadable_file", "error", "this cannot be opened", "check its permissions"),
        Rule("outside_folder", "error", "this leads out of the folder", "put the file inside and use a relative path"),
        Rule("duplicate", "error", "the same audio is in the corpus twice", "keep one of them"),
        # training against testing
        Rule("leak_audio", "error", "this test audio is also trained on", "remove it from one of the two"),
        Rule("leak_source", "error", "this recording is in training and in testing", "keep it in one of the two"),
        Rule("leak_sentence", "error", "the same speaker says this sentence in training", "keep it in one of the two"),
        Rule(
            "leak_speaker",
            "warning",
            "speakers are in training and in testing",
            "test with people that the model has not heard",
        ),
    )
}


def problem(
    rule: str,
    file: Path,
    line: int | None = None,
    detail: str = "",
    *,
    severity: Severity | None = None,
    mend: str = "",
) -> Problem:
    """A broken rule in one place; `detail` follows the text of the rule, `severity` and `mend` replace the rule's."""
    broken = RULES[rule]
    message = f"{broken.text}: {detail}" if detail else broken.text
    return Problem(rule, severity or broken.severity, file, line, message, mend or broken.mend)


def collapse(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, in the order of files and lines; more than five warnings of one rule become one with a count."""
    ordered = sorted(problems, key=lambda one: (one.severity, str(one.file), one.line or 0, one.rule, one.message))
    warnings = Counter(one.rule for one in ordered if one.severity == "warning")
    shown: list[Problem] = []
    counted: set[str] = set()
    for one in ordered:
        if one.severity == "error" or warnings[one.rule] <= _FEW:
            shown.append(one)
        elif one.rule not in counted:
            counted.add(one.rule)
            shown.append(replace(one, message=f"{one.message} … and {warnings[one.rule] - 1:,} more"))
    return shown


def format_problems(problems: Iterable[Problem]) -> str:
    """Lines `file:line: error[rule]: message — mend`, errors first, many equal warnings as one."""
    return "\n".join(_format(one) for one in collapse(problems))


def _format(one: Problem) -> str:
    place = str(one.file) if one.line is None else f"{one.file}:{one.line}"
    return _printable(f"{place}: {one.severity}[{one.rule}]: {one.message} — {one.mend}")


def _printable(text: str) -> str:
    # File names and transcripts come from anybody: what a terminal or a CI log would obey is shown, not sent.
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
