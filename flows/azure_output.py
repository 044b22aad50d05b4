"""What the commands of `wergate azure` answer, for people in a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flows.cli_output import duration, table

if TYPE_CHECKING:
    from asr.azure.expiry import Watch
    from asr.azure.inventory import Inventory, Item
    from tasks.azure.clean import Cleaned
    from tasks.azure.status import AzureStatus

_TITLES = {
    "endpoint": "endpoints, hosted and charged by the hour",
    "model": "models",
    "dataset": "datasets",
    "evaluation": "evaluations",
    "transcription": "transcriptions",
    "project": "projects in the Studio",
}
_SHOWN = 200
"""Characters of what the service says about a failure."""


def status_text(status: "AzureStatus") -> str:
    """Everything that the project has at the service, a table for each sort, and what is not as it should be."""
    return _printable("\n".join(_status_lines(status)))


def _status_lines(status: "AzureStatus") -> Iterator[str]:
    inventory = status.inventory
    for sort, title in _TITLES.items():
        items = [one for one in inventory.items if one.sort == sort]
        if items:
            yield title
            yield _indented([_status_row(one, inventory, status.names) for one in items])
    if inventory.bases:
        yield "base models that these come from"
        yield _indented(
            [
                (one.name, one.id, f"trains until {_day(one.trains_until)}", f"used until {_day(one.expires)}")
                for one in inventory.bases
            ]
        )
    if not inventory.items:
        yield f"nothing at the service was made by {inventory.project}"
    if counts := [f"{count:,} {sort}{'' if count == 1 else 's'}" for sort, count in inventory.others.items()]:
        yield f"made by others, and left alone: {', '.join(counts)}"
    for remark in (*status.remarks, *filter(None, [status.watch.asks])):
        yield f"! {remark}"


def _status_row(one: "Item", inventory: "Inventory", names: dict[str, str]) -> tuple[str, ...]:
    belongs = [inventory.name_of(one.base)] if one.base else []
    belongs += [names.get(id) or inventory.name_of(id) for id in one.uses]
    facts = [
        names.get(one.id, ""),
        f"release {one.release.partition(' ')[0]}" if one.release else "",
        duration(3600 * one.hours) if one.hours else "",
        f"{one.lines:,} lines" if one.lines else "",
        f"until {_day(one.expires)}" if one.expires else "",
        f"run {one.run[:8]}" if one.run else "",
        one.why[:_SHOWN],
    ]
    what = "of" if one.sort != "model" else "from"
    return (
        one.name,
        one.id,
        one.status or "–",
        _day(one.created),
        ", ".join(filter(None, facts)) or "–",
        f"{what} {', '.join(belongs)}" if belongs else "",
    )


def cleaned_text(cleaned: "Cleaned") -> str:
    """What was deleted and what stays, with the reasons."""
    verb = "would be deleted" if cleaned.dry_run else "deleted"
    lines = []
    for title, verdicts in ((verb, cleaned.deleted), ("stays", cleaned.kept)):
        if verdicts:
            lines += [title, _indented([(one.item.sort, one.item.name, one.item.id, one.reason) for one in verdicts])]
    lines.append(f"{len(cleaned.deleted):,} {verb}, {len(cleaned.kept):,} kept, {cleaned.others:,} made by others")
    return _printable("\n".join(lines))


def watch_text(watch: "Watch") -> str:
    """Which models expire soon, and what is asked for."""
    rows = [(one.where, one.name, f"{one.expires:%Y-%m-%d}", f"{one.days} days") for one in watch.expiring]
    unknown = [f"the service does not say when the model of the {one} expires" for one in watch.unknown]
    said = watch.asks or f"nothing that people use expires within {watch.days} days"
    return _printable("\n".join([*([table(rows)] if rows else []), *unknown, said]))


def _indented(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"  {line}" for line in table(rows).splitlines())


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "–"


def _printable(text: str) -> str:
    """What people and the service have named, without control characters."""
    from asr.corpus.rules import printable

    return "\n".join(printable(line) for line in text.splitlines())
