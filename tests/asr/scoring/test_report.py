"""The page: complete, safe to open whatever the transcripts contain, and sensible without a candidate."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from asr.corpus.delta import Change, Delta
from asr.corpus.statistics import BINS, NewWords, Statistics
from asr.corpus.utterance import Corpus
from asr.errors import DataError
from asr.scoring.analysis import analyse
from asr.scoring.checks import Limits
from asr.scoring.domain_recall import DomainChange, domain_recall
from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings
from asr.scoring.gate import judge
from asr.scoring.hypothesis import Hypothesis, read_table
from asr.scoring.report import HEADLINES, Report, write_report
from asr.scoring.suggested_pronunciations import SuggestedPronunciation
from asr.scoring.suggestions import Suggestions
from asr.text.normalizers import normalizer


def test_everything_is_on_the_page(tmp_path: Path, report: Report, parsed: Callable[[str], Any]) -> None:
    path = write_report(tmp_path / "out", report)
    assert path == tmp_path / "out/report.html"
    assert sorted(file.name for file in path.parent.iterdir()) == ["report.html", "report.md"]
    page, note = parsed(path.read_text("utf-8")), (tmp_path / "out/report.md").read_text("utf-8")
    assert report.verdict is not None
    for words in (page.words, note.replace("\\", "")):
        assert "Rejected" in words
        assert report.sentence.split(" (")[0] in words
        for check in report.verdict.checks:
            assert check.name in words
            assert check.sentence in words
        for part in (
            "old_model",
            "new_model",
            "guards/general",
            "90.00%",
            "3 utterances of",
            "none@1",
            "recognition@2",
            "greedily",
        ):
            assert part in words, part
        for figure in (f"{report.baseline.wer:.2%}", f"{report.baseline.cer:.2%}", f"{report.baseline.ser:.1%}"):
            assert figure in words, figure
        assert "abc123" in words
    assert "fingerprint-of-new_model" in page.words
    links = [link["href"] or "" for link in page.named("a")]
    assert [link for link in links if link[0] != "#"] == ["http://127.0.0.1:5000/#/experiments/1"]
    places = {f"#{attributes['id']}" for _, attributes in page.tags if "id" in attributes}
    assert {link for link in links if link[0] == "#"} <= places


def test_nothing_that_was_said_is_executed(
    tmp_path: Path, report: Report, parsed: Callable[[str], Any], hostile: str
) -> None:
    text = write_report(tmp_path, report).read_text("utf-8")
    page = parsed(text)
    assert not page.named("script")
    assert not page.named("img")
    assert "<script" not in text
    assert hostile in page.words  # shown as it was written, also for the template engine
    note = (tmp_path / "report.md").read_text("utf-8")
    assert "<" not in note.replace("](<", "")
    assert "\\| \\`a\\` \\*\\*b\\*\\*" in note
    assert "](<javascript" not in note


@pytest.fixture
def with_data(report: Report, hostile: str) -> Report:
    """The report with what the data holds, and what has changed in it."""
    facts = Statistics(
        utterances=4,
        seconds=8.0,
        words=12,
        vocabulary=11,
        speakers=1,
        sources=0,
        durations=(0, 3, 1, *[0] * (len(BINS) - 2)),
        rates={16_000: 4},
        new_words=NewWords(vocabulary=2, share=0.25, most_frequent=(("rolla", 2), (hostile, 1))),
    )
    changes = (
        Change(id="c.wav", parts=("text",), before=hostile, after="turn right"),
        Change(id="d.wav", parts=("audio",), before="x", after="x"),
    )
    delta = Delta(
        added=1200,
        removed=1,
        changed=2,
        hours_added=1.5,
        changed_parts={"text": 1, "audio": 1},
        added_examples=("new.wav", hostile),
        removed_examples=("old.wav",),
        changed_examples=changes,
        since="improve x",
    )
    return report.model_copy(
        update={
            "statistics": {
                "testing": facts,
                f"guards/{hostile}": facts,
                "empty": facts.model_copy(update={"utterances": 0}),
            },
            "changes": {"testing": delta, f"guards/{hostile}": Delta(since="improve x")},
        }
    )


def test_what_the_data_holds_and_what_has_changed(
    tmp_path: Path, with_data: Report, parsed: Callable[[str], Any]
) -> None:
    text = write_report(tmp_path, with_data).read_text("utf-8")
    page, note = parsed(text), (tmp_path / "report.md").read_text("utf-8")
    assert len(page.named("svg")) == 2, "a picture for each corpus that has utterances"
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for picture in page.named("svg"):
        assert (picture["role"], set((picture["aria-labelledby"] or "").split()) <= set(ids)) == ("img", True)
    sentence = with_data.changes["testing"].sentence()
    assert sentence == "1,200 added (1 h 30 min), 1 removed (0.0 s), 2 changed (1 text, 1 audio)"
    for words in (page.words, note):
        for part in (
            sentence,
            "nothing has changed",
            "improve x",
            "new.wav",
            "old.wav",
            "turn right",
            "25.0% of what is said",
        ):
            assert part in words, part
    for part in ("and 1,198 more added", "+1 h 30 min", "−0.0 s"):
        assert part in page.words, part
    now = page.words.partition("Examples")[2].partition("1,200 added")[0]
    assert "4" in now and "8.0 s" in now, "what there is now"
    assert "    1–2 s  3  ████████████████████████████████" in note
    assert "- `testing` since run `improve x`: 1,200 added" in note


def test_data_of_anybody_is_not_executed_either(
    tmp_path: Path, with_data: Report, parsed: Callable[[str], Any], hostile: str
) -> None:
    page = parsed(write_report(tmp_path, with_data).read_text("utf-8"))
    assert not page.named("script") and not page.named("img")
    assert page.words.count(hostile) >= 6
    note = MarkdownIt("commonmark", {"html": True}).enable("table").render((tmp_path / "report.md").read_text("utf-8"))
    assert not parsed(note).named("script")


@pytest.fixture
def with_findings(report: Report, hostile: str) -> Report:
    """The report with what was found out about the errors, of the data of anybody."""
    assert report.candidate
    normalize = normalizer("none")
    before, after = read_table(report.baseline.table), read_table(report.candidate.table)
    after[1] = replace(after[1], hypothesis="turn left at nur mosque", substitutions=1, noise=12.5, slice=hostile)
    after.append(Hypothesis("silent.wav", "", hostile, 12.0, 0, 0, 0, 9, 0, 50))
    after += [replace(after[1], id=f"again{number}.wav") for number in range(2)]
    words = {"Noor", "mosque", hostile.split()[0], "Kalba"}
    findings = Findings(
        analyses={"testing": analyse(after, normalize, learned={"turn"}, written=lambda char: char.replace("و", ""))},
        domain=DomainChange(
            baseline=domain_recall(before, words, normalize), candidate=domain_recall(after, words, normalize)
        ),
        suggestions=Suggestions(
            lines=("turn left at Noor", hostile),
            pronunciations=tuple(SuggestedPronunciation(word, "nur", 3, 4) for word in ("Noor", hostile)),
            sentence="From 9 word errors in 4 utterances.",
        ),
    )
    return report.model_copy(update={"findings": findings})


def test_what_fails_where_and_what_to_add(tmp_path: Path, with_findings: Report, parsed: Callable[[str], Any]) -> None:
    page = parsed(write_report(tmp_path, with_findings).read_text("utf-8"))
    note = (tmp_path / "report.md").read_text("utf-8")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert with_findings.findings and with_findings.findings.domain
    for words in (page.words, note.replace("\\", "").replace("**", "")):
        for part in (
            "Words of your text",
            "From 9 word errors in 4 utterances.",
            "turn left at Noor",
            "suggested_plain_text.txt",
            "suggested_pronunciation.txt",
            "10–20 dB",
            "up to 2 s",
            "at Noor mosque",
        ):
            assert part in words, part
    assert "the baseline recognizes 1 (33.3%) and the candidate 4 (57.1%)." in page.words
    assert "Found by the baseline: 1 of 3 (33.3%); by the candidate: 4 of 7 (57.1%)." in note
    assert "1 utterance with text though nothing was said" in page.words
    assert "1 other word of your text is said in no reference" in page.words
    assert "From the test, as words only: Noor" in page.words
    assert "From the test, as words only: Noor" in note
    lines = next(attributes for tag, attributes in page.tags if tag == "pre")
    assert lines["tabindex"] == "0"


def test_findings_of_anybody_are_not_executed(
    tmp_path: Path, with_findings: Report, parsed: Callable[[str], Any]
) -> None:
    text = write_report(tmp_path, with_findings).read_text("utf-8")
    page = parsed(text)
    assert not page.named("script") and not page.named("img")
    assert "<script" not in text
    note = MarkdownIt("commonmark", {"html": True}).enable("table").render((tmp_path / "report.md").read_text("utf-8"))
    assert not parsed(note).named("script")


def test_empty_parts_are_not_shown(
    tmp_path: Path, testing: Corpus, parsed: Callable[[str], Any], evaluated: Callable[..., Evaluation]
) -> None:
    perfect = evaluated(testing, "perfect", *[utterance.text for utterance in testing.read()])
    nothing = Findings(
        analyses={"testing": analyse(read_table(perfect.table), normalizer("none"))},
        domain=None,
        suggestions=Suggestions(sentence="No suggestions: why not."),
    )
    lone = Report(outcome="good_enough", sentence="Fine.", baseline=perfect, findings=nothing)
    page = parsed(write_report(tmp_path, lone).read_text("utf-8"))
    headings = {attributes.get("id") for attributes in page.named("h2")}
    assert headings.isdisjoint({"words", "where", "domain"})
    assert "No suggestions: why not." in page.words
    assert not page.named("pre") and "From the test" not in page.words


def test_words_that_no_reference_says_are_told(
    tmp_path: Path, with_findings: Report, parsed: Callable[[str], Any]
) -> None:
    assert with_findings.findings
    unsaid = DomainChange(baseline=domain_recall([], {"Kalba"}, normalizer("none")))
    findings = with_findings.findings.model_copy(update={"domain": unsaid})
    page = parsed(write_report(tmp_path, with_findings.model_copy(update={"findings": findings})).read_text("utf-8"))
    assert "No reference says one of the 1 word that your text brings in." in page.words


def test_the_page_needs_nothing_beside_it(tmp_path: Path, report: Report, parsed: Callable[[str], Any]) -> None:
    page = parsed(write_report(tmp_path, report).read_text("utf-8"))
    assert not page.named("link")
    sources = [attributes["src"] or "" for _, attributes in page.tags if "src" in attributes]
    assert sources
    assert all(source.startswith("data:audio/wav;base64,") for source in sources)
    assert page.named("html") == [{"lang": "en"}]
    assert any(meta.get("name") == "viewport" for meta in page.named("meta"))
    regions = [div for div in page.named("div") if "wide" in (div.get("class") or "")]
    assert regions
    assert all(region["tabindex"] == "0" for region in regions)  # scrolled by the keyboard


def test_errors_come_worst_first_with_signs(tmp_path: Path, report: Report) -> None:
    text = write_report(tmp_path, report).read_text("utf-8").partition('id="errors"')[2]
    # The candidate inserts three words into the first and drops one of the last; the others it mended.
    order = [text.index(f">clips/{n}_{n}.wav") for n in (0, 3, 1, 2)]
    assert order == sorted(order)
    lone = report.model_copy(update={"baseline": report.candidate, "candidate": None})
    text = write_report(tmp_path, lone).read_text("utf-8")
    assert '<span class="heard insertion">&lt;img src=x onerror=y&gt;</span>' in text
    assert '<span class="heard deletion">–</span>' in text
    lone = report.model_copy(update={"candidate": None})
    text = write_report(tmp_path, lone).read_text("utf-8")
    assert '<span class="said">Noor</span><span class="heard substitution">nur</span>' in text


@pytest.mark.parametrize("outcome", [*HEADLINES, "something_new"])
def test_every_outcome_has_a_page_without_a_candidate(
    tmp_path: Path, report: Report, outcome: str, parsed: Callable[[str], Any]
) -> None:
    lone = Report(outcome=outcome, sentence="Nothing to do.", baseline=report.baseline)
    page = parsed(write_report(tmp_path, lone).read_text("utf-8"))
    headline = HEADLINES[outcome][2] if outcome in HEADLINES else "Something new"
    assert headline in page.words
    assert "candidate" not in page.words.partition("</style>")[2].replace("awaiting", "")
    assert "candidate" not in (tmp_path / "report.md").read_text("utf-8").lower()
    assert not page.named("audio")  # nobody said where the audio is


def test_a_model_without_errors(
    tmp_path: Path, testing: Corpus, parsed: Callable[[str], Any], evaluated: Callable[..., Evaluation]
) -> None:
    perfect = evaluated(testing, "perfect", *[utterance.text for utterance in testing.read()])
    path = write_report(tmp_path, Report(outcome="good_enough", sentence="Fine.", baseline=perfect))
    page = parsed(path.read_text("utf-8"))
    assert "Not a single word error" in page.words
    assert "0.00%" in page.words


def test_a_number_that_is_none_still_gives_a_page(tmp_path: Path, report: Report, parsed: Callable[[str], Any]) -> None:
    assert report.candidate is not None
    broken = report.candidate.model_copy(update={"wer": math.nan})
    verdict = judge(report.baseline, broken, [], pytest.fail, Limits())
    refused = report.model_copy(update={"candidate": broken, "verdict": verdict})
    page = parsed(write_report(tmp_path, refused).read_text("utf-8"))
    assert "which is no error rate" in page.words
    assert "nan%" not in page.words


def test_a_lost_table_is_named(tmp_path: Path, report: Report) -> None:
    report.baseline.table.unlink()
    with pytest.raises(DataError, match=r"old_model\.jsonl is gone"):
        write_report(tmp_path / "out", report)
    assert not (tmp_path / "out/report.html").exists()
