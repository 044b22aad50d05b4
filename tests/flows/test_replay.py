"""General speech among the new: from a folder, or spoken as the embedded base was trained."""

from math import ceil
from pathlib import Path

import pytest

from flows.improve import improve
from tasks.corpus import check_corpora
from tasks.prepare import prepare_training

pytestmark = pytest.mark.slow


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_what_is_replayed(quick, tmp_path: Path, speech: Path) -> None:
    def prepared(**training: object):
        settings = quick(tmp_path / "data", training={"epochs": 1, **training})
        return prepare_training.fn(settings, check_corpora.fn(settings))

    spoken = prepared(replay=0.3)
    assert lines(spoken.training) + lines(spoken.dev) == 24
    assert lines(spoken.replay) == ceil(0.3 * lines(spoken.training))
    [folder] = (tmp_path / "data" / "replay").iterdir()
    written = (folder / "metadata.csv").stat().st_mtime_ns

    again = prepared(replay=0.3)
    assert again == spoken
    assert (folder / "metadata.csv").stat().st_mtime_ns == written, "it was spoken twice"

    own = prepared(replay=0.3, replay_data=str(speech / "training"))
    assert (lines(own.replay), own.fingerprint != spoken.fingerprint) == (24, True)
    none = prepared(replay=0)
    assert (none.replay.read_text(), none.fingerprint != spoken.fingerprint) == ("", True)


def test_another_base_learned_from_other_speech(quick, tmp_path: Path) -> None:
    settings = quick(tmp_path / "data", base=str(tmp_path / "another"), training={"replay": 1})
    prepared = prepare_training.fn(settings, check_corpora.fn(settings))
    assert prepared.replay.read_text() == ""


def test_a_run_with_replay(quick, tmp_path: Path, prefect_server: None) -> None:
    training = {"epochs": 1, "max_steps": 2, "evaluations": 1, "replay": 0.3}
    result = improve(quick(tmp_path / "data", training=training))
    assert result.outcome in ("promoted", "rejected", "inconclusive")
