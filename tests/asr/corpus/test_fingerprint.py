import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.fingerprint import fingerprint, fingerprint_folder
from asr.corpus.utterance import Utterance
from asr.corpus.validate import load_corpus

ONE = Utterance("a.wav", Path("a.wav"), "hello", 1.0, "00")
TWO = Utterance("b.wav", Path("b.wav"), "there", 1.0, "11", speaker="ann")


def test_place_and_length_do_not_matter() -> None:
    moved = dataclasses.replace(ONE, audio=Path("/elsewhere/a.wav"), shown=Path("x"), duration=2.0, samples_sha256="22")

    assert fingerprint([ONE, TWO]) == fingerprint([moved, TWO])


def test_the_order_of_lines_and_files_does_not_matter(tmp_path: Path, pairs: Callable[..., Path]) -> None:
    texts = {"b/1": "one", "a": "two", "é": "three", "Z": "four", "b": "five", "b-": "six"}
    listed = pairs(tmp_path / "listed", texts)
    for name in texts:
        (listed / f"{name}.txt").unlink()
    prints = {fingerprint_folder(pairs(tmp_path / "pairs", texts), work=tmp_path / "w", purpose="training")}

    for names in (list(texts), sorted(texts, reverse=True)):
        lines = "".join(f"{name}.wav,{texts[name]}\n" for name in names)
        (listed / "metadata.csv").write_text(f"file_name,transcription\n{lines}", encoding="utf-8")
        prints.add(fingerprint_folder(listed, work=tmp_path / "w", purpose="training"))
        corpus = load_corpus(listed, "x", work=tmp_path / "w", purpose="training").corpus
        assert corpus is not None
        prints |= {corpus.fingerprint, fingerprint(corpus.stream())}

    assert len(prints) == 1


@pytest.mark.parametrize("field", ["id", "text", "audio_sha256", "speaker", "language", "source", "slice"])
def test_everything_else_matters(field: str) -> None:
    assert fingerprint([dataclasses.replace(ONE, **{field: "changed"})]) != fingerprint([ONE])


def test_the_noise_matters_where_it_is_known() -> None:
    known = [fingerprint([dataclasses.replace(ONE, noise=level)]) for level in (20.0, 12.5)]

    assert len({*known, fingerprint([ONE])}) == 3
    assert fingerprint([ONE]) == "6bc291ecb107e9b76e7a80a8e1561c33fc60b890e9f5604e9e92452072314640"


def test_fields_do_not_run_into_each_other() -> None:
    shifted = dataclasses.replace(ONE, speaker="x", language="")
    other = dataclasses.replace(ONE, speaker="", language="x")

    assert fingerprint([shifted]) != fingerprint([other])


def test_it_is_the_same_with_and_without_lfs_and_in_another_place(tmp_path: Path, pairs: Callable[..., Path]) -> None:
    folder = pairs(tmp_path / "data", {"a": "hello", "b": "there"})
    corpus = load_corpus(folder, "x", work=tmp_path / "work", purpose="training").corpus
    clone = Path(shutil.copytree(folder, tmp_path / "clone"))
    for audio in clone.glob("*.wav"):
        oid = hashlib.sha256(audio.read_bytes()).hexdigest()
        audio.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {audio.stat().st_size}\n")

    assert corpus is not None
    for place in (folder, clone):
        assert fingerprint_folder(place, work=tmp_path / "w2", purpose="training") == corpus.fingerprint
    (clone / "a.txt").write_text("hullo")
    assert fingerprint_folder(clone, work=tmp_path / "w2", purpose="training") != corpus.fingerprint
