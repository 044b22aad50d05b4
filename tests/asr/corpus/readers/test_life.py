import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.life_fields import LifeFields
from asr.corpus.readers import long_json
from asr.corpus.validate import load_corpus

Object = dict[str, Any]


@pytest.fixture
def inline(tmp_path_factory: pytest.TempPathFactory, tone: Callable[..., Path]) -> Callable[..., str]:
    """A tone in base64: `inline(hertz)`."""

    def encode(hertz: float = 220.0, suffix: str = ".wav", seconds: float = 1.0) -> str:
        path = tone(tmp_path_factory.mktemp("tone") / f"a{suffix}", hertz=hertz, seconds=seconds)
        return base64.b64encode(path.read_bytes()).decode()

    return encode


def recording(name: str, sentences: object, **more: Any) -> Object:
    """What the app's "LiFE JSON" has for one recording, as far as it matters."""
    return {
        "updatedBy": "ann",
        "username": "owner",
        "projectname": "field_trip",
        "speakerId": "bob_1990",
        "audioId": name.split("_")[0],
        "audioFilename": name,
        "transcriptionFLAG": 1,
        "additionalInfo": {"totalSlices": 2, "currentSliceNumber": 0, "isSliceOf": "A99"},
        "audioMetadata": {"audioDuration": 4.0, "audiowaveform": {"bits": 8}},
        "textGrid": {"discourse": {}, "sentence": sentences, "word": {}, "phoneme": {}},
        "ann": {"textGrid": {"sentence": sentences}},
        "allUpdate": {"ann": ["01/02/24 10:00:00"]},
    } | more


def sentence(start: float, end: float, **scripts: str) -> Object:
    return {"start": start, "end": end, "sentenceId": "A1_00", "transcription": scripts, "translation": {}, "tags": {}}


def test_audio_inside_of_a_list_becomes_files(
    tmp_path: Path, rows_of: Callable[..., Any], inline: Callable[..., str]
) -> None:
    records = [
        {"audio": inline(300), "transcription": "one", "duration": 1.0},
        {"audio": f"data:audio/flac;base64,{inline(400, '.flac')}", "transcription": " two  words ", "speaker": "ann"},
        {"audio": inline(500, ".ogg"), "transcription": 3, "speakerId": "bob", "language": "hi"},
    ]
    (tmp_path / "export.json").write_text(json.dumps(records, indent=1))

    rows, problems = rows_of(tmp_path)

    assert problems == []
    assert [(row.id, row.text, row.speaker, row.language, row.line) for row in rows] == [
        ("export.json/000000.wav", "one", "", "", 2),
        ("export.json/000001.flac", "two words", "ann", "", 7),
        ("export.json/000002.ogg", "3", "bob", "hi", 12),
    ]
    assert rows[1].audio.read_bytes() == base64.b64decode(inline(400, ".flac"))
    assert rows[1].shown == tmp_path / "export.json/000001.flac"
    assert rows[1].file == tmp_path / "export.json"


@pytest.mark.parametrize("shape", ["one", "lines", "named list", "named records", "after a header"])
def test_exports_have_many_shapes(
    tmp_path: Path, rows_of: Callable[..., Any], inline: Callable[..., str], shape: str
) -> None:
    first = {"audio": inline(300), "transcription": "one"}
    second = {"audio": inline(400), "transcription": "two"}
    name, content = {
        "one": ("export.json", json.dumps(first, indent=4)),
        "lines": ("export.jsonl", f"{json.dumps(first)}\n{json.dumps(second)}\n"),
        "named list": ("export.json", json.dumps({"data": [first, second]})),
        "named records": ("export.json", json.dumps({"u1": first, "u2": second})),
        "after a header": (
            "export.json",
            json.dumps({"project": {"name": "x"}, "tags": [1], "items": [first, second]}),
        ),
    }[shape]
    (tmp_path / name).write_text(content)

    rows, problems = rows_of(tmp_path)

    assert problems == []
    assert [row.text for row in rows] == (["one"] if shape == "one" else ["one", "two"])


def test_the_app_writes_a_file_for_each_recording(
    tmp_path: Path, rows_of: Callable[..., Any], tone: Callable[..., Path]
) -> None:
    tone(tmp_path / "A1_may.wav", seconds=4)
    sentences = {
        "0020": sentence(0.0, 1.25, Latin="namaste", Devanagari=""),
        "1250": sentence(1.25, 2.5, Latin="", Devanagari="  "),
        "3000": sentence(3, 4, Latin="", Devanagari="नमस्ते") | {"speakerId": "cid"},
    }
    (tmp_path / "A1_may.json").write_text(json.dumps(recording("A1_may.wav", sentences), indent=4), encoding="utf-8")

    rows, problems = rows_of(tmp_path)

    assert [(row.id, row.text, row.speaker, row.source) for row in rows] == [
        ("A1_may.wav@0.000+1.250", "namaste", "bob_1990", "A99"),
        ("A1_may.wav@3.000+1.000", "नमस्ते", "cid", "A99"),
    ]
    assert [(one.rule, one.severity) for one in problems] == [("orphan_audio", "warning")]
    assert "A1_may.wav@1.250+1.250" in problems[0].message


def test_which_script_is_learned_is_a_setting(
    tmp_path: Path, rows_of: Callable[..., Any], tone: Callable[..., Path]
) -> None:
    tone(tmp_path / "A1_may.wav", seconds=4)
    sentences = {"0": sentence(0, 1, Latin="namaste", Devanagari="नमस्ते")}
    (tmp_path / "A1_may.json").write_text(json.dumps(recording("A1_may.wav", sentences)))

    rows, problems = rows_of(tmp_path)

    assert rows == []
    assert problems[0].rule == "missing_text"
    assert problems[0].mend.endswith('[tool.wergate.life] text = "transcription.Latin"')

    rows, problems = rows_of(tmp_path, life=LifeFields(text="transcription.Devanagari"))

    assert problems == []
    assert [row.text for row in rows] == ["नमस्ते"]


def test_every_field_can_be_called_otherwise(
    tmp_path: Path, rows_of: Callable[..., Any], inline: Callable[..., str], tone: Callable[..., Path]
) -> None:
    tone(tmp_path / "clips/b.wav")
    life = LifeFields(
        audio="recording.data",
        text="said.hi",
        speaker="who.id",
        language="lang",
        source="tape",
        slice="place",
        segments="parts",
        start="from",
        end="to",
    )
    records = [
        {
            "recording": {"data": inline()},
            "said": {"hi": "एक", "en": "one"},
            "who": {"id": 7},
            "lang": "hi",
            "tape": "t1",
        },
        {
            "recording": {"data": "clips/b.wav"},
            "parts": [{"from": 0.25, "to": "0.75", "said": {"hi": "दो"}}],
            "place": "p",
        },
    ]
    (tmp_path / "export.json").write_text(json.dumps(records))

    rows, problems = rows_of(tmp_path, life=life)

    assert problems == []
    assert [(row.id, row.text, row.speaker, row.language, row.source, row.slice) for row in rows] == [
        ("clips/b.wav@0.250+0.500", "दो", "", "", "", "p"),
        ("export.json/000000.wav", "एक", "7", "hi", "t1", ""),
    ]


def test_an_export_becomes_a_corpus_and_is_decoded_once(tmp_path: Path, inline: Callable[..., str]) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    records = [{"audio": inline(200 + number), "transcription": f"number {number}"} for number in range(5)]
    (folder / "export.json").write_text(json.dumps(records))

    first = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*.wav")}
    second = load_corpus(folder, "training", work=tmp_path / "work", purpose="training")

    assert first.problems == ()
    assert first.draft.utterances == 5
    assert second.draft.fingerprint == first.draft.fingerprint
    assert len(written) == 5
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*.wav")} == written
    assert next(first.draft.stream()).id == "export.json/000000.wav"


def test_every_bad_record_is_a_problem(
    tmp_path: Path, rows_of: Callable[..., Any], places: Callable[..., Any], inline: Callable[..., str]
) -> None:
    long = inline(seconds=3)
    records: list[object] = [
        {"audio": long, "transcription": "one"},
        {"transcription": "no audio"},
        {"audio": None, "transcription": "no audio"},
        7,
        {"audio": "/etc/passwd", "transcription": "out"},
        {"audio": "none.wav", "transcription": "not here"},
        {"audio": long[:-400] + "*" * 400, "transcription": "broken"},
        {"audio": base64.b64encode(os.urandom(2) + bytes(90_000)).decode(), "transcription": "no audio"},
        {"audio": long, "transcription": "x" * 70_000},
        {"audio": long, "textGrid": {"sentence": {"0": sentence(2, 1, Latin="a"), "1": 5, "2": {"start": "x"}}}},
        {"audio": long, "transcription": ""},
        {"audio": long},
    ]
    lines = ",\n".join(json.dumps(one) for one in records)
    (tmp_path / "export.json").write_text(f"[\n{lines}\n]")

    rows, problems = rows_of(tmp_path)

    assert [(row.id, row.text) for row in rows] == [
        ("export.json/000000.wav", "one"),
        ("export.json/000010.wav", ""),
        ("export.json/000011.wav", None),
    ]
    assert sorted((line, rule) for rule, _, line in places(problems, tmp_path)) == [
        (3, "missing_audio"),
        (4, "missing_audio"),
        (5, "unreadable_table"),
        (6, "outside_folder"),
        (7, "missing_audio"),
        (8, "undecodable"),
        (9, "undecodable"),
        (10, "unreadable_table"),
        (11, "bad_segment"),
        (11, "bad_segment"),
        (11, "unreadable_table"),
    ]


def test_an_export_that_is_cut_off_is_told_where(
    tmp_path: Path, rows_of: Callable[..., Any], inline: Callable[..., str]
) -> None:
    records = [{"audio": inline(300 + number), "transcription": f"number {number}"} for number in range(3)]
    content = json.dumps(records, indent=1)
    (tmp_path / "export.json").write_text(content[:-100])

    rows, problems = rows_of(tmp_path)

    assert [row.text for row in rows] == ["number 0", "number 1"]
    assert [(one.rule, one.line) for one in problems] == [("unreadable_table", 11)]


def test_other_json_is_left_to_others(tmp_path: Path, rows_of: Callable[..., Any], tone: Callable[..., Path]) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "table.json").write_text('[{"audio": "a.wav", "transcription": "one"}]')
    (tmp_path / "settings.json").write_text('{"audio": "a.wav", "rate": 16000}')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "broken.json").write_text('{"audio": ')
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "large.json").write_text(f'{{"values": [{"1," * 2_000}1]}}')

    rows, problems = rows_of(tmp_path)

    assert problems == []
    assert [(row.id, row.text) for row in rows] == [("a.wav", "one")]


def test_no_more_is_held_than_one_record(
    tmp_path: Path, rows_of: Callable[..., Any], inline: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_json, "LARGEST_VALUE", 20_000)
    audio = inline(seconds=0.1)
    records = [{"audio": audio, "transcription": f"number {number}"} for number in range(20)]
    (tmp_path / "list.json").write_text(json.dumps(records))
    (tmp_path / "object.json").write_text(json.dumps({"tags": ["x"] * 10, "data": records, "more": ["y"] * 900}))
    (tmp_path / "records.json").write_text(json.dumps({str(number): one for number, one in enumerate(records)}))
    (tmp_path / "too_large.json").write_text(json.dumps([records[0], records[0] | {"notes": "x" * 21_000}]))

    rows, problems = rows_of(tmp_path)

    assert len(rows) == 61
    assert [(one.rule, one.file.name) for one in problems] == [("unreadable_table", "too_large.json")]
