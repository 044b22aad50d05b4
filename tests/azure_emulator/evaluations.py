"""Evaluations: two models on one data set, with real counts from what is really recognized.

All numbers are -1 until the evaluation has succeeded (documents). Rates are rounded to three digits as in the example
of the contract. Assumptions: the tokens are counted like the words, the two transcriptions are references to nothing,
and what a score file holds is what one public notebook reads of it.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.azure_emulator.calls import COMMON, Answer, Call, taken
from tests.azure_emulator.datasets import check_project, usable_dataset
from tests.azure_emulator.error_counts import ErrorCounts, count_errors, sum_of
from tests.azure_emulator.errors import JobFailed
from tests.azure_emulator.jobs import Finish, Work
from tests.azure_emulator.links import answer_created
from tests.azure_emulator.models import usable_model
from tests.azure_emulator.state import State
from tests.azure_emulator.store import Entity

_RATES = ("wordErrorRate", "sentenceErrorRate", "tokenErrorRate")
_COUNTS = (
    "sentenceCount",
    "wordCount",
    "correctWordCount",
    "wordSubstitutionCount",
    "wordDeletionCount",
    "wordInsertionCount",
    "tokenCount",
    "correctTokenCount",
    "tokenSubstitutionCount",
    "tokenDeletionCount",
    "tokenInsertionCount",
)


def create_evaluation(state: State, call: Call) -> Answer:
    """Evaluations_Create."""
    body = taken(call.body, ("displayName", "locale", "model1", "model2", "dataset"), COMMON)
    locale = str(body["locale"])
    check_project(state, body)
    models = [usable_model(state, body[name], locale, name) for name in ("model1", "model2")]
    dataset = usable_dataset(state, body["dataset"], locale, ("Acoustic",))
    evaluation = state.store.add("evaluations", body)
    for number in (1, 2):
        evaluation.body[f"transcription{number}"] = {"self": call.link(f"transcriptions/{uuid4()}")}
        evaluation.properties.update({f"{name}{number}": -1.0 for name in _RATES})
        evaluation.properties.update({f"{name}{number}": -1 for name in _COUNTS})
    evaluation.hidden["uses"] = [dataset.id, *(model.id for model in models)]
    state.jobs.start(evaluation, scoring_of(state, evaluation))
    return answer_created(evaluation, call)


def scoring_of(state: State, evaluation: Entity) -> Work:
    """The work of recognizing the data set with both models and counting errors."""

    def work() -> Finish:
        dataset_id, *models = evaluation.hidden["uses"]
        dataset = state.store.get("datasets", dataset_id)
        if dataset is None:
            raise JobFailed("InvalidDataset", "The dataset is gone.")
        properties: dict[str, Any] = {}
        files: list[tuple[str, bytes]] = []
        for number, model in enumerate(models, 1):
            counts = []
            for item in dataset.hidden["items"]:
                recognized = state.recognizer.transcribe(model, state.store.content(item["content"]).read_bytes())
                counts.append(count_errors(item["text"], recognized))
                files.append((f"{item['name']}.model{number}_score.json", _score(item, recognized, counts[-1])))
            properties |= _properties(sum_of(counts), number)

        def finish() -> None:
            evaluation.properties.update(properties)
            for name, content in files:
                state.store.put_file(evaluation, name, "EvaluationDetails", content)

        return finish

    return work


def _properties(counts: ErrorCounts, number: int) -> dict[str, Any]:
    words = [counts.words, counts.correct, counts.substitutions, counts.deletions, counts.insertions]
    rate = round(counts.edits / max(1, counts.words), 3)
    rates = [rate, round(counts.wrong_sentences / max(1, counts.sentences), 3), rate]
    names = [f"{name}{number}" for name in (*_RATES, *_COUNTS)]
    return dict(zip(names, [*rates, counts.sentences, *words, *words], strict=True))


def _score(item: Mapping[str, Any], recognized: str, counts: ErrorCounts) -> bytes:
    scored = {
        "source": item["name"],
        "recognizedPhrases": [{"nBest": [{"lexical": recognized, "scoringResult": recognized}]}],
        "reference": item["text"],
        "wordErrorRate": counts.edits / max(1, counts.words),
    }
    return json.dumps(scored, ensure_ascii=False).encode()
