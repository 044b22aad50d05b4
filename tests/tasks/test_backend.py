"""Who trains also tidies up; a run of this machine asks nothing of Azure for it."""

import pytest

from tasks import backend
from tasks.settings import Settings


@pytest.mark.parametrize(("name", "asked"), [("local", 0), ("azure", 1)])
def test_only_what_was_done_at_azure_is_tidied_up_there(name: str, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[Settings] = []
    monkeypatch.setattr(backend, "tidy_azure", tidied.append)
    settings = Settings.model_validate({"backend": name, "language": "en-US"})
    backend.tidy_up(settings)
    assert tidied == asked * [settings]
