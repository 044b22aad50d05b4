"""What a person must say: nobody, or no reason, is no answer."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from asr.scoring.person_decision import PersonDecision

AT = datetime(2026, 5, 11, 14, 2, tzinfo=UTC)


def test_an_answer_is_kept() -> None:
    given = PersonDecision(decision="reject", by=" Mai ", reason="too many losses\n", at=AT)
    assert (given.by, given.reason) == ("Mai", "too many losses")
    assert PersonDecision.model_validate_json(given.model_dump_json()) == given


@pytest.mark.parametrize("missing", ["by", "reason"])
def test_spaces_are_no_answer(missing: str) -> None:
    told = {"decision": "promote", "by": "Mai", "reason": "better", "at": AT} | {missing: " \n"}
    with pytest.raises(ValidationError, match=missing):
        PersonDecision.model_validate(told)
    del told[missing]
    with pytest.raises(ValidationError, match=missing):
        PersonDecision.model_validate(told)


def test_a_word_that_is_no_decision() -> None:
    with pytest.raises(ValidationError, match="decision"):
        PersonDecision.model_validate({"decision": "yes", "by": "Mai", "reason": "better", "at": AT})
