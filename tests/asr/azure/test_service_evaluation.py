"""The service's own counts: those of an evaluation that has succeeded, or an error; never a rate of something else."""

from collections.abc import Callable
from typing import Any

import pytest

from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Dataset, ServiceEvaluation
from asr.azure.marks import Maker
from asr.azure.service_evaluation import Counts, evaluate_by_service

CREATE = "Evaluations_Create"


@pytest.fixture
def evaluate(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any) -> Callable[..., tuple[Counts, Counts]]:
    """Let the service judge two bases, of which one knows more."""
    parts = parts_of(write_corpus(name="testing"))
    [part] = parts.parts
    dataset: Dataset = ensure_dataset(
        azure.service, maker, "testing audio", part, lambda: parts.path(part), patience=20.0
    )
    bases = azure.base("uncharged"), azure.base("charged")
    azure.emulator.state.recognizer.train(bases[1].id, ["zebra"])

    def call(who: Maker = maker, patience: float = 20.0) -> tuple[Counts, Counts]:
        return evaluate_by_service(azure.service, who, bases, dataset, patience)

    return call


def test_the_counts_of_both_models_in_their_order(evaluate: Any, azure: Any) -> None:
    first, second = evaluate()
    assert first == Counts(words=13, substitutions=2, deletions=0, insertions=0)
    assert second == Counts(words=13, substitutions=1, deletions=0, insertions=0)
    assert first.wer == 2 / 13, "not the 0.154 that the service writes"
    [made] = azure.all(ServiceEvaluation)
    assert made.custom_properties["testingKind"] == "Evaluation"


def test_the_same_question_is_asked_once(evaluate: Any, azure: Any) -> None:
    assert evaluate() == evaluate(Maker("wergate", "run-2"))
    assert azure.calls(CREATE) == 1
    evaluate(Maker("other"))
    assert azure.calls(CREATE) == 2


def test_a_failed_one_is_no_metric_and_is_begun_anew(evaluate: Any, azure: Any) -> None:
    azure.fails("fail", "evaluations", code="InvalidTest", message="a bad day")
    with pytest.raises(AzureError, match=r"evaluation wergate/evaluation/\w+ failed \(InvalidTest: a bad day\)"):
        evaluate()
    [failed] = azure.all(ServiceEvaluation)
    assert failed.properties.word_count1 == -1
    assert evaluate()[0].words == 13
    assert [one.id for one in azure.all(ServiceEvaluation)] != [failed.id]


def test_one_that_is_still_running_is_no_metric(evaluate: Any, azure: Any) -> None:
    azure.fails("stuck", "evaluations")
    with pytest.raises(TimedOut, match="still Running"):
        evaluate(patience=0.2)


@pytest.mark.parametrize(
    "changes",
    [
        {"wordCount1": -1},
        {"wordCount2": 0},
        {"wordInsertionCount2": -1},
        {"wordDeletionCount1": None},
        {"wordSubstitutionCount2": -1},
    ],
    ids=["not-counted", "no-words", "insertions", "not-there", "substitutions"],
)
def test_counts_that_say_nothing_are_no_metric(evaluate: Any, azure: Any, changes: dict[str, int | None]) -> None:
    evaluate()
    [made] = azure.all(ServiceEvaluation)
    properties = azure.emulator.state.store.get("evaluations", made.id).properties
    for name, value in changes.items():
        if value is None:
            del properties[name]
        else:
            properties[name] = value
    with pytest.raises(AzureError, match="has succeeded, but its counts say nothing"):
        evaluate()
