"""The bundled samples: made by the script that is beside them, and honest as a test."""

from pathlib import Path

import pytest

from asr.base.make_samples import make_samples
from asr.corpus.leakage import Learned
from asr.corpus.utterance import Corpus, Utterance
from asr.corpus.validate import load_corpus

CORPORA = ("training_data/sharjah", "testing_data/sharjah", "testing_data/guards/general")


@pytest.fixture(scope="module")
def samples(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Corpus]:
    work = tmp_path_factory.mktemp("work")
    reports = {name: load_corpus(repository / name, name, work=work, purpose="testing") for name in CORPORA}
    assert not [problem for report in reports.values() for problem in report.errors]
    return {name: report.corpus for name, report in reports.items() if report.corpus is not None}


def read(samples: dict[str, Corpus]) -> tuple[list[Utterance], list[Utterance], list[Utterance]]:
    training, testing, guard = (samples[name].read() for name in CORPORA)
    return training, testing, guard


def test_they_are_made_anew_bit_for_bit(repository: Path, tmp_path: Path) -> None:
    make_samples(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    for corpus in CORPORA:
        bundled = {path.relative_to(repository) for path in (repository / corpus).rglob("*") if path.is_file()}
        assert bundled == {path for path in made if path.is_relative_to(corpus)}
    different = [
        str(path) for path in sorted(made) if (repository / path).read_bytes() != (tmp_path / path).read_bytes()
    ]
    assert different == []


def test_they_are_small(repository: Path) -> None:
    sizes = [path.stat().st_size for corpus in CORPORA for path in (repository / corpus).rglob("*.flac")]
    assert len(sizes) > 300
    assert sum(sizes) <= 15e6


def test_the_test_is_large_enough(samples: dict[str, Corpus]) -> None:
    testing = samples["testing_data/sharjah"]
    assert testing.utterances >= 60
    assert testing.words >= 400
    assert samples["testing_data/guards/general"].words >= 400


def test_no_voice_and_no_sentence_is_shared(samples: dict[str, Corpus]) -> None:
    training, testing, guard = read(samples)
    assert {one.speaker for one in training}.isdisjoint(one.speaker for one in testing)
    with Learned(training) as learned:
        assert list(learned.leaks(testing)) == []
        for judged in (testing, guard):
            assert {one.text for one in training}.isdisjoint(one.text for one in judged)
            assert not [problem for problem in learned.leaks(judged) if problem.severity == "error"]
    assert len({one.speaker for one in training}) >= 5
    assert len({one.speaker for one in testing}) >= 5


def test_the_domain_holds_names_that_general_speech_lacks(samples: dict[str, Corpus]) -> None:
    _, testing, guard = read(samples)
    general = {word for one in guard for word in one.text.split()}
    words = [word for one in testing for word in one.text.split()]
    assert sum(word not in general for word in words) > len(words) / 4
