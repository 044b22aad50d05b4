"""The promotion log: who made which version the champion, when and why; entries are added and never changed.

MLflow keeps no history of its aliases (mlflow#2169). The log is a tag of the registered model for each entry, so that
it is where the aliases are, whoever moves them from wherever.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.environment import without_passwords
from tasks.settings import Settings
from tasks.tracking import client

_PREFIX = "wergate.log."
_LONGEST = 1000
"""Characters of a reason; MLflow takes 5,000 for a whole tag."""

What = Literal["first", "promoted", "rolled back", "rejected", "expired", "failed"]
"""`first`: the base, when there was no champion. `failed`: an attempt that was undone."""


class Entry(BaseModel):
    """One thing that happened to the champion, or that was decided not to happen."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The same when the same thing is noted twice, by a command that finishes what another one began."""
    at: datetime
    what: What
    version: int
    replaces: int | None = None
    """The champion before; of a candidate that was not promoted, the champion that stays."""
    by: str
    """A person, or `gate`."""
    reason: str
    run_id: str = ""
    """The MLflow run whose evidence it rests on."""


def note(settings: Settings, entry: Entry) -> None:
    """Add an entry, unless it is there already; the lock of promotions must be held, which keeps the numbers apart."""
    known = read_log(settings)
    if any(one.id == entry.id for one in known):
        return
    short = entry.model_copy(update={"reason": shortened(without_passwords(entry.reason))})
    name = f"{_PREFIX}{len(known) + 1:06d}.{entry.id}"  # clocks of machines differ: the order is that of writing
    client(settings).set_registered_model_tag(settings.name, name, short.model_dump_json())


def read_log(settings: Settings) -> list[Entry]:
    """All entries, oldest first; what is no entry of ours is left out."""
    entries = []
    for name, value in sorted(model_tags(settings).items()):
        if name.startswith(_PREFIX):
            try:
                entries.append(Entry.model_validate_json(value))
            except ValidationError:
                continue
    return entries


def model_tags(settings: Settings) -> dict[str, str]:
    """The tags of the registered model; none before the first version is registered."""
    from mlflow.exceptions import MlflowException

    try:
        return dict(client(settings).get_registered_model(settings.name).tags)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise


def shortened(text: str) -> str:
    """A reason on one line, short enough for a tag."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
