import pytest

from asr.releases.repository import is_repository


@pytest.mark.parametrize("name", ["org/name", "a/b", "My-Org/whisper-small.en_v2", "o/" + "n" * 96])
def test_names_that_the_hub_takes(name: str) -> None:
    from huggingface_hub.utils import validate_repo_id

    assert is_repository(name)
    validate_repo_id(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "name", "a/b/c", "/name", "org/", "org/na me", "org/../name", "org/a--b", "org/a..b", "org/-a", "org/a.",
        "org/name.git", "https://huggingface.co/org/name", "org/name@main", "o/" + "n" * 97, "org/name\n",
    ],
)  # fmt: skip
def test_names_that_it_does_not_take(name: str) -> None:
    assert not is_repository(name)
