"""How one module names another in an import, and which modules an import runs."""

from __future__ import annotations

import pytest

from greenshift.shift.project import project_of
from greenshift.shift.rewrite.definitions import import_spelling, imported_first

RELATIVE = {
    "src/shop/__init__.py": "from .cli import main\n",
    "src/shop/cli.py": "from .database import engine\ndef main():\n    from .late import late\n",
    "src/shop/database.py": "from typing import TYPE_CHECKING\nfrom .models import Base\nengine = 1\n"
    "if TYPE_CHECKING:\n    from .cli import main\n",
    "src/shop/models.py": "Base = 1\n",
    "src/shop/late.py": "late = 1\n",
}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, "shop.database"),
        ({"tests/test_it.py": "from src.shop.database import engine\n"}, "src.shop.database"),
        ({"tests/test_it.py": "import shop.models\n"}, "shop.database"),
    ],
)
def test_the_spelling_follows_absolute_imports_alone(more: dict[str, str], wanted: str) -> None:
    project = project_of({**RELATIVE, **more})
    importer, target = project.by_file["src/shop/cli.py"], project.by_file["src/shop/database.py"]
    assert import_spelling(project, importer, target) == wanted


def test_imports_of_functions_and_type_checkers_do_not_run() -> None:
    project = project_of(RELATIVE)
    found = imported_first(project, project.by_file["src/shop/cli.py"])
    assert {one.file for one in found} == {"src/shop/database.py", "src/shop/models.py"}
