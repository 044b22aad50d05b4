"""A candidate of Azure waits for a person: no other store deletes it, and without it there is no going in circles."""

from datetime import UTC, datetime

import pytest

from asr.azure.entities import CustomModel
from asr.errors import UserError
from asr.scoring.person_decision import PersonDecision
from flows.approve import approve
from flows.improve import improve
from tasks.azure.service import custom_speech

pytestmark = [pytest.mark.slow, pytest.mark.long]


def told() -> PersonDecision:
    given = {"decision": "promote", "by": "Ada", "reason": "Heard it", "at": datetime.now(UTC)}
    return PersonDecision.model_validate(given)


def test_a_clone_that_rejects_it_leaves_it(at_azure) -> None:
    settings = at_azure(approval="ask")
    asked = improve(settings)
    assert asked.outcome == "awaiting_approval"
    [before] = custom_speech(settings).all(CustomModel)
    assert improve(at_azure(data="clone", min_gain=0.99)).outcome == "rejected"
    [after] = custom_speech(settings).all(CustomModel)
    assert after.id == before.id
    assert approve(settings, asked.mlflow_run_id, told()).outcome == "promoted"


def test_it_was_deleted_at_the_service(at_azure, aliases) -> None:
    settings = at_azure(approval="ask")
    asked = improve(settings)
    service = custom_speech(settings)
    [before] = service.all(CustomModel)
    service.delete(CustomModel, before.id)
    with pytest.raises(
        UserError, match=f"has no model {before.id} any more; nothing was promoted. `wergate run`"
    ) as no:
        approve(settings, asked.mlflow_run_id, told())
    assert str(no.value).startswith(asked.mlflow_run_id[:8])
    assert aliases(settings)["champion"] == 1
    again = improve(settings)
    assert (again.outcome, again.mlflow_run_id) == ("awaiting_approval", asked.mlflow_run_id)
    assert approve(settings, again.mlflow_run_id, told()).outcome == "promoted"
    [after] = service.all(CustomModel)
    assert after.id != before.id
