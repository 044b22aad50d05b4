from pathlib import Path

from asr.corpus.utterance import Utterance, read_manifest, write_manifest


def test_a_manifest_reads_back_what_was_written(tmp_path: Path) -> None:
    utterances = [
        Utterance("a.wav", Path("/data/a.wav"), "grüße \u2028 “so”", 1.25, "00", "ann", "de", "tape", "far", "11"),
        Utterance("b.wav", Path("/data/b.wav"), "two", 2.0, "22"),
    ]

    write_manifest(utterances, tmp_path / "deep" / "m.jsonl")

    assert read_manifest(tmp_path / "deep" / "m.jsonl") == utterances
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["m.jsonl"]
