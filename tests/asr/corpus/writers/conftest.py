"""Corpora read and compared."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus
from asr.corpus.validate import format_problems, load_corpus


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Corpus]:
    """Read a folder that has no errors."""

    def read_corpus(folder: Path, purpose: Purpose = "testing") -> Corpus:
        report = load_corpus(folder, "corpus", work=tmp_path / "work", purpose=purpose)
        assert report.corpus, format_problems(report.problems)
        return report.corpus

    return read_corpus
