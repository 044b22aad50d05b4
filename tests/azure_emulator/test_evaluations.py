from collections.abc import Callable

import pytest

from tests.azure_emulator.conftest import TEXTS, Client, place, ref, spoken
from tests.azure_emulator.error_counts import count_errors, sum_of


@pytest.mark.parametrize(
    ("said", "recognized", "expected"),
    [
        ("a b c", "a b c", (3, 3, 0, 0, 0)),
        ("It's HERE, now.", "it's here now", (3, 3, 0, 0, 0)),
        ("a b c", "a x c", (3, 2, 1, 0, 0)),
        ("a b c", "a c", (3, 2, 0, 1, 0)),
        ("a b c", "a b x c", (3, 3, 0, 0, 1)),
        ("a b c", "", (3, 0, 0, 3, 0)),
        ("", "a", (0, 0, 0, 0, 1)),
    ],
)
def test_errors_are_counted(said: str, recognized: str, expected: tuple[int, ...]) -> None:
    counts = count_errors(said, recognized)

    assert (counts.words, counts.correct, counts.substitutions, counts.deletions, counts.insertions) == expected
    assert counts.wrong_sentences == (counts.edits > 0)


def test_counts_are_added() -> None:
    counts = sum_of([count_errors("a b", "a x"), count_errors("c", "c d")])

    assert (counts.sentences, counts.wrong_sentences, counts.words, counts.edits) == (2, 2, 3, 2)


def test_the_numbers_are_minus_one_until_it_has_succeeded(start: Callable[..., Client]) -> None:
    client = start(pace=0.3)
    test_data = client.dataset("Acoustic", spoken())
    model = client.model(client.dataset("Language", b"a zebra\n"))

    evaluation = client.made("evaluations", model1=client.base(" charged"), model2=ref(model), dataset=ref(test_data))

    assert evaluation["properties"]["wordErrorRate1"] == -1.0
    assert set(evaluation["properties"].values()) == {-1}
    assert client.call("GET", f"{place(evaluation)}/files").json()["values"] == []
    assert client.call("DELETE", place(evaluation)).status_code == 409
    assert client.call("DELETE", place(model)).status_code == 409
    ended = client.ended(evaluation)
    # zebra and pangolin are no general words; the model has learnt zebra.
    words = sum(len(text.split()) for text in TEXTS.values())
    properties = ended["properties"]
    assert (properties["wordCount1"], properties["wordSubstitutionCount1"], properties["sentenceCount1"]) == (
        words,
        2,
        2,
    )
    assert (properties["wordCount2"], properties["wordSubstitutionCount2"]) == (words, 1)
    assert (properties["wordErrorRate1"], properties["wordErrorRate2"]) == (round(2 / 13, 3), round(1 / 13, 3))
    assert (properties["sentenceErrorRate1"], properties["sentenceErrorRate2"]) == (1.0, 0.5)
    files = client.call("GET", f"{place(evaluation)}/files").json()["values"]
    assert sorted(file["name"] for file in files) == [
        f"{name}.model{number}_score.json" for name in ("one.wav", "two.wav") for number in (1, 2)
    ]
    assert client.content(ended, "one.wav.model2_score.json")["wordErrorRate"] == 0
    assert client.call("DELETE", place(evaluation)).status_code == 204


def test_a_failed_evaluation_keeps_minus_one(client: Client) -> None:
    test_data = client.dataset("Acoustic", spoken())
    client.http.post(
        f"{client.emulator.address}/emulator/faults",
        json={"kind": "fail", "operation": "evaluations", "code": "InvalidModel", "message": "it broke"},
    )

    base = client.base(" charged")
    ended = client.ended(client.made("evaluations", model1=base, model2=base, dataset=ref(test_data)))

    assert ended["status"] == "Failed"
    assert ended["properties"]["wordErrorRate2"] == -1.0
    assert ended["properties"]["error"] == {"code": "InvalidModel", "message": "it broke"}


def test_what_cannot_be_evaluated(client: Client) -> None:
    test_data = ref(client.dataset("Acoustic", spoken()))
    text = ref(client.dataset("Language", b"a zebra\n"))
    base = client.base(" charged")

    def refused(**body: object) -> str:
        return client.refused("evaluations", **{"model1": base, "model2": base, "dataset": test_data, **body})[1]

    assert refused(dataset=text) == "InvalidDataset"
    assert refused(model1=client.base(" old 0")) == "ModelDeprecated"
    assert refused(model2=client.base(" charged", "de-DE")) == "InvalidLocale"
    assert refused(model2={"self": "http://x/speechtotext/models/none"}) == "InvalidModel"
    assert refused(model2=None) == "InvalidRequestBodyFormat"
