"""Where a version's code comes from: a folder, or a git revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from greenshift.load.errors import LoadError
from greenshift.load.serving.source import opened_source


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    application = tmp_path / "repository" / "backend"
    application.mkdir(parents=True)
    git(application.parent, "init", "-q")
    for text in ("first", "second"):
        (application / "app.py").write_text(text)
        git(application.parent, "add", ".")
        git(application.parent, "-c", "user.name=n", "-c", "user.email=e@e", "commit", "-qm", text)
    git(application.parent, "tag", "now")
    (application / ".env").write_text("SECRET=x")
    return application


def test_a_folder_is_taken_as_it_is(tmp_path):
    with opened_source(str(tmp_path)) as source:
        assert (source.folder, source.revision, source.name) == (tmp_path, None, tmp_path.name)
    assert tmp_path.is_dir()


def test_a_revision_is_laid_out_and_goes_again(repository):
    with opened_source("HEAD~1", current=repository) as source:
        assert (source.folder / "app.py").read_text() == "first"
        assert (source.folder / ".env").read_text() == "SECRET=x"  # git does not keep it, the application needs it
        assert source.name == f"HEAD~1 ({source.revision})"
        folder = source.folder
    assert not folder.exists()
    assert (repository / "app.py").read_text() == "second"
    with opened_source("now", current=repository) as source:
        assert (source.folder / "app.py").read_text() == "second"


def test_a_folder_wins_over_a_tag_of_its_name(repository):
    (repository / "now").mkdir()
    with opened_source("now", current=repository) as source:
        assert source.revision is None


@pytest.mark.parametrize("given", ["nowhere", "--upload-pack=x", "app.py"])
def test_what_is_neither_is_refused(repository, given):
    with pytest.raises(LoadError) as caught, opened_source(given, current=repository):
        pass
    assert given in caught.value.problem


def test_outside_of_git_only_folders_are_known(tmp_path):
    with pytest.raises(LoadError, match="in no git repository"), opened_source("HEAD", current=tmp_path):
        pass
