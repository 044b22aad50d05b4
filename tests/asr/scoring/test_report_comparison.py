"""What a release owner decides by: the difference, the slices, what changed most, and what a person said."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from asr.scoring.comparison import compare
from asr.scoring.hypothesis import Hypothesis, read_table, write_table
from asr.scoring.person_decision import PersonDecision
from asr.scoring.report import Report, write_report
from asr.text.normalizers import normalizer

AT = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
DECISION = PersonDecision(decision="promote", by="Mai", reason="Nobody uses “street”.", at=AT)


@pytest.fixture
def sliced(report: Report, hostile: str, tmp_path: Path) -> Report:
    """The report with 300 utterances more, in slices: one got worse, one better, one has a hostile name."""
    assert report.candidate
    before, after = read_table(report.baseline.table), read_table(report.candidate.table)
    changes = {"street": (1, 3), "studio": (3, 1), hostile: (2, 2)}
    for number in range(300):
        name = list(changes)[number % 3]
        counts = [(errors + number % 2) for errors in changes[name]]
        rows = [
            Hypothesis(f"{number:03}.wav", "a b c d e f", "x " * count, 2.0, 6, count, 0, 0, 11, 5, slice=name)
            for count in counts
        ]
        before.append(rows[0])
        after.append(rows[1])
    compared = compare(before, after, normalizer("none"))
    tables = [tmp_path / f"sliced_{name}.jsonl" for name in ("before", "after")]
    for rows, table in zip((before, after), tables, strict=True):
        write_table(rows, table)
    models = {
        "baseline": report.baseline.model_copy(update={"table": tables[0]}),
        "candidate": report.candidate.model_copy(update={"table": tables[1]}),
    }
    return report.model_copy(update=models | {"comparison": compared})


@pytest.fixture
def pages(parsed: Callable[[str], Any], tmp_path: Path) -> Callable[[Report], tuple[Any, str]]:
    """Writes a report, and reads its page and its note."""

    def write(report: Report) -> tuple[Any, str]:
        path = write_report(tmp_path / "pages", report)
        return parsed(path.read_text("utf-8")), path.with_suffix(".md").read_text("utf-8")

    return write


def test_the_verdict_and_its_checks_come_before_everything_else(
    sliced: Report, pages: Callable[[Report], tuple[Any, str]]
) -> None:
    page, note = pages(sliced)
    headings = [title["id"] for title in page.named("h2")]
    order = ["gate", "rates", "difference", "slices", "changed", "errors-title", "words", "data"]
    assert [title for title in headings if title in order] == order
    parts = ["The gate", "Error rates", "Is it better, or luck?", "What changed most", "What is still wrong"]
    assert [part for part in re.findall(r"(?m)^## (.*?)(?::.*)?$", note) if part in parts] == parts


def test_the_difference_with_its_interval_and_a_second_opinion(
    sliced: Report, pages: Callable[[Report], tuple[Any, str]]
) -> None:
    page, note = pages(sliced)
    assert sliced.comparison
    test, second = sliced.comparison.test, sliced.comparison.second_opinion
    low, high = (f"{100 * bound:+.2f}".replace("-", "−") for bound in test.interval)
    for words in (page.words, note):
        assert f"{low} to {high}" in words
        assert f"{100 * test.delta:+.2f}".replace("-", "−") in words
        assert f"{test.words:,} words" in words
        assert f"{test.probability_better:.1%}" in words
        assert f"{second.segments:,} segment" in words
        assert f"p = {second.p:.3f}" in words or "p < 0.001" in words
    assert "drawing 304 single utterances again and again" in page.words
    assert "304 utterances; utterances are drawn (304)" in note


@pytest.mark.parametrize(
    ("interval", "finding", "agree"),
    [
        ((-0.02, -0.01), "candidate better", True),
        ((-0.02, 0.01), "no difference", True),
        ((0.01, 0.02), "baseline better", True),
        ((-0.02, 0.01), "candidate better", False),
        ((-0.02, -0.01), "no difference", False),
    ],
    ids=["better", "same", "worse", "only-the-second", "only-the-first"],
)
def test_two_opinions_that_differ_are_told(
    sliced: Report,
    pages: Callable[[Report], tuple[Any, str]],
    interval: tuple[float, float],
    finding: str,
    agree: bool,
) -> None:
    assert sliced.comparison
    found = sliced.comparison
    test = found.test.model_copy(update={"interval": interval})
    second = found.second_opinion.model_copy(update={"finding": finding})
    page, _ = pages(
        sliced.model_copy(update={"comparison": found.model_copy(update={"test": test, "second_opinion": second})})
    )
    assert ("The two do not agree" in page.words) is not agree


def test_slices_are_drawn_with_form_and_word(
    sliced: Report, pages: Callable[[Report], tuple[Any, str]], hostile: str
) -> None:
    page, note = pages(sliced)
    drawn = [attributes["class"] for _, attributes in page.of_class("forest")]
    assert {"forest worse", "forest better", "forest same"} <= set(drawn) and drawn.count("forest worse") == 1
    assert page.text.count("<path class='mark full'") >= 2
    assert "1 slice got worse" in page.words and "**1 of" in note
    assert "| slice street | **worse** |" in note
    assert page.words.count(hostile) >= 2 and not page.named("script")
    for attributes in page.named("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes.get("overflow") or attributes["role"] == "img"
    for kind in ("rowheader", "cell", "columnheader"):
        assert any(attributes.get("role") == kind for _, attributes in page.tags)


def test_slices_that_are_left_out_are_told(sliced: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    assert sliced.comparison
    some = sliced.comparison.slices[0]
    many = tuple(some.model_copy(update={"name": f"slice {number}"}) for number in range(60))
    page, note = pages(
        sliced.model_copy(
            update={"comparison": sliced.comparison.model_copy(update={"slices": many, "slices_left_out": 5})}
        )
    )
    assert len(page.of_class("forest")) == 41
    assert "25 slices with the fewest words are not shown" in page.words
    assert len(note) <= 60_000


def test_the_biggest_wins_and_losses(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    page, note = pages(report)
    part = page.text.partition('id="changed"')[2].partition('id="errors"')[0]
    titles = [part.index(title) for title in ("Biggest losses", "clips/3_3.wav", "Biggest wins", "clips/1_1.wav")]
    assert titles == sorted(titles)
    assert '<span class="heard insertion">&lt;img src=x onerror=y&gt;</span>' in part
    assert part.count("<audio controls") == 4
    assert "fewer errors in 3 utterances, more in 1 and as many in 0" in page.words
    still = page.text.partition('id="errors"')[2]
    assert "<audio" not in still and still.count("shown above") == 4, "an utterance is not there twice"
    assert note.index("Biggest losses:") < note.index("Biggest wins:")
    assert "| clips/1\\_1.wav | 2 → 0 |" in note


def test_without_a_comparison_nothing_is_claimed(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    assert report.verdict
    verdict = report.verdict.model_copy(update={"comparison": None})
    page, note = pages(report.model_copy(update={"comparison": None, "verdict": verdict}))
    assert {"difference", "slices"}.isdisjoint(attributes.get("id") for attributes in page.named("h2"))
    assert "or luck?" not in note and "probability that it is better" not in page.words


def test_the_comparison_of_the_verdict_will_do(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    page, _ = pages(report.model_copy(update={"comparison": None}))
    assert "Is it better, or luck?" in page.words


def test_a_person_is_told_what_to_type(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    waiting = report.model_copy(update={"outcome": "awaiting_approval", "run": "a1b2"})
    page, note = pages(waiting)
    for words in (page.words, note):
        assert "wergate approve a1b2 --by NAME --reason TEXT" in words
        assert "wergate reject a1b2 --by NAME --reason TEXT" in words
    page, note = pages(waiting.model_copy(update={"decision": DECISION}))
    assert "wergate approve" not in page.words and "wergate approve" not in note
    assert report.answers == ()
    assert waiting.model_copy(update={"run": "a; rm -rf b"}).answers[0].startswith("wergate approve 'a; rm -rf b' ")
    assert waiting.model_copy(update={"run": ""}).answers[0].startswith("wergate approve RUN ")


@pytest.mark.parametrize(("decision", "word"), [("promote", "Promote"), ("reject", "Reject")])
def test_what_a_person_decided_stands_beside_the_verdict(
    report: Report, pages: Callable[[Report], tuple[Any, str]], decision: str, word: str
) -> None:
    given = DECISION.model_copy(update={"decision": decision})
    page, note = pages(report.model_copy(update={"decision": given}))
    head = page.words.partition("Word error rate")[0]
    for words in (head, note.partition("## ")[0].replace("**", "")):
        for part in (word, "says Mai", "12 May 2026, 09:30", "Nobody uses “street”."):
            assert part in words, part


def test_a_decision_of_anybody_is_not_executed(
    report: Report, pages: Callable[[Report], tuple[Any, str]], parsed: Callable[[str], Any], hostile: str
) -> None:
    # What a person says is checked where it is said; a page that is written again reads what it finds.
    reason = hostile + "\u202e\x00\n# no title"
    given = PersonDecision.model_construct(decision="reject", by=hostile, reason=reason, at=AT)
    page, note = pages(report.model_copy(update={"decision": given, "run": hostile, "seconds": {hostile: 1.0}}))
    assert not page.named("script")
    assert page.words.count(hostile) >= 4
    assert "\\u202e\\x00" in page.words and "\u202e" not in page.text
    shown = parsed(MarkdownIt("commonmark", {"html": True}).enable("table").render(note))
    assert not shown.named("script") and "no title" not in note.partition("says")[0]
    assert len(shown.named("h1")) == 1


def test_how_long_each_step_took(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    took = {"check data": 3.5, "train": 3661.0, "clock": float("nan"), "back": -1.0}
    page, note = pages(report.model_copy(update={"seconds": took}))
    times = page.words.partition("Step by step")[2]
    assert times.index("check data") < times.index("train")
    for words in (times, note):
        assert "3.5 s" in words and "1 h 1 min" in words
    assert "clock" not in page.words and "back" not in times
    page, note = pages(report)
    assert "Step by step" not in page.words and "## Time" not in note


def test_an_unseen_word_of_a_table_is_seen(report: Report, pages: Callable[[Report], tuple[Any, str]]) -> None:
    rows = read_table(report.baseline.table)
    rows[1] = replace(rows[1], id="gnp\u202evaw.exe", speaker="\u2067s\x1b[2J", reference="a\x00b")
    write_table(rows, report.baseline.table)
    page, note = pages(report.model_copy(update={"candidate": None, "guards": ()}))
    for text in (page.text, note):
        assert not set(text) & {"\u202e", "\u2067", "\x1b", "\x00"}
    assert "gnp\\u202evaw.exe" in page.words and "a\\x00b" in page.words


def test_many_slices_in_the_breakdown_come_to_an_end(
    report: Report, pages: Callable[[Report], tuple[Any, str]]
) -> None:
    rows = [replace(read_table(report.baseline.table)[1], id=f"{n:03}", slice=f"group {n:03}") for n in range(50)]
    write_table(rows, report.baseline.table)
    page, note = pages(report.model_copy(update={"candidate": None, "guards": ()}))
    assert "group 039" in page.words and "group 040" not in page.words.partition("By slice")[2]
    assert "10 more groups are not shown." in page.words
    assert "group 039" in note and "group 040" not in note and "and 10 more." in note
