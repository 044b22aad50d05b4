"""The error list: aligned side by side, worst first, with as much audio as a page can carry."""

import base64
import itertools
from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring import error_list as listing
from asr.scoring.alignment import align
from asr.scoring.error_list import Cell, Column, columns, error_list
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import normalizer


def heard(*pairs: tuple[str, str]) -> list[Hypothesis]:
    utterances = [Utterance(f"{n:03}", Path("x.wav"), text, 1.0, "") for n, (text, _) in enumerate(pairs)]
    return score(utterances, {f"{n:03}": text for n, (_, text) in enumerate(pairs)}, "basic")


def test_two_models_side_by_side() -> None:
    reference = "turn left at noor"
    laid = columns([align(reference, "turn at nur"), align(reference, "turn right left at noor")])
    assert laid == (
        Column("turn", (Cell("match", "turn"), Cell("match", "turn"))),
        Column("", (Cell("nothing", ""), Cell("insertion", "right"))),
        Column("left", (Cell("deletion", ""), Cell("match", "left"))),
        Column("at", (Cell("match", "at"), Cell("match", "at"))),
        Column("noor", (Cell("substitution", "nur"), Cell("match", "noor"))),
    )
    assert columns([align("", "a b"), align("", "")]) == (Column("", (Cell("insertion", "a b"), Cell("nothing", ""))),)


def test_columns_lose_no_word(noisy_pairs: list[tuple[str, str]]) -> None:
    for (reference, first), (_, second) in itertools.pairwise(noisy_pairs):
        laid = columns([align(reference, first), align(reference, second)])
        assert " ".join(column.reference for column in laid if column.reference) == reference
        for which, text in enumerate((first, second)):
            assert " ".join(column.heard[which].text for column in laid if column.heard[which].text) == text


def test_worst_of_the_candidate_first() -> None:
    references = ["a b c", "d e f", "g h i", "j"]
    before = heard(*zip(references, ["x y z", "d e f", "g h x", "j"], strict=True))
    after = heard(*zip(references, ["a b c", "x y f", "g h x", "j"], strict=True))
    listed = error_list(before, after, normalizer("basic"), {})
    assert [(entry.id, entry.change) for entry in listed.entries] == [
        ("001", "worse"),
        ("002", "same"),
        ("000", "better"),
    ]
    assert (listed.with_errors, listed.better, listed.worse, listed.same) == (3, 1, 1, 2)


def test_without_a_candidate() -> None:
    listed = error_list(heard(("a b", "a b"), ("a b", "x"), ("a b", "x y z")), None, normalizer("basic"), {})
    assert [entry.id for entry in listed.entries] == ["002", "001"]
    assert [entry.candidate for entry in listed.entries] == [None, None]
    assert {len(column.heard) for entry in listed.entries for column in entry.columns} == {1}


def test_the_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_ENTRIES", 2)
    listed = error_list(heard(*[("a", "x")] * 5), None, normalizer("basic"), {})
    assert (len(listed.entries), listed.with_errors) == (2, 5)


def test_audio_only_while_the_page_stays_light(tmp_path: Path) -> None:
    rows = heard(*[("a", "x")] * 40)
    small, large, text = tmp_path / "s.WAV", tmp_path / "l.flac", tmp_path / "t.txt"
    small.write_bytes(b"RIFF" + bytes(50_000))
    large.write_bytes(bytes(listing.MAX_AUDIO_BYTES + 1))
    text.write_text("a")
    audio = {row.id: small for row in rows} | {"000": large, "001": text, "002": tmp_path / "gone.wav"}
    entries = error_list(rows, None, normalizer("basic"), audio).entries
    with_audio = [entry for entry in entries if entry.audio]
    assert [entry.id for entry in with_audio] == [f"{n:03}" for n in range(3, 23)]
    kind, _, encoded = with_audio[0].audio.partition(";base64,")
    assert kind == "data:audio/wav"
    assert base64.b64decode(encoded) == small.read_bytes()
    small.write_bytes(bytes(listing.MAX_AUDIO_BYTES))
    entries = error_list(rows, None, normalizer("basic"), audio).entries
    assert sum(bool(entry.audio) for entry in entries) == listing.MAX_TOTAL_BYTES // listing.MAX_AUDIO_BYTES
