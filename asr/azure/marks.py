"""Whose everything at the service is: marks and names by which what was made before is found, and nothing else touched.

The service filters by name, not by custom properties, so that the name holds the start of the fingerprint; the mark
holds all of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from asr.azure.age import by_age
from asr.azure.custom_speech import CustomSpeech, quoted
from asr.azure.entities import Entity, Reference

E = TypeVar("E", bound=Entity)

_PROJECT, _ROLE, _FINGERPRINT = "wergate.project", "wergate.role", "wergate.fingerprint"
_RUN, _COMMIT = "wergate.run", "wergate.commit"
RELEASE, TRIED = "wergate.release", "wergate.tried"
"""Of an endpoint: the release that it has, and whether that was tried through it."""
BEFORE, REGISTRY = "wergate.before", "wergate.registry"
"""Of an endpoint: the tried release to go back to as long as the new one is not tried, and whose releases it has."""
TESTING = "testing audio"
"""The role of a dataset to test on; that of one to train on is a `training_role`."""
_TRAINING = "training "
_SHOWN = 16
"""Digits of a fingerprint in a name."""
_NEAREST = {"Succeeded": 0, "Running": 1}
"""Which states are used first: one that has ended costs no more time, and an upload may never go on."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes something: a project, and one of its runs."""

    project: str
    run: str = ""
    commit: str = ""
    studio: Reference | None = None
    """The project in the Studio that shows it."""

    def name(self, role: str, fingerprint: str) -> str:
        """How it is called, in the Studio too."""
        return f"{self.project}/{role}/{fingerprint[:_SHOWN]}"

    def mark(self, role: str, fingerprint: str) -> dict[str, str]:
        """The custom properties of what is made; `role` says what for, such as `training audio`."""
        mark = {_PROJECT: self.project, _ROLE: role, _FINGERPRINT: fingerprint, _RUN: self.run, _COMMIT: self.commit}
        return {name: value[:256] for name, value in mark.items() if value}


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mark of an entity says."""

    project: str
    role: str
    fingerprint: str
    run: str
    commit: str


def read_mark(entity: Entity) -> Mark | None:
    """The mark of an entity; None when it was not made by Wergate."""
    found = entity.custom_properties
    if _PROJECT not in found:
        return None
    return Mark(*(found.get(name, "") for name in (_PROJECT, _ROLE, _FINGERPRINT, _RUN, _COMMIT)))


def training_role(kind: str) -> str:
    """The role of a dataset of a kind to train on, such as `training Acoustic`."""
    return f"{_TRAINING}{kind}"


def is_training(role: str) -> bool:
    """Whether it is the role of a dataset to train on."""
    return role.startswith(_TRAINING)


def made(service: CustomSpeech, kind: type[E], maker: Maker, role: str, fingerprint: str) -> Iterator[E]:
    """What the project has made before of this content, oldest first."""
    name = maker.name(role, fingerprint)
    found = [
        one
        for one in service.all(kind, f"displayName eq {quoted(name)}")
        if (mark := read_mark(one)) and (mark.project, mark.fingerprint) == (maker.project, fingerprint)
    ]
    yield from sorted(found, key=lambda one: by_age(one.created_date_time, one.id))


def usable(
    service: CustomSpeech,
    kind: type[E],
    maker: Maker,
    role: str,
    fingerprint: str,
    is_fit: Callable[[E], bool] = lambda _one: True,
) -> E | None:
    """What has come furthest of those that `is_fit`, the oldest of these; None when there is none.

    What has failed is deleted, so that it can be tried once more.
    """
    found = []
    for one in list(made(service, kind, maker, role, fingerprint)):
        if one.status == "Failed":
            service.delete(kind, one.id)
        elif is_fit(one):
            found.append(one)
    return min(found, key=lambda one: _NEAREST.get(one.status or "", len(_NEAREST)), default=None)
