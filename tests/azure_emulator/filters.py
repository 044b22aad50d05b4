"""The `filter` of a list: `locale eq 'en-US' and not (createdDateTime lt 2018-01-24T09:54:39Z)`.

`eq` and `ne` on all listed properties, `gt ge lt le` on dates, `and or not` and brackets; other properties, custom ones
and ids among them, cannot be filtered on. Assumption: `not` binds tighter than `and`, and that tighter than `or`, as in
OData.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from tests.azure_emulator.errors import Refusal, invalid

DATES = frozenset(("createdDateTime", "lastActionDateTime"))
LONGEST = 4_000
"""Characters of a filter. Assumption: the service has a limit too, but does not say which."""
DEEPEST = 40
"""Brackets and negations within each other."""

Matches = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(?:(?P<sign>[()])|'(?P<text>(?:[^']|'')*)'|(?P<word>[^\s()']+))")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}


def parse_filter(written: str, properties: Collection[str]) -> Matches:
    """What decides whether an entity is listed.

    Raises:
        Refusal: the filter cannot be understood, or names another property than those given.
    """
    if len(written) > LONGEST:
        raise _refused(f"the filter is longer than {LONGEST} characters")
    parser = _Parser(_tokens(written), properties)
    matches = parser.either(0)
    if parser.rest:
        raise _refused(f"nothing may follow before “{parser.rest[0][1]}”")
    return matches


def _tokens(written: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while written[place:].strip():
        found = _TOKEN.match(written, place)
        if found is None:
            raise _refused("a quotation mark is open")
        tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)]).replace("''", "'")))
        place = found.end()
    return tokens


class _Parser:
    """Takes the tokens from the front, rule by rule."""

    def __init__(self, tokens: list[tuple[str, str]], properties: Collection[str]) -> None:
        self.rest = tokens
        self._properties = properties

    def either(self, depth: int) -> Matches:
        """One that matches is enough."""
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return lambda entity: any(part(entity) for part in parts)

    def _both(self, depth: int) -> Matches:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return lambda entity: all(part(entity) for part in parts)

    def _one(self, depth: int) -> Matches:
        if depth > DEEPEST:
            raise _refused("it is nested too deeply")
        if self._takes("not"):
            inner = self._one(depth + 1)
            return lambda entity: not inner(entity)
        if self._takes("("):
            inside = self.either(depth + 1)
            if not self._takes(")"):
                raise _refused("a bracket is open")
            return inside
        return self._comparison()

    def _comparison(self) -> Matches:
        name, operator, value = self._next("word"), self._next("word"), self._next("text", "word")
        if name not in self._properties:
            raise _refused(f"{name} cannot be filtered on; what can: {', '.join(sorted(self._properties))}")
        if operator not in _COMPARISONS:
            raise _refused(f"{operator} is no operator")
        if operator not in ("eq", "ne") and name not in DATES:
            raise _refused(f"{operator} only compares dates, {name} is none")
        compare = _COMPARISONS[operator]
        if name not in DATES:
            return lambda entity: compare(entity.get(name), value)
        wanted = _date(value)
        return lambda entity: compare(datetime.fromisoformat(entity[name]), wanted)

    def _takes(self, token: str) -> bool:
        if self.rest and self.rest[0][0] != "text" and self.rest[0][1] == token:
            del self.rest[0]
            return True
        return False

    def _next(self, *kinds: str) -> str:
        if not self.rest or self.rest[0][0] not in kinds:
            raise _refused("a comparison is “property operator 'value'”")
        return self.rest.pop(0)[1]


def _date(value: str) -> datetime:
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        raise _refused(f"{value} is no date such as 2018-01-24T09:54:39Z") from None
    if date.tzinfo is None:
        raise _refused(f"{value} does not say its time zone, such as Z")
    return date


def _refused(why: str) -> Refusal:
    return invalid(f"The filter is not supported: {why}.", "UnsupportedFilter", "filter")
