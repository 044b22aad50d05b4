"""The oldest is the same for everybody, also where the service says no date."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

from asr.azure.age import by_age

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_the_oldest_first_then_by_id_and_last_what_has_no_date() -> None:
    elsewhere = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    wanted = [(elsewhere, "z"), (NOON, "a"), (NOON, "b"), (None, "c"), (None, "d")]
    for given in permutations(wanted):
        assert sorted(given, key=lambda one: by_age(*one)) == wanted
