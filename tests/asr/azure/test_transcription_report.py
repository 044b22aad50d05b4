"""What the report of a batch says of audio without a result, and what audio may be called by."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from asr.azure import transcription_report
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Transcription
from asr.azure.marks import Maker
from asr.azure.transcription_report import Reason, missing_reasons, names_in
from asr.azure.transcriptions import start_transcription
from tests.azure_emulator import transcriptions as emulated

Reasons = Callable[[object], list[Reason]]


@pytest.fixture
def reasons(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any, monkeypatch: pytest.MonkeyPatch) -> Reasons:
    """Why `one.wav` and `two.wav` are missing, when this is the report of their batch."""
    parts = parts_of(write_corpus(name="testing"))
    [part] = parts.parts
    dataset = ensure_dataset(azure.service, maker, "testing audio", part, lambda: parts.path(part), patience=20.0)

    def call(report: object) -> list[Reason]:
        content = report if isinstance(report, bytes) else json.dumps(report).encode()
        monkeypatch.setattr(emulated, "report_file", lambda _rows: content)
        batch = start_transcription(azure.service, maker, azure.base("uncharged"), dataset)
        batch = azure.service.wait(Transcription, batch.id, deadline=20.0)
        return missing_reasons(azure.service, batch, {"one.wav", "two.wav"})

    return call


def details(*rows: object) -> dict[str, object]:
    return {"details": list(rows)}


def failed(source: str, kind: str = "EmptyAudioFile", message: object = "no sound in it") -> dict[str, object]:
    return {"sourceUrl": source, "status": "Failed", "errorKind": kind, "errorMessage": message}


def test_reasons_are_told_of_what_is_missing(reasons: Reasons) -> None:
    rows = details(failed("https://box/a/one.wav?sig=x"), {"sourceUrl": "two.wav"}, failed("three.wav"))
    assert reasons(rows) == [Reason("one.wav", "EmptyAudioFile: no sound in it", may_pass=False)]


@pytest.mark.parametrize(
    ("kind", "message", "may_pass"),
    [
        ("InvalidAudioFormat", "not a WAV file", False),
        ("AudioLengthLimitExceeded", "", False),
        ("SomethingNew", "who knows", False),
        ("DownloadFailed", "", True),
        ("InternalServerError", "", True),
        ("", "The service is busy.", True),
        ("Timeout", None, True),
    ],
    ids=["format", "length", "new", "download", "internal", "busy", "timeout"],
)
def test_the_troubles_of_the_service_may_pass(reasons: Reasons, kind: str, message: object, may_pass: bool) -> None:
    [reason] = reasons(details(failed("two.wav", kind, message)))
    assert reason.may_pass is may_pass


@pytest.mark.parametrize(
    "report",
    [b"[" * 200_000, b"no json", [], {}, {"details": 3}, details("x", failed("")), details(failed("one.wav", "", ""))],
    ids=["deep", "text", "list", "object", "number", "nameless", "no-reason"],
)
def test_a_report_that_says_nothing(reasons: Reasons, report: object) -> None:
    assert reasons(report) == []


def test_a_report_that_is_too_large_is_not_read(reasons: Reasons, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcription_report, "_LARGEST", 50)
    assert reasons(details(failed("one.wav"))) == []


def test_names_of_audio() -> None:
    called = names_in("https://box/a%20b/one.wav?sig=x", "C:\\data\\two.wav.json", "http://[three.wav")
    assert list(called) == ["one.wav", "two.wav.json", "two.wav", "[three.wav"]
