"""The service's own evaluation of two models on one dataset: its counts, logged beside ours, never in their place."""

import hashlib

from pydantic import BaseModel, ConfigDict

from asr.azure.azure_error import AzureError
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Dataset, ServiceEvaluation, ServiceModel
from asr.azure.marks import Maker, usable

ROLE = "evaluation"


class Counts(BaseModel):
    """What the service counted of one model; rates are computed from it, for the service rounds its own."""

    model_config = ConfigDict(frozen=True)

    words: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def wer(self) -> float:
        """(S + D + I) / words, as a fraction."""
        return (self.substitutions + self.deletions + self.insertions) / self.words


def evaluate_by_service(
    service: CustomSpeech, maker: Maker, models: tuple[ServiceModel, ServiceModel], dataset: Dataset, patience: float
) -> tuple[Counts, Counts]:
    """What the service counts of two models on a dataset; `patience` is in seconds.

    Raises:
        AzureError: the evaluation failed, or has no counts.
    """
    content = hashlib.sha256("\0".join((models[0].id, models[1].id, dataset.id)).encode()).hexdigest()
    found = usable(service, ServiceEvaluation, maker, ROLE, content) or service.create(
        ServiceEvaluation(
            display_name=maker.name(ROLE, content),
            locale=dataset.locale,
            project=maker.studio,
            model1=models[0].reference,
            model2=models[1].reference,
            dataset=dataset.reference,
            # The Studio shows the scores of evaluations that say so.
            custom_properties=maker.mark(ROLE, content) | {"testingKind": "Evaluation"},
        )
    )
    found = service.wait(ServiceEvaluation, found.id, deadline=patience)
    if found.status != "Succeeded" or found.properties is None:
        raise AzureError(f"the evaluation {found.display_name} failed ({found.why or 'the service does not say why'})")
    told = found.properties
    first = (
        told.word_count1, told.word_substitution_count1, told.word_deletion_count1, told.word_insertion_count1
    )  # fmt: skip
    second = (
        told.word_count2, told.word_substitution_count2, told.word_deletion_count2, told.word_insertion_count2
    )  # fmt: skip
    return _counts(found, *first), _counts(found, *second)


def _counts(
    found: ServiceEvaluation,
    words: int | None,
    substitutions: int | None,
    deletions: int | None,
    insertions: int | None,
) -> Counts:
    numbers = [words, substitutions, deletions, insertions]
    if not words or any(number is None or number < 0 for number in numbers):
        raise AzureError(f"the evaluation {found.display_name} has succeeded, but its counts say nothing ({numbers})")
    return Counts(words=words, substitutions=substitutions or 0, deletions=deletions or 0, insertions=insertions or 0)
