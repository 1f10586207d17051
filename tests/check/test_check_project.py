"""To which project a path belongs, and from where its files are named."""

from pathlib import Path

import pytest

from greenshift.check.errors import CheckError
from greenshift.check.project import CheckedProject, find_projects, shown_from


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("mono/auth/app", "mono/web/app", "mono/loose", "bare/app"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "db.py").write_text("")
    (tmp_path / "mono" / ".git").mkdir()
    (tmp_path / "mono" / "auth" / "pyproject.toml").write_text("[tool.greenshift.check]\nworkers = 2\n")
    (tmp_path / "mono" / "web" / "requirements.txt").write_text("")
    return tmp_path


def found(directory: Path, *paths: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.root.name, one.shown) for one in find_projects([Path(path) for path in paths], directory)]


def test_the_nearest_folder_that_is_a_project_s(tree: Path) -> None:
    assert found(tree / "mono", "auth/app") == [("auth", ("app",))]
    assert found(tree / "mono", "web/app/db.py") == [("web", ("app/db.py",))]
    assert found(tree / "mono", "loose") == [("mono", ("loose",))]
    assert found(tree / "mono" / "web") == [("web", ())]


def test_without_any_mark_the_path_itself(tree: Path) -> None:
    assert found(tree, "bare") == [("bare", ())]
    assert found(tree, "bare/app/db.py") == [("app", ("db.py",))]


def test_paths_of_one_project_are_put_together(tree: Path) -> None:
    assert found(tree, "mono/web/app/db.py", "mono/auth", "mono/web/app") == [
        ("web", ("app/db.py", "app")),
        ("auth", ()),
    ]
    assert found(tree, "mono/auth", "mono/auth/app") == [("auth", ())]


def test_its_configuration_is_read(tree: Path) -> None:
    (project,) = find_projects([Path("auth/app")], tree / "mono")
    assert project.configuration.workers == 2


def test_the_configured_paths_are_shown_when_none_is_given(tree: Path) -> None:
    (tree / "mono" / "auth" / "pyproject.toml").write_text('[tool.greenshift.check]\npaths = ["app"]\n')
    assert found(tree / "mono" / "auth") == [("auth", ("app",))]
    assert found(tree / "mono" / "auth", ".") == [("auth", ())]
    (tree / "mono" / "auth" / "pyproject.toml").write_text('[tool.greenshift.check]\npaths = ["src"]\n')
    with pytest.raises(CheckError, match=r"src, which \[tool.greenshift.check\] names, does not exist"):
        found(tree / "mono" / "auth")


def test_a_path_that_does_not_exist(tree: Path) -> None:
    with pytest.raises(CheckError, match="missing does not exist"):
        found(tree, "missing")


def test_what_is_shown(tree: Path) -> None:
    project = CheckedProject(tree, ("app", "web/db.py"))
    assert [project.shows(file) for file in ("app/db.py", "app", "apple/db.py", "web/db.py", "web/x.py")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert CheckedProject(tree).shows("anything.py")


def test_files_are_named_from_the_working_directory_if_it_is_above(tree: Path) -> None:
    auth, web = tree / "mono" / "auth", tree / "mono" / "web"
    assert shown_from([auth], tree / "mono") == tree / "mono"
    assert shown_from([auth], auth / "app") == auth
    assert shown_from([auth, web], tree) == tree
    assert shown_from([auth, web], auth) == tree / "mono"
