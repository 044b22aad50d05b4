from collections.abc import Callable

from tests.azure_emulator.conftest import Client, place, ref, spoken
from tests.azure_emulator.recognizer import wrong_word


def test_training_takes_its_time_and_the_model_cannot_be_deleted_meanwhile(start: Callable[..., Client]) -> None:
    client = start(pace=0.6)
    text = client.dataset("Language", b"the zebra")

    model = client.made("models", datasets=[ref(text)], baseModel=client.base(" uncharged"))

    assert model["status"] == "NotStarted"
    assert client.call("DELETE", place(model)).json()["innerError"]["code"] == "InUseViolation"
    assert client.call("DELETE", place(text)).status_code == 409
    trained = client.ended(model)
    assert trained["status"] == "Succeeded"
    assert trained["createdDateTime"] <= trained["lastActionDateTime"]
    assert "supportsAdaptationsWith" not in trained["properties"]["features"]
    assert trained["properties"]["deprecationDates"]["transcriptionDateTime"] > "2027"
    assert client.content(trained, "report.json") == {"datasets": 1, "sentences": 1}
    assert client.call("DELETE", place(text)).status_code == 204
    assert client.call("DELETE", place(model)).status_code == 204
    assert client.call("DELETE", place(model)).status_code == 204
    assert client.emulator.counts()["now"]["models"] == 0
    assert client.emulator.counts()["created"]["models"] == 1
    assert not list((client.emulator.state.store.folder / "content").iterdir())


def test_the_default_base_is_the_newest_that_can_be_trained_from(client: Client) -> None:
    text = client.dataset("Language", b"the zebra")

    assert client.model(text)["baseModel"] == client.base(" charged")


def test_what_no_model_is_trained_from(client: Client) -> None:
    text = client.dataset("Language", b"the zebra")
    german = client.dataset("Language", b"\xef\xbb\xbfhallo", locale="de-DE")
    failed = client.dataset("Language", b"http://x.org")
    waiting = client.made("datasets", kind="Language")
    words = client.dataset("Pronunciation", b"CNTK\tc n t k")
    structured = client.dataset("LanguageMarkdown", b"# x\n- hello")
    custom = client.model(text)

    def refused(*datasets: object, **body: object) -> str:
        return client.refused("models", datasets=[{"self": each["self"]} for each in datasets], **body)[1]  # type: ignore[index]

    assert refused() == "InvalidDataset"
    assert refused(german) == "InvalidLocale"
    assert refused(failed) == "FailedDataset"
    assert refused(waiting) == "InvalidDataset"
    assert refused({"self": f"{client.emulator.address}/speechtotext/datasets/none"}) == "InvalidDataset"
    assert refused(words, structured) == "InvalidAdaptationMapping"
    assert refused(text, baseModel=client.base("Whisper Large V2")) == "InvalidAdaptationMapping"
    assert refused(text, baseModel=client.base(" withdrawn")) == "ModelDeprecated"
    assert refused(text, baseModel=client.base(" charged", "de-DE")) == "InvalidLocale"
    assert refused(text, baseModel=ref(custom)) == "InvalidBaseModel"
    under_models = client.base(" charged")["self"].replace("/base/", "/")
    assert refused(text, baseModel={"self": under_models}) == "InvalidModel"
    assert client.emulator.counts()["created"]["models"] == 1


def test_recordings_that_are_all_too_long_fail_the_training(client: Client) -> None:
    long = client.dataset("Acoustic", spoken({"one.wav": "the zebra"}, seconds=41))
    short = client.dataset("Acoustic", spoken({"two.wav": "the pangolin"}, seconds=39))

    failed = client.model(long)

    assert failed["status"] == "Failed"
    assert "40 seconds" in failed["properties"]["error"]["message"]
    assert client.model(long, short)["status"] == "Succeeded"
    # Whisper hears thirty seconds only.
    assert client.model(short, baseModel=client.base("Whisper Large V2"))["status"] == "Failed"


def test_a_model_learns_the_words_of_its_datasets(client: Client) -> None:
    audio = client.dataset("Acoustic", spoken())
    first = client.emulator.state.store.all("datasets")[0].hidden["items"][0]
    wav = client.emulator.state.store.content(first["content"]).read_bytes()

    model = client.model(client.dataset("LanguageMarkdown", b"@ list a =\n- zebra\n- x\n# s\n- the {@a}\n"))

    recognizer = client.emulator.state.recognizer
    assert recognizer.transcribe(place(model).rpartition("/")[2], wav) == "the zebra went to the city"
    assert recognizer.transcribe("base", wav) == f"the {wrong_word('zebra')} went to the city"
    assert client.model(audio)["status"] == "Succeeded"


def test_there_are_more_base_models_than_a_page_and_the_best_are_last(client: Client) -> None:
    first = client.call("GET", "models/base").json()
    second = client.http.get(first["@nextLink"], headers={"Ocp-Apim-Subscription-Key": client.emulator.key}).json()

    assert len(first["values"]) == 100
    assert "@nextLink" not in second
    models = first["values"] + second["values"]
    assert [each["createdDateTime"] for each in models] == sorted(each["createdDateTime"] for each in models)
    ours = [each for each in models if each["locale"] == "en-US"]
    assert [each["displayName"].split(" ", 1)[1] for each in ours][-4:] == [
        "uncharged",
        "Whisper Large V2",
        "charged",
        "withdrawn",
    ]
    assert [each["properties"]["chargeForAdaptation"] for each in ours][-4::2] == [False, True]
    assert ours[-3]["properties"]["features"]["supportsEndpoints"] is False
    one = client.http.get(ours[0]["self"], headers={"Ocp-Apim-Subscription-Key": client.emulator.key}).json()
    assert one == ours[0]
    assert client.call("GET", "models/base/none").status_code == 404


def test_names_and_custom_properties_can_be_changed_and_nothing_else(client: Client) -> None:
    model = client.model(client.dataset("Language", b"the zebra"), customProperties={"run": "1", "old": "x"})

    changed = client.call("PATCH", place(model), {"displayName": "y", "customProperties": {"run": "2"}}).json()

    assert changed["displayName"] == "y"
    assert changed["customProperties"] == {"run": "2", "old": "x"}
    assert client.call("PATCH", place(model), {"locale": "de-DE"}).status_code == 400
    assert client.call("PATCH", place(model), {"displayName": ""}).status_code == 400
    assert client.call("PATCH", "models/none", {"displayName": "z"}).status_code == 404
    merge = {"Content-Type": "application/merge-patch+json"}
    answer = client.call("PATCH", place(model), content=b'{"description": "d"}', headers=merge)
    assert answer.json()["description"] == "d"
