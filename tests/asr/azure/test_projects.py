"""One project of a locale in the Studio: made once, found again, and done without where there are none."""

from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.entities import Dataset, Project
from asr.azure.marks import Maker
from asr.azure.projects import studio_project


def test_made_once_and_found_again(azure: Any, maker: Maker) -> None:
    first = studio_project(azure.service, maker, "en-US")
    assert first is not None
    [project] = azure.all(Project)
    assert project.reference == first
    assert (project.display_name, project.locale) == ("wergate/project/en-US", "en-US")
    assert project.custom_properties["wergate.project"] == "wergate"
    assert studio_project(azure.service, Maker("wergate", "a later run"), "en-US") == first
    assert azure.calls("Projects_Create") == 1


def test_one_for_each_locale_and_for_each_project(azure: Any, maker: Maker) -> None:
    there = {
        studio_project(azure.service, one, locale)
        for one in (maker, Maker("other"))
        for locale in ("en-US", "de-DE")
        for _again in range(2)
    }
    assert len(there) == len(azure.all(Project)) == 4


def test_what_a_person_named_alike_is_left_alone(azure: Any, maker: Maker) -> None:
    theirs = azure.service.create(Project(display_name=maker.name("project", "en-US"), locale="en-US"))
    ours = studio_project(azure.service, maker, "en-US")
    assert ours is not None and ours != theirs.reference
    assert len(azure.all(Project)) == 2


def test_a_version_without_projects_has_none(azure: Any, maker: Maker) -> None:
    azure.fails("foreign", "Projects_*", status=404, times=-1)
    assert studio_project(azure.service, maker, "en-US") is None
    assert azure.calls("Projects_Create") == 0


def test_killed_when_it_was_just_made_there_is_one(azure: Any, maker: Maker) -> None:
    """The answer is lost and the process is gone: who comes next finds it."""

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    create = azure.service.create
    azure.service.create = lambda project: (create(project), killed())
    with pytest.raises(Killed):
        studio_project(azure.service, maker, "en-US")
    azure.service.create = create
    found = studio_project(azure.service, maker, "en-US")
    assert [one.reference for one in azure.all(Project)] == [found]


def test_an_answer_that_is_lost_makes_no_second_one(azure: Any, maker: Maker) -> None:
    azure.fails("drop_after", "Projects_Create")
    found = studio_project(azure.service, maker, "en-US")
    assert [one.reference for one in azure.all(Project)] == [found]


def test_when_somebody_deletes_it_things_are_made_outside(
    azure: Any, maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    studio = studio_project(azure.service, maker, "en-US")
    assert studio is not None
    wanted = Dataset(display_name="d", locale="en-US", kind="Language", project=studio)
    assert azure.service.create(wanted).project == studio
    azure.service.delete(Project, studio.id)
    assert azure.service.create(wanted).project is None
    assert len(azure.all(Dataset)) == 2
    assert caplog.messages[-1] == "somebody has deleted the project in the Studio; d is made outside of it"


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "there"])
def test_what_else_is_wrong_is_told(azure: Any, maker: Maker, gone: bool) -> None:
    studio = studio_project(azure.service, maker, "en-US")
    assert studio is not None
    if gone:
        azure.service.delete(Project, studio.id)
    wrong = Dataset(display_name="d", locale="xx-XX", kind="Language", project=studio)
    with pytest.raises(AzureError, match=r"POST datasets: .*InvalidLocale"):
        azure.service.create(wrong)
    assert azure.calls("Datasets_Create") == 1 + gone
    assert azure.all(Dataset) == []


def test_a_refusal_is_told(azure: Any, maker: Maker) -> None:
    azure.fails("error", "Projects_Create", status=403, message="No projects for you.")
    with pytest.raises(AzureError, match=r"POST projects: No projects for you\. \(403"):
        studio_project(azure.service, maker, "en-US")
