"""Promotion is done or as if it had never begun, and nobody releases over somebody else's champion."""

import errno
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tasks.release
import tasks.try_release
from asr.errors import ModelError, UserError
from asr.models.checkpoint import EMBEDDED_DIRECTORY, fingerprint
from flows.improve import improve
from tasks.model_list import list_models
from tasks.registry import CHAMPION, PREVIOUS, crown_base, move_alias, register
from tasks.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.long]


def another_model(settings: Settings, folder: Path, noise: float) -> int:
    """Register the embedded base with noise on its weights, as somebody else would; its version."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(EMBEDDED_DIRECTORY, folder)
    weights = load_file(folder / "model.safetensors")
    torch.manual_seed(0)
    for name, weight in weights.items():
        if weight.is_floating_point():
            weights[name] = weight + noise * weight.abs().mean() * torch.randn_like(weight)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return register(settings, folder, fingerprint(folder), base="somebody else's", outcome="candidate").version


def live(settings: Settings) -> str:
    return (settings.data / "releases" / "current").resolve().name.partition("-")[0]


def damaged_copy(real: Any) -> Any:
    def stage(*arguments: Any) -> Path:
        release = real(*arguments)
        if release.name.startswith("v1-"):
            return release
        weights = release / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1000])
        return release

    return stage


def other_vocabulary(real: Any) -> Any:
    def stage(*arguments: Any) -> Path:
        release = real(*arguments)
        if release.name.startswith("v1-"):
            return release
        tokenizer = json.loads((release / "tokenizer.json").read_text())
        vocabulary = tokenizer["model"]["vocab"]
        letters = [piece for piece in vocabulary if len(piece) == 1 and piece.isalpha()]
        turned = dict(zip(letters, reversed([vocabulary[letter] for letter in letters]), strict=True))
        vocabulary.update(turned)
        (release / "tokenizer.json").write_text(json.dumps(tokenizer))
        return release

    return stage


def full_disk(real: Any) -> Any:
    def switch(releases: Path, name: str) -> None:
        if name.startswith("v3-"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(releases, name)

    return switch


def registry_fails(real: Any) -> Any:
    failed = []

    def move(settings: Settings, alias: str, version: int | None) -> None:
        if alias == CHAMPION and version == 3 and not failed:
            failed.append(version)
            raise ConnectionError("the registry is away")
        real(settings, alias, version)

    return move


def ctrl_c(real: Any) -> Any:
    def switch(releases: Path, name: str) -> None:
        real(releases, name)
        if name.startswith("v3-"):
            raise KeyboardInterrupt

    return switch


@pytest.mark.parametrize(
    ("step", "broken", "error", "message", "status"),
    [
        ("stage", damaged_copy, ModelError, "cannot be loaded", "FAILED"),
        ("stage", other_vocabulary, UserError, "the evaluated model", "FAILED"),
        ("switch", full_disk, UserError, "wergate v1 is live again: .*No space left on device", "FAILED"),
        ("move_alias", registry_fails, UserError, "wergate v1 is live again: the registry is away", "FAILED"),
        ("switch", ctrl_c, KeyboardInterrupt, "^$", "KILLED"),
    ],
    ids=["damaged", "other text", "full disk", "registry", "Ctrl-C"],
)
def test_a_failed_promotion_changes_nothing_and_the_next_run_finishes_it(
    learned, aliases, runs, tmp_path, monkeypatch, step, broken, error, message, status
) -> None:
    settings = learned()
    base = crown_base(settings, EMBEDDED_DIRECTORY)
    other = another_model(settings, tmp_path / "other", noise=0.5)
    move_alias(settings, PREVIOUS, other)
    before = {"champion": base.version, "previous": other}
    assert (base.version, other) == (1, 2)

    with monkeypatch.context() as patch, pytest.raises(error, match=message) as raised:
        patch.setattr(tasks.release, step, broken(getattr(tasks.release, step)))
        improve(settings)
    assert len(str(raised.value).splitlines()) <= 1
    assert aliases(settings) == before | {"challenger": 3}
    assert live(settings) == "v1"
    [run] = runs(settings)
    assert (run.info.status, "wergate.outcome" in run.data.tags) == (status, False)

    result = improve(settings)
    assert (result.outcome, result.mlflow_run_id) == ("promoted", run.info.run_id)
    assert aliases(settings) == {"champion": 3, "previous": 1}
    assert live(settings) == "v3"
    assert [run.info.status for run in runs(settings)] == ["FINISHED"]


@pytest.mark.parametrize(("noise", "outcome"), [(0.5, "promoted"), (0.0, "rejected")], ids=["worse", "unbeatable"])
def test_another_champion_released_meanwhile(
    learned, promoted, aliases, tmp_path, monkeypatch, runs, noise, outcome
) -> None:
    settings = learned()
    versions: list[int] = []

    def meanwhile(real: Any) -> Any:
        def smoke_test(*arguments: Any, **options: Any) -> None:
            real(*arguments, **options)
            if not versions:
                if outcome == "promoted":
                    versions.append(another_model(settings, tmp_path / "other", noise))
                else:  # the same weights under another name: no candidate is better than itself
                    same = shutil.copytree(promoted.result.release, tmp_path / "other")
                    (same / "notes.json").write_text("{}")
                    other = register(settings, same, fingerprint(same), base="somebody else's", outcome="candidate")
                    versions.append(other.version)
                move_alias(settings, CHAMPION, versions[0])

        return smoke_test

    monkeypatch.setattr(tasks.try_release, "smoke_test", meanwhile(tasks.try_release.smoke_test))
    result = improve(settings)
    assert result.outcome == outcome
    assert versions == [3]
    assert result.baseline.model == "wergate v3", "it was compared with the champion of before"
    [child] = runs(settings, **{"wergate.step": "baseline"})
    assert child.data.metrics["testing.wer"] == pytest.approx(result.baseline.wer)
    if outcome == "promoted":
        assert aliases(settings) == {"champion": 2, "previous": 3}
        assert live(settings) == "v2"
    else:
        assert aliases(settings) == {"champion": 3, "challenger": 2}
        assert live(settings) == "v3"
        assert [line.outcome for line in list_models(settings)] == ["candidate", "rejected", "base"]


def test_a_failed_run_meets_the_champion_of_today(learned, aliases, tmp_path, monkeypatch) -> None:
    """A run that failed long ago has kept whom it was compared with; only its own candidate is no opponent."""
    settings = learned()
    with monkeypatch.context() as patch, pytest.raises(UserError):
        patch.setattr(tasks.release, "stage", damaged_copy(tasks.release.stage))
        improve(settings)
    other = another_model(settings, tmp_path / "other", noise=0.5)
    move_alias(settings, CHAMPION, other)
    result = improve(settings)
    assert (result.outcome, result.baseline.model) == ("promoted", f"wergate v{other}")
    assert aliases(settings) == {"champion": 2, "previous": 3}
