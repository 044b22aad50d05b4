"""The report as JSON, its size whatever anybody wrote, and colours that can be read."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.delta import Change, Delta
from asr.corpus.statistics import NewWords, Statistics
from asr.scoring.analysis import analyse
from asr.scoring.domain_recall import DomainChange, domain_recall
from asr.scoring.findings import Findings
from asr.scoring.hypothesis import read_table, write_table
from asr.scoring.person_decision import PersonDecision
from asr.scoring.report import MOST_MARKDOWN, Report, write_report
from asr.scoring.suggested_pronunciations import SuggestedPronunciation
from asr.scoring.suggestions import Suggestions
from asr.text.normalizers import normalizer
from asr.training.attempt import Attempt
from asr.training.diagnosis import Diagnosis

CSS = Path(__file__).parents[3] / "asr/scoring/templates/report.css"
AT = datetime(2026, 5, 12, 9, 30, 1, 250_000, tzinfo=UTC)


@pytest.fixture
def whole(report: Report, tmp_path: Path, hostile: str) -> Report:
    """A report with everything in it."""
    normalize = normalizer("none")
    assert report.candidate
    rows = read_table(report.candidate.table)
    facts = Statistics(
        utterances=4,
        seconds=8.0,
        words=12,
        vocabulary=11,
        speakers=1,
        sources=0,
        durations=(0, 3, 1, *[0] * 8),
        rates={16_000: 4},
        new_words=NewWords(vocabulary=2, share=0.25, most_frequent=(("rolla", 2), (hostile, 1))),
    )
    delta = Delta(
        added=1,
        hours_added=0.5,
        changed_parts={"text": 1},
        added_examples=("new.wav",),
        changed_examples=(Change(id="c", parts=("text",), before="a", after="b"),),
    )
    findings = Findings(
        analyses={"testing": analyse(rows, normalize, learned={"turn"}, written=lambda char: char)},
        domain=DomainChange(baseline=domain_recall(rows, {"Noor"}, normalize)),
        suggestions=Suggestions(
            lines=(hostile,), pronunciations=(SuggestedPronunciation("Noor", "nur", 3, 4),), sentence="From 9."
        ),
    )
    attempt = Attempt(
        learning_rate=5e-4,
        steps=12,
        best_step=None,
        dev_wer=None,
        history=tmp_path / "history.json",
        diagnoses=(Diagnosis(name="overfitting", evidence="x", mend="y"),),
    )
    return report.model_copy(
        update={
            "run": "a1b2",
            "not_kept": (report.candidate,),
            "statistics": {"testing": facts},
            "changes": {"testing": delta},
            "findings": findings,
            "training": (attempt,),
            "seconds": {"train": 1.5, "check data": 2.0},
            "decision": PersonDecision(decision="promote", by="Mai", reason=hostile, at=AT),
            "written": AT,
        }
    )


def test_a_report_comes_back_from_json_as_it_was(whole: Report) -> None:
    again = Report.model_validate_json(whole.model_dump_json())
    assert again == whole
    assert list(again.seconds) == ["train", "check data"]


def test_numbers_that_are_none_come_back(whole: Report, tmp_path: Path) -> None:
    assert whole.candidate and whole.verdict
    broken = whole.candidate.model_copy(update={"wer": math.nan, "rtfx": math.inf, "interval": (math.nan, -math.inf)})
    checks = (whole.verdict.checks[0].model_copy(update={"value": math.nan, "limit": math.inf}),)
    report = whole.model_copy(
        update={
            "candidate": broken,
            "guards": ((whole.baseline, broken),),
            "verdict": whole.verdict.model_copy(update={"checks": checks}),
        }
    )
    stored = report.model_dump_json()
    assert "NaN" in stored
    again = Report.model_validate_json(stored)
    assert again.candidate and again.verdict and again.guards[0][1]
    assert math.isnan(again.candidate.wer) and math.isnan(again.guards[0][1].interval[0])
    assert (again.candidate.rtfx, again.candidate.interval[1]) == (math.inf, -math.inf)
    assert math.isnan(again.verdict.checks[0].value) and again.verdict.checks[0].limit == math.inf
    assert again.model_dump_json() == stored
    assert "nan" not in write_report(tmp_path / "nan", again).with_suffix(".md").read_text("utf-8").split()


def test_the_page_of_a_stored_report_is_the_same_page(whole: Report, tmp_path: Path) -> None:
    stored = Report.model_validate_json(whole.model_dump_json())
    first, second = write_report(tmp_path / "one", whole), write_report(tmp_path / "two", stored)
    assert first.read_bytes() == second.read_bytes()
    assert first.with_suffix(".md").read_bytes() == second.with_suffix(".md").read_bytes()


def test_a_megabyte_of_text_in_one_utterance(report: Report, tmp_path: Path, parsed: Callable[[str], Any]) -> None:
    rows = read_table(report.baseline.table)
    long = "<b>word</b> " * 90_000
    rows[1] = replace(rows[1], reference=long, id="i" * 1_000_000, speaker="s" * 1_000_000)
    rows[2] = replace(rows[2], reference="w" * 1_000_000)
    write_table(rows, report.baseline.table)
    path = write_report(tmp_path / "out", report.model_copy(update={"candidate": None, "guards": ()}))
    page = parsed(path.read_text("utf-8"))
    assert len(page.text) < 300_000
    assert f"({len(long):,} characters)" in page.words and "(1,000,000 characters)" in page.words
    assert len(path.with_suffix(".md").read_text("utf-8")) <= MOST_MARKDOWN


def test_the_note_has_an_end_whatever_there_is_to_tell(whole: Report, tmp_path: Path) -> None:
    assert whole.verdict
    checks = tuple(whole.verdict.checks[0].model_copy(update={"sentence": "s" * 5_000}) for _ in range(40))
    much = whole.model_copy(
        update={
            "warnings": tuple(f"warning {number} {'w' * 5_000}" for number in range(500)),
            "verdict": whole.verdict.model_copy(update={"checks": checks}),
            "guards": whole.guards * 400,
        }
    )
    path = write_report(tmp_path / "out", much)
    note = path.with_suffix(".md").read_text("utf-8")
    assert len(note) <= MOST_MARKDOWN
    assert note.rstrip().endswith("The rest is on the page `report.html`.")
    assert "and 500 more warnings" in note  # no list is longer than that, and nothing is left out in silence
    page = path.read_text("utf-8")
    assert "and 450 more" in page and "warning 49 " in page and "warning 50 " not in page


def luminance(colour: str) -> float:
    """Relative luminance of a colour as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_every_ground(scheme: str) -> None:
    light, dark = re.findall(r":root \{(.*?)\}", CSS.read_text("utf-8"), re.DOTALL)[:2]
    colours = dict(re.findall(r"--(\w+): (#\w+)", light if scheme == "light" else dark))
    for ground in ("paper", "card", "faint"):
        for ink in ("ink", "soft", "blue", "red", "green", "purple", "amber"):
            high, low = sorted((luminance(colours[ground]), luminance(colours[ink])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {ground}"
