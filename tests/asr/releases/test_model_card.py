"""A card says what its release is and how well it hears; the Hub can read it, and nothing in it is executed."""

from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.releases.facts import Facts, Judged, base_shown, judged, read_facts
from asr.releases.model_card import model_card
from asr.scoring.evaluation import Evaluation

TESTING = Judged(
    corpus="testing", fingerprint="ab" * 32, normalizer="basic@1", decoding="greedily", words=1535, wer=0.1234,
    interval=(0.1, 0.15),
)  # fmt: skip
FACTS = Facts(
    model="wergate", version=2, fingerprint="81f4e5a3" * 8, base="openai/whisper-small", language="en-US",
    wergate="0.1.0", judged=TESTING,
    guards=(TESTING.model_copy(update={"corpus": "guards/general", "wer": 0.05}),),
)  # fmt: skip


def table(card: str) -> list[str]:
    return [line for line in card.splitlines() if line.startswith("|")][2:]


def test_what_the_hub_reads() -> None:
    from huggingface_hub import ModelCard

    data = ModelCard(model_card(FACTS, "org/speech")).data.to_dict()
    assert (data["language"], data["base_model"], data["library_name"]) == (
        "en",
        "openai/whisper-small",
        "transformers",
    )
    assert data["pipeline_tag"] == "automatic-speech-recognition"
    [model] = data["model-index"]
    found = [
        (one["dataset"]["name"], one["dataset"]["revision"], one["metrics"][0]["type"], one["metrics"][0]["value"])
        for one in model["results"]
    ]
    assert found == [("testing", "ab" * 32, "wer", 12.34), ("general", "ab" * 32, "wer", 5.0)]


def test_what_people_read() -> None:
    card = model_card(FACTS, "org/speech")
    assert "# wergate v2\n" in card
    assert "speech in `en-US`; made from [`openai/whisper-small`](https://huggingface.co/openai/whisper-small)" in card
    assert "released by Wergate 0.1.0" in card and "`81f4e5a381f4`" in card
    assert table(card) == [
        "| testing | 12.34% | 10.0–15.0% | 1,535 | `abababababab` | `basic@1` | greedily |",
        "| general (guard set) | 5.00% | 10.0–15.0% | 1,535 | `abababababab` | `basic@1` | greedily |",
    ]
    assert 'model="org/speech")' in card
    assert "wergate transcribe" not in card, "greedily, Transformers writes the same"


def test_a_search_with_text_is_for_wergate() -> None:
    searched = FACTS.model_copy(update={"judged": TESTING.model_copy(update={"decoding": "beam search with 3-grams"})})
    assert "wergate transcribe speech.wav --model org/speech" in model_card(searched, "org/speech")


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("embedded", "made from Wergate's embedded base."),
        ("my_model", r"made from the base my\_model."),
        ("", "made from a base that is not noted."),
    ],
)
def test_a_base_that_is_not_on_the_hub(base: str, said: str) -> None:
    card = model_card(FACTS.model_copy(update={"base": base}), "org/speech")
    assert said in card
    assert "base_model" not in card


def test_a_model_of_azure_is_not_loaded_but_asked() -> None:
    from huggingface_hub import ModelCard

    base = "0f60be9c-4479-51bf-8f8d-de1828b4af50"
    judged_there = TESTING.model_copy(update={"decoding": "by Azure"})
    facts = FACTS.model_copy(update={"base": f"azure:{base}", "judged": judged_there})
    card = model_card(facts, "data/releases/current")
    assert f"made from the base model `{base}` of Azure Custom Speech." in card
    assert "`azure_model.json` beside this card" in card and "wergate transcribe speech.wav\n" in card
    assert "pipeline(" not in card and "Transformers" not in card
    data = ModelCard(card).data.to_dict()
    assert not {"base_model", "library_name"} & set(data), "nobody can load it"
    assert table(card)[0].endswith("| by Azure |")


def test_an_id_of_azure_breaks_out_of_nothing() -> None:
    card = model_card(FACTS.model_copy(update={"base": "azure:`<script>`\n# x|"}), "x")
    assert "made from the base model `scriptx` of Azure Custom Speech." in card


def test_a_folder_is_published_by_its_name_alone() -> None:
    assert (base_shown("/home/ada/secret/finetuned"), base_shown("org/name")) == ("finetuned", "org/name")


def test_nothing_is_known_of_how_well_it_hears() -> None:
    from huggingface_hub import ModelCard

    card = model_card(Facts(model="wergate", version=1, fingerprint="f" * 64), "data/releases/current")
    assert "No WER is noted for this release." in card
    data = ModelCard(card).data.to_dict()
    assert data.keys() == {"library_name", "pipeline_tag", "tags"}


def test_names_of_anybody_are_shown_and_not_executed() -> None:
    from huggingface_hub import ModelCard

    name = "guards/a\n---\n# <script>alert(1)</script>|`x`: *b*\u202e"
    guard = TESTING.model_copy(update={"corpus": name, "normalizer": "`|<b>"})
    card = model_card(FACTS.model_copy(update={"guards": (guard,), "language": "en`<i>"}), "org/speech")
    text = ModelCard(card).text
    assert "<script>" not in text and "<b>" not in text and "<i>" not in text
    [_, row] = table(card)
    assert row.startswith(r"| a --- \# &lt;script&gt;alert(1)&lt;/script&gt;\|\`x\`: \*b\*\\u202e (guard set) |")
    [model] = ModelCard(card).data.to_dict()["model-index"]
    assert model["results"][1]["dataset"]["name"].startswith("a --- # <script>")


def test_a_release_tells_no_more_of_an_evaluation_than_its_numbers(tmp_path: Path) -> None:
    evaluation = Evaluation(
        model="wergate v2", model_fingerprint="f" * 64, corpus="testing", corpus_fingerprint="ab" * 32,
        normalizer="basic@1", recognition="recognition@2", decoding="greedily", utterances=10, seconds=1.0, wer=0.1234,
        cer=0.1, ser=0.1, words=1535, substitutions=1, deletions=1, insertions=1, interval=(0.1, 0.15), rtfx=1.0,
        table=tmp_path / "hypotheses.jsonl",
    )  # fmt: skip
    assert judged(evaluation) == TESTING


def test_facts_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"release.json: No such file or directory; delete the folder, it is staged"):
        read_facts(tmp_path)
    (tmp_path / "release.json").write_text('{"version": 1}')
    with pytest.raises(ModelError, match="it does not say which model it is"):
        read_facts(tmp_path)
    (tmp_path / "release.json").write_text("{" + " " * (1 << 20))
    with pytest.raises(ModelError, match="larger than 1,048,576 bytes"):
        read_facts(tmp_path)
    old = '{"model": "wergate v2", "version": 2, "fingerprint": "ff", "wer": 0.1, "by": "gate"}'
    (tmp_path / "release.json").write_text(old)
    assert read_facts(tmp_path) == Facts(model="wergate v2", version=2, fingerprint="ff")
