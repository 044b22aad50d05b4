"""The log: entries are added once and never changed, whatever people write into them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from asr.models.checkpoint import fingerprint
from tasks.promotion_log import Entry, model_tags, note, read_log
from tasks.registry import register
from tasks.settings import Settings

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def entry(id: str, minutes: int = 0, **changes: object) -> Entry:
    known = {"id": id, "at": NOON + timedelta(minutes=minutes), "what": "promoted", "version": 2, "by": "Ada"}
    return Entry.model_validate(known | {"reason": "better"} | changes)


def registry(settings: Settings, folder: Path) -> Settings:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    register(settings, folder, fingerprint(folder), base="b", outcome="base")
    return settings


def test_entries_in_their_order_each_once(stored, tmp_path: Path) -> None:
    settings = registry(stored(), tmp_path / "model")
    assert read_log(settings) == []
    note(settings, entry("b", 5))
    note(settings, entry("a", 1))  # by a machine whose clock is late
    note(settings, entry("a", 9, reason="another reason"))
    assert [(one.id, one.reason) for one in read_log(settings)] == [("b", "better"), ("a", "better")]


def test_no_password_in_what_a_library_says(stored, tmp_path: Path) -> None:
    settings = registry(stored(), tmp_path / "model")
    note(settings, entry("a", reason="API request to http://ada:s3cr3t@mlflow.example.org/api failed"))
    [one] = read_log(settings)
    assert one.reason == "API request to http://mlflow.example.org/api failed"


def test_what_people_write(stored, tmp_path: Path) -> None:
    settings = registry(stored(), tmp_path / "model")
    note(settings, entry("a", by="Ada <a@b> 日本 🎙", reason="line\none\ttwo " + "long " * 10_000))
    [one] = read_log(settings)
    assert one.by == "Ada <a@b> 日本 🎙"
    assert one.reason.startswith("line one two long long") and len(one.reason) == 1000 and one.reason.endswith("…")


def test_tags_of_others_are_no_entries(stored, tmp_path: Path) -> None:
    from tasks.tracking import client

    settings = registry(stored(), tmp_path / "model")
    client(settings).set_registered_model_tag(settings.name, "wergate.log.mine", "{not json")
    client(settings).set_registered_model_tag(settings.name, "owner", "me")
    assert read_log(settings) == []
    assert model_tags(settings)["owner"] == "me"


def test_before_anything_is_registered(stored) -> None:
    assert read_log(stored()) == []
