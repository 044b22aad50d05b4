from datetime import datetime

import pytest

from tests.azure_emulator.errors import Refusal
from tests.azure_emulator.filters import DEEPEST, LONGEST, parse_filter

NAMES = ("displayName", "locale", "status", "createdDateTime")
ENTITY = {"displayName": "it's a (test)", "locale": "en-US", "createdDateTime": "2024-05-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("locale eq 'en-US'", True),
        ("locale ne 'en-US'", False),
        ("locale eq 'en-us'", False),
        ("displayName eq 'it''s a (test)'", True),
        ("createdDateTime gt 2024-05-01T09:59:59Z", True),
        ("createdDateTime gt 2024-05-01T10:00:00Z", False),
        ("createdDateTime ge 2024-05-01T12:00:00+02:00", True),
        ("createdDateTime lt 2024-05-01T10:00:00Z", False),
        ("createdDateTime le '2024-05-01T10:00:00Z'", True),
        ("not locale eq 'de-DE' and not (locale eq 'fr-FR')", True),
        ("not locale eq 'en-US' or displayName ne 'x'", True),
        ("locale eq 'de-DE' and locale eq 'en-US' or locale eq 'en-US'", True),
        ("locale eq 'de-DE' and (locale eq 'en-US' or locale eq 'en-US')", False),
        ("status eq 'Succeeded'", False),
    ],
)
def test_what_a_filter_lists(written: str, expected: bool) -> None:
    assert datetime.fromisoformat(ENTITY["createdDateTime"])  # the entity is as the service writes it
    assert parse_filter(written, NAMES)(ENTITY) is expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "locale",
        "locale eq",
        "locale eq 'en-US",
        "locale eq 'en-US' and",
        "locale eq 'en-US' locale eq 'en-US'",
        "(locale eq 'en-US'",
        "locale gt 'en-US'",
        "locale like 'en-US'",
        "customProperties/run eq '1'",
        "self eq 'x'",
        "createdDateTime gt yesterday",
        "createdDateTime gt 2024-05-01T10:00:00",
        "not " * (DEEPEST + 2) + "locale eq 'x'",
        "locale eq '" + "x" * LONGEST + "'",
    ],
    ids=range(15),
)
def test_what_is_no_filter(written: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_filter(written, NAMES)

    assert refusal.value.body["innerError"]["code"] == "UnsupportedFilter"
    assert refusal.value.status == 400
