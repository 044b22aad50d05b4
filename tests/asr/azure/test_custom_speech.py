import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from asr.azure import pages
from asr.azure.azure_error import AzureError, Expired, InUse, NotThere, Stopped, TimedOut
from asr.azure.back_off import Patience
from asr.azure.connection import Connection
from asr.azure.custom_speech import CustomSpeech, quoted
from asr.azure.entities import (
    CustomModel,
    Dataset,
    DatasetProperties,
    Endpoint,
    File,
    FileLinks,
    FileProperties,
    Project,
    Reference,
    ServiceBase,
    Transcription,
    TranscriptionProperties,
)

ID = "11111111-2222-3333-4444-555555555555"
WANTED = Dataset(display_name="it's a set", locale="en-US", kind="Language", custom_properties={"wergate": "1"})


class Service:
    """A service with one list of entities, that keeps what is posted; faults are put before or after that."""

    def __init__(self, server: Any, reply: Any) -> None:
        self.server, self.reply = server, reply
        self.kept: list[dict[str, Any]] = []
        self.before: list[Any] = []
        self.after: list[Any] = []
        server.script = self.answer

    def answer(self, asked: Any) -> Any:
        if asked.method != "POST":
            return self.reply(200, {"values": self.kept})
        if self.before:
            return self.before.pop(0)
        self.keep(asked.content)
        return self.after.pop(0) if self.after else self.reply(201, self.kept[-1])

    def keep(self, content: dict[str, Any]) -> None:
        self.kept.append(
            {**content, "self": f"{self.server.address}/speechtotext/datasets/{len(self.kept)}?api-version=1"}
        )


@pytest.fixture
def kept(server: Any, reply: Any) -> Service:
    return Service(server, reply)


def entity(server: Any, **fields: Any) -> dict[str, Any]:
    return {
        "self": f"{server.address}/speechtotext/datasets/{ID}?api-version=2025-10-15",
        "displayName": "a",
        "locale": "en-US",
        "kind": "Language",
        "status": "Succeeded",
    } | fields


def dataset(server: Any) -> Dataset:
    return Dataset.model_validate(entity(server))


def paged(server: Any, reply: Any, count: int, size: int = 2) -> Callable[[Any], Any]:
    def script(asked: Any) -> Any:
        skip = int(asked.query.get("skip", 0))
        page: dict[str, Any] = {"values": [entity(server, displayName=str(at)) for at in range(skip, skip + size)]}
        if skip + size < count:
            page["@nextLink"] = f"{server.address}/speechtotext/datasets?skip={skip + size}&api-version=2025-10-15"
        return reply(200, page)

    return script


def test_all_pages_are_read(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.script = paged(server, reply, 10)
    found = list(service.all(Dataset, f"displayName eq {quoted(WANTED.display_name)} and kind eq 'Language'"))
    assert [one.display_name for one in found] == [str(at) for at in range(10)]
    assert server.asked[0].query["filter"] == "displayName eq 'it''s a set' and kind eq 'Language'"
    assert len(server.asked) == 5


def test_pages_are_asked_for_as_they_are_needed(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.script = paged(server, reply, 10)
    assert next(service.all(Dataset)).display_name == "0"
    assert len(server.asked) == 1


def test_a_list_of_ten_thousand_pages_is_not_read_to_its_end(
    server: Any, service: CustomSpeech, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 50)
    server.script = paged(server, reply, 10_000, size=1)
    with pytest.raises(AzureError, match="GET datasets: the list has more than 50 pages"):
        list(service.all(Dataset))
    assert len(server.asked) == 50
    server.script = paged(server, reply, 50, size=1)
    assert len(list(service.all(Dataset))) == 50


def test_a_page_that_links_to_itself_is_noticed(server: Any, service: CustomSpeech, reply: Any) -> None:
    link = f"{server.address}/speechtotext/datasets?skip=2"
    server.replies(*(reply(200, {"values": [entity(server, displayName=name)], "@nextLink": link}) for name in "abc"))
    with pytest.raises(AzureError, match="a page came again"):
        list(service.all(Dataset))
    assert len(server.asked) == 2


def test_the_same_page_under_new_links_is_noticed(server: Any, service: CustomSpeech, reply: Any) -> None:
    def script(asked: Any) -> Any:
        link = f"{server.address}/speechtotext/datasets?skip={int(asked.query.get('skip', 0)) + 1}"
        return reply(200, {"values": [entity(server)], "@nextLink": link})

    server.script = script
    with pytest.raises(AzureError, match="a page came again"):
        list(service.all(Dataset))
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "link", ["https://evil.example/speechtotext/datasets?skip=1", "http://127.0.0.1:1/speechtotext/x"]
)
def test_the_next_page_is_not_fetched_from_elsewhere(server: Any, service: CustomSpeech, reply: Any, link: str) -> None:
    server.replies(reply(200, {"values": [entity(server)], "@nextLink": link}))
    with pytest.raises(AzureError, match="links to another place"):
        list(service.all(Dataset))


@pytest.mark.parametrize(
    "answer", [{}, [], "x", None, {"values": 5}, {"values": [], "@nextLink": 5}, {"values": [5]}, b"not json", b""]
)
def test_what_is_no_list_is_one_line(server: Any, service: CustomSpeech, reply: Any, answer: Any) -> None:
    server.replies(reply(200, answer))
    with pytest.raises(AzureError, match="GET datasets: the service answered something else than") as raised:
        list(service.all(Dataset))
    assert "\n" not in str(raised.value)


def test_one_is_got_by_its_id(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(reply(200, entity(server)))
    assert service.get(Dataset, ID).id == ID
    service.get(ServiceBase, "a/../b")
    assert [one.path for one in server.asked] == [
        f"/speechtotext/datasets/{ID}",
        "/speechtotext/models/base/a%2F..%2Fb",
    ]


def test_what_is_not_there(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(reply(404, {"code": "NotFound", "message": "No such model."}))
    with pytest.raises(NotThere, match=f"GET models/{ID}: No such model"):
        service.get(CustomModel, ID)


def test_an_empty_id_is_not_the_whole_list(server: Any, service: CustomSpeech) -> None:
    for ask in (service.get, service.delete, service.change):
        with pytest.raises(AzureError, match="it has no id"):
            ask(Dataset, "")
    assert server.asked == []


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        ({"self": "x/1", "locale": "en-US", "kind": "Language"}, "displayName: missing"),
        ({"self": "x/1", "displayName": "a", "locale": "en-US", "kind": {"Sleep": 1}}, "kind: string_type"),
        ([], "model_type"),
        (b"", ""),
        ({"displayName": "a", "locale": "en-US", "kind": "Language"}, "with an address"),
    ],
    ids=["missing", "no text", "list", "empty", "no self"],
)
def test_an_answer_that_is_no_entity_is_one_line(
    server: Any, service: CustomSpeech, reply: Any, answer: Any, where: str
) -> None:
    server.replies(reply(200, answer))
    with pytest.raises(
        AzureError, match=r"GET datasets/1: the service answered something else than a Dataset"
    ) as raised:
        service.get(Dataset, "1")
    assert where in str(raised.value) and "\n" not in str(raised.value)
    assert raised.value.__context__ is None and "Sleep" not in str(raised.value)


def test_kinds_and_states_that_are_new_are_read(server: Any, service: CustomSpeech, reply: Any) -> None:
    new = entity(server, kind="Video", status="Paused", customProperties=None)
    server.replies(reply(200, new), reply(200, new), reply(200, entity(server)))
    found = service.get(Dataset, ID)
    assert (found.kind, found.status, found.custom_properties) == ("Video", "Paused", {})
    assert service.wait(Dataset, ID, deadline=20).status == "Succeeded", "what is new is no end"
    features = {"supportsAdaptationsWith": ["Language", "Video"]}
    server.replies(reply(200, entity(server, properties={"features": features})))
    assert service.get(ServiceBase, ID).features.supports_adaptations_with == ("Language", "Video")


def test_what_others_made_and_cannot_be_read_is_passed_over(
    server: Any, service: CustomSpeech, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    odd = entity(server, customProperties={"theirs": "1"})
    del odd["displayName"]
    server.replies(reply(200, {"values": [odd, entity(server)]}))
    with caplog.at_level("DEBUG", "asr.azure.custom_speech"):
        assert [one.display_name for one in service.all(Dataset)] == ["a"]
    assert "passed over: GET datasets: the service answered something else than a Dataset (displayName" in caplog.text
    for ours in (odd | {"customProperties": {"wergate.project": "p"}}, []):
        server.replies(reply(200, {"values": [ours]}))
        with pytest.raises(AzureError, match="something else than a Dataset"):
            list(service.all(Dataset))


def test_what_is_made_is_sent_without_what_the_service_fills_in(kept: Service, service: CustomSpeech) -> None:
    made = service.create(
        Dataset(
            display_name="a",
            locale="en-US",
            kind="Acoustic",
            status="Succeeded",
            project=Reference(self_url="https://x/projects/1"),
            properties=DatasetProperties(accepted_line_count=5),
        )
    )
    (post,) = kept.server.calls("POST")
    assert post.path == "/speechtotext/datasets"
    assert post.content == {
        "displayName": "a",
        "locale": "en-US",
        "kind": "Acoustic",
        "project": {"self": "https://x/projects/1"},
    }
    assert made.id == "0"


def test_a_batch_is_submitted(kept: Service, service: CustomSpeech) -> None:
    properties = TranscriptionProperties(time_to_live_hours=6, profanity_filter_mode="None", duration_milliseconds=0)
    service.create(Transcription(display_name="a", locale="en-US", properties=properties, custom_properties={"b": "c"}))
    (post,) = kept.server.calls("POST")
    assert post.path == "/speechtotext/transcriptions:submit"
    assert post.content["properties"] == {"timeToLiveHours": 6, "profanityFilterMode": "None"}
    assert post.content["customProperties"] == {"b": "c"}


@pytest.mark.parametrize("fault", ["dropped", "cut", "500", "504"])
def test_a_creation_that_was_not_answered_makes_one(
    kept: Service, service: CustomSpeech, reply: Any, fault: str
) -> None:
    faults = {"dropped": reply(dropped=True), "cut": reply(201, {"a": 1}, cut=3)}
    kept.after = [faults.get(fault) or reply(int(fault))]
    assert service.create(WANTED).id == "0"
    assert len(kept.kept) == len(kept.server.calls("POST")) == 1


@pytest.mark.parametrize("fault", ["dropped", "500", "429"])
def test_a_creation_that_did_not_take_effect_is_repeated(
    kept: Service, service: CustomSpeech, reply: Any, fault: str
) -> None:
    kept.before = [reply(dropped=True) if fault == "dropped" else reply(int(fault))] * 3
    assert service.create(WANTED).id == "0"
    assert len(kept.kept) == 1 and len(kept.server.calls("POST")) == 4


def test_what_was_there_before_is_not_what_was_made(kept: Service, service: CustomSpeech, reply: Any) -> None:
    kept.keep(
        {"displayName": "it's a set", "locale": "en-US", "kind": "Language", "customProperties": {"wergate": "1"}}
    )
    kept.before = [reply(dropped=True)]
    assert service.create(WANTED).id == "1"
    assert len(kept.kept) == 2


def test_what_somebody_else_makes_meanwhile_is_not_ours(kept: Service, service: CustomSpeech, reply: Any) -> None:
    def drop(asked: Any) -> Any:
        if asked.method == "POST" and not kept.kept:
            for name, mark in (("it's a set", "2"), ("another", "1")):
                kept.keep(
                    {"displayName": name, "locale": "en-US", "kind": "Language", "customProperties": {"wergate": mark}}
                )
            return reply(dropped=True)
        return kept.answer(asked)

    kept.server.script = drop
    assert service.create(WANTED).id == "2"


def test_a_refused_creation_is_not_repeated(kept: Service, service: CustomSpeech, reply: Any) -> None:
    kept.before = [reply(400, {"code": "InvalidRequest", "innerError": {"code": "QuotaViolation", "message": "Full."}})]
    with pytest.raises(AzureError, match=r"POST datasets: Full\. .*QuotaViolation.*wergate azure clean"):
        service.create(WANTED)
    assert kept.kept == []


def test_fields_are_changed_by_name(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(reply(200, entity(server)))
    model = Reference(self_url="https://x/models/1")
    service.change(
        Endpoint,
        ID,
        model=model,
        display_name="b",
        custom_properties={"snake_case": "kept"},
        description=None,
    )
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PATCH", f"/speechtotext/endpoints/{ID}")
    assert asked.content == {
        "model": {"self": "https://x/models/1"},
        "displayName": "b",
        "customProperties": {"snake_case": "kept"},
        "description": None,
    }


def test_a_change_whose_answer_was_lost_is_found_to_be_made(server: Any, service: CustomSpeech, reply: Any) -> None:
    busy = reply(409, {"code": "Conflict", "message": "Busy.", "innerError": {"code": "InUseViolation"}})
    made = entity(server, model={"self": "http://elsewhere/models/1?api-version=1"}, status="Running")
    server.replies(reply(dropped=True), busy, reply(200, made))
    model = Reference(self_url="https://x/models/1")
    assert service.change(Endpoint, ID, model=model).status == "Running"
    assert [one.method for one in server.asked] == ["PATCH", "PATCH", "GET"]

    server.replies(busy, reply(200, made))
    with pytest.raises(InUse):
        service.change(Endpoint, ID, model=Reference(self_url="https://x/models/2"))


@pytest.mark.parametrize("replies", [["204"], ["404"], ["500", "404"], ["dropped", "204"]], ids="-".join)
def test_a_deletion_ends_with_nothing_there(server: Any, service: CustomSpeech, reply: Any, replies: list[str]) -> None:
    server.replies(*(reply(dropped=True) if one == "dropped" else reply(int(one)) for one in replies))
    service.delete(Project, ID)
    assert [one.method for one in server.asked] == ["DELETE"] * len(replies)


def test_what_is_in_use_is_not_deleted(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(
        reply(409, {"code": "Conflict", "innerError": {"code": "InUseViolation", "message": "On an endpoint."}})
    )
    with pytest.raises(InUse, match="On an endpoint"):
        service.delete(CustomModel, ID)


class Waits:
    """A clock, and how long each wait was."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, list[float]()

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def waiting(connect: Callable[..., Connection], waits: Waits) -> CustomSpeech:
    return CustomSpeech(
        connect(clock=lambda: waits.now, wait=waits.wait, uniform=lambda low, high: 0.0, patience=Patience(attempts=1))
    )


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
def test_a_job_is_waited_for(server: Any, waiting: CustomSpeech, waits: Waits, reply: Any, end: str) -> None:
    states = ["NotStarted", "Running", "Running", end]
    server.replies(*(reply(200, entity(server, status=one)) for one in states))
    seen: list[str | None] = []
    one = waiting.wait(Dataset, ID, deadline=3600, look=lambda one: seen.append(one.status))
    assert one.status == end and seen == states
    assert waits.waits == [5.0, 7.5, 11.25]


def test_the_service_says_when_to_look_again(server: Any, waiting: CustomSpeech, waits: Waits, reply: Any) -> None:
    running = entity(server, status="Running")
    wishes = ["30", "0", "99999"]
    server.replies(*(reply(200, running, {"Retry-After": wish}) for wish in wishes), reply(200, entity(server)))
    waiting.wait(Dataset, ID, deadline=3600)
    assert waits.waits == [30.0, 7.5, 300.0]


def test_looks_become_rarer_up_to_a_minute(server: Any, waiting: CustomSpeech, waits: Waits, reply: Any) -> None:
    server.replies(reply(200, entity(server, status="Running")))
    with pytest.raises(TimedOut, match=f"wait for datasets/{ID}: still Running after 600 s; run again later"):
        waiting.wait(Dataset, ID, deadline=600)
    assert max(waits.waits) == 60.0 and waits.now == 600.0


def test_failures_that_pass_do_not_end_the_wait(server: Any, waiting: CustomSpeech, reply: Any) -> None:
    server.replies(
        reply(503),
        reply(dropped=True),
        reply(429),
        reply(200, entity(server)["self"].encode(), cut=1),
        reply(200, entity(server)),
    )
    assert waiting.wait(Dataset, ID, deadline=3600).status == "Succeeded"
    server.replies(reply(500, {"message": "Broken."}))
    with pytest.raises(TimedOut, match=r"still not looked at after 60 s \(Broken\.\)"):
        waiting.wait(Dataset, ID, deadline=60)


@pytest.mark.parametrize(("status", "kind"), [(404, NotThere), (401, AzureError)])
def test_failures_that_stay_end_the_wait(
    server: Any, waiting: CustomSpeech, reply: Any, status: int, kind: type[AzureError]
) -> None:
    server.replies(reply(200, entity(server, status="Running")), reply(status))
    with pytest.raises(kind):
        waiting.wait(Dataset, ID, deadline=3600)


def test_a_failure_of_who_looks_is_not_hidden(server: Any, waiting: CustomSpeech, reply: Any) -> None:
    server.replies(reply(200, entity(server, status="Running")))

    def look(one: Dataset) -> None:
        raise AzureError("enough", passing=True)

    with pytest.raises(AzureError, match="enough"):
        waiting.wait(Dataset, ID, deadline=3600, look=look)


def test_a_wait_is_stopped_at_once(server: Any, connect: Callable[..., Connection], reply: Any) -> None:
    server.replies(reply(200, entity(server, status="Running")))
    connection = connect()
    threading.Timer(0.2, connection.stop.set).start()
    begin = time.monotonic()
    with pytest.raises(Stopped, match=f"wait for datasets/{ID}"):
        CustomSpeech(connection).wait(Dataset, ID, deadline=3600)
    assert time.monotonic() - begin < 0.7


def test_files_are_listed_and_read(server: Any, service: CustomSpeech, reply: Any) -> None:
    link = f"{server.address}/blob?sig=S"
    server.replies(
        reply(200, {"values": [{"name": "report.json", "kind": "DatasetReport", "links": {"contentUrl": link}}]}),
        reply(200, b"{}"),
    )
    (file,) = service.files(dataset(server))
    assert server.asked[0].path == f"/speechtotext/datasets/{ID}/files"
    assert (file.name, file.kind, service.content(file, 100)) == ("report.json", "DatasetReport", b"{}")
    assert "ocp-apim-subscription-key" not in server.asked[1].headers


def test_an_expired_address_is_asked_for_anew(server: Any, service: CustomSpeech, reply: Any) -> None:
    own = f"{server.address}/speechtotext/datasets/{ID}/files/1?api-version=1"
    file = File(name="a", self_url=own, links=FileLinks(content_url=f"{server.address}/blob?sig=OLD"))

    def script(asked: Any) -> Any:
        if asked.path.startswith("/speechtotext/"):
            return reply(200, {"name": "a", "self": own, "links": {"contentUrl": f"{server.address}/blob?sig=NEW"}})
        return reply(200, b"content") if asked.query["sig"] == "NEW" else reply(403, b"")

    server.script = script
    assert service.content(file, 100) == b"content"
    assert service.content(file.model_copy(update={"links": None}), 100) == b"content"
    with pytest.raises(Expired):
        service.content(file.model_copy(update={"self_url": None}), 100)
    with pytest.raises(AzureError, match="a file with an address of its content"):
        service.content(File(name="a"), 100)


def test_a_large_file_is_refused_before_it_is_fetched(server: Any, service: CustomSpeech) -> None:
    file = File(name="a", links=FileLinks(content_url=server.address), properties=FileProperties(size=101))
    with pytest.raises(AzureError, match="download of a: it has 101 bytes, more than 100"):
        service.content(file, 100)
    assert server.asked == []


def test_the_locales_of_each_kind(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(reply(200, {"Language": ["en-US", "de-DE"], "Acoustic": ["en-US"], "Smell": ["en-US"]}))
    locales = service.data_locales()
    assert locales["Language"] == {"en-US", "de-DE"} and locales["Acoustic"] == {"en-US"}
    assert locales["Pronunciation"] == frozenset() and "Smell" not in locales


@pytest.mark.parametrize("answer", [[], {"Language": "en-US"}, {"Language": [5]}, b"", b"x"])
def test_what_are_no_locales(server: Any, service: CustomSpeech, reply: Any, answer: Any) -> None:
    server.replies(reply(200, answer))
    with pytest.raises(AzureError, match="GET datasets/locales: the service answered something else"):
        service.data_locales()


def test_blocks_are_put_listed_and_committed(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(
        reply(201),
        reply(200, {"uncommittedBlocks": [{"name": "a+/=", "size": 3}]}),
        reply(200),
    )
    one = dataset(server)
    service.put_block(one, "a+/=", b"abc")
    assert [(block.name, block.size) for block in service.uploaded(one).uncommitted_blocks] == [("a+/=", 3)]
    service.commit_blocks(one, ["a+/=", "b+/="])
    put, _, commit = server.asked
    assert put.query["blockid"] == "a+/=" and put.body == b"abc"
    assert put.headers["content-type"] == "application/octet-stream"
    assert unquote(commit.path) == f"/speechtotext/datasets/{ID}/blocks:commit"
    assert commit.content == [{"kind": "Uncommitted", "id": "a+/="}, {"kind": "Uncommitted", "id": "b+/="}]


def test_a_commit_that_was_not_answered_is_not_made_twice(server: Any, service: CustomSpeech, reply: Any) -> None:
    server.replies(reply(dropped=True), reply(200, {"committedBlocks": [{"name": "a"}, {"name": "b"}]}))
    service.commit_blocks(dataset(server), ["a", "b"])
    assert [one.method for one in server.asked] == ["POST", "GET"]
