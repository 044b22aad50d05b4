from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.utterance import Corpus
from asr.corpus.validate import load_corpus
from asr.corpus.writers.audiofolder import write_audiofolder
from asr.corpus.writers.azure import write_azure
from asr.corpus.writers.domain_text import write_domain_text

Pairs = Callable[[Path, dict[str, str]], Path]


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Path], Corpus]:
    def load(folder: Path) -> Corpus:
        report = load_corpus(folder, "x", work=tmp_path / "work", purpose="training")
        assert report.corpus is not None
        return report.corpus

    return load


@pytest.fixture
def corpus(load: Callable[[Path], Corpus], pairs: Pairs, tmp_path: Path) -> Corpus:
    folder = pairs(tmp_path / "data", {"a": "turn left at the bridge"})
    (folder / "plain_text.txt").write_text("go to Café Rolla\nsee www.godrive.ae\n", encoding="utf-8")
    (folder / "structured_text.md").write_text("@ list n =\n- one\n- two\n# x\n- take {@n}\n")
    (folder / "pronunciation.txt").write_text("Café\tka fay\nrolla\traw la\n", encoding="utf-8")
    return load(folder)


def test_an_audiofolder_keeps_the_text_and_the_fingerprint(
    corpus: Corpus, load: Callable[[Path], Corpus], tmp_path: Path
) -> None:
    written = write_audiofolder(corpus.manifest, tmp_path / "out", text=corpus.text)

    assert written.lines == 3
    assert (tmp_path / "out/plain_text.txt").read_text(encoding="utf-8").splitlines() == [
        "go to Café Rolla",
        "take one",
        "take two",
    ]
    assert load(tmp_path / "out").fingerprint == corpus.fingerprint


def test_azure_gets_a_byte_order_mark(corpus: Corpus, tmp_path: Path) -> None:
    written = write_azure(corpus.manifest, tmp_path / "out", purpose="training", text=corpus.text)

    assert written.lines == 3
    assert (tmp_path / "out/pronunciation.txt").read_bytes() == "\ufeffCafé\tka fay\r\nrolla\traw la\r\n".encode()
    assert (tmp_path / "out/plain_text.txt").read_bytes().startswith("\ufeffgo to Café Rolla\r\n".encode())


def test_without_text_there_are_no_files(tmp_path: Path) -> None:
    assert write_domain_text(None, tmp_path) == 0
    assert list(tmp_path.iterdir()) == []
