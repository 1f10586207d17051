"""Imports that an edit needs are added where a reader would put them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.imports import NameTakenError, import_edits
from greenshift.explain.editing.source import read_source

ORM = "sqlalchemy.orm"


def imported(folder: Path, code: str, *names: str, module: str = ORM) -> str:
    path = folder / "sample.py"
    path.write_text(code)
    source = read_source(str(path))
    assert source is not None
    apply(import_edits(source, module, list(names)))
    ast.parse(path.read_text())
    return path.read_text()


SAMPLES = {
    "an import of the module is extended in order": (
        "from sqlalchemy.orm import Mapped, relationship, sessionmaker\n",
        "from sqlalchemy.orm import Mapped, relationship, selectinload, sessionmaker\n",
    ),
    "at its end": (
        "from sqlalchemy.orm import Mapped, relationship  # noqa\n",
        "from sqlalchemy.orm import Mapped, relationship, selectinload  # noqa\n",
    ),
    "unordered names stay as they are": (
        "from sqlalchemy.orm import sessionmaker, Mapped\n",
        "from sqlalchemy.orm import sessionmaker, Mapped, selectinload\n",
    ),
    "a name a line": (
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship,\n    sessionmaker,\n)\n",
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship,\n    selectinload,\n    sessionmaker,\n)\n",
    ),
    "a name a line, at the end, without a comma": (
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship\n)\n",
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship,\n    selectinload\n)\n",
    ),
    "a name a line, at the end, with a comma": (
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship,\n)\n",
        "from sqlalchemy.orm import (\n    Mapped,\n    relationship,\n    selectinload,\n)\n",
    ),
    "a line that goes on behind a backslash": (
        "from sqlalchemy.orm import Mapped, \\\n    relationship\n",
        "from sqlalchemy.orm import Mapped, \\\n    relationship, selectinload\n",
    ),
    "an alias": (
        "from sqlalchemy.orm import Mapped as M\n",
        "from sqlalchemy.orm import Mapped as M, selectinload\n",
    ),
    "already there": ("from sqlalchemy.orm import selectinload\n", "from sqlalchemy.orm import selectinload\n"),
    "behind another import of the package": (
        "from __future__ import annotations\n\nimport os\n\nfrom sqlalchemy import select\n\nfrom app import x\n",
        "from __future__ import annotations\n\nimport os\n\nfrom sqlalchemy import select\n"
        "from sqlalchemy.orm import selectinload\n\nfrom app import x\n",
    ),
    "behind a plain import of the package": (
        "import sqlalchemy as sa  # SQL\n\nX = 1\n",
        "import sqlalchemy as sa  # SQL\nfrom sqlalchemy.orm import selectinload\n\nX = 1\n",
    ),
    "behind the other imports": (
        "import os\nimport sys\n\nX = 1\n",
        "import os\nimport sys\nfrom sqlalchemy.orm import selectinload\n\nX = 1\n",
    ),
    "after __future__ and the docstring": (
        '"""Doc\n\nmore."""\nfrom __future__ import annotations\n\nX = 1\n',
        '"""Doc\n\nmore."""\nfrom __future__ import annotations\nfrom sqlalchemy.orm import selectinload\n\nX = 1\n',
    ),
    "after the docstring alone": (
        '"""Doc."""\nX = 1\n',
        '"""Doc."""\nfrom sqlalchemy.orm import selectinload\nX = 1\n',
    ),
    "nothing above": (
        "@decorated\ndef f():\n    pass\n",
        "from sqlalchemy.orm import selectinload\n@decorated\ndef f():\n    pass\n",
    ),
    "no line end behind the only import": ("import os", "import os\nfrom sqlalchemy.orm import selectinload"),
    "an import in a function is no import of the file": (
        "import os\n\ndef f():\n    from sqlalchemy.orm import selectinload\n",
        "import os\nfrom sqlalchemy.orm import selectinload\n\ndef f():\n    from sqlalchemy.orm import selectinload\n",
    ),
    "nor is one for the type checker": (
        "import os\nif TYPE_CHECKING:\n    from sqlalchemy.orm import selectinload\n",
        "import os\nfrom sqlalchemy.orm import selectinload\n"
        "if TYPE_CHECKING:\n    from sqlalchemy.orm import selectinload\n",
    ),
    "one in a try is": (
        "try:\n    from sqlalchemy.orm import selectinload\nexcept ImportError:\n    raise\n",
        "try:\n    from sqlalchemy.orm import selectinload\nexcept ImportError:\n    raise\n",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_name_is_imported(name: str, tmp_path: Path) -> None:
    before, after = SAMPLES[name]
    assert imported(tmp_path, before, "selectinload") == after


def test_several_names_are_imported_in_order(tmp_path: Path) -> None:
    before = "from sqlalchemy.orm import Mapped, relationship\n"
    after = "from sqlalchemy.orm import Mapped, joinedload, relationship, selectinload, undefer\n"
    assert imported(tmp_path, before, "undefer", "selectinload", "joinedload") == after


def test_a_relative_import_is_extended(tmp_path: Path) -> None:
    before = "from .models import Order\n"
    assert imported(tmp_path, before, "Customer", module=".models") == "from .models import Customer, Order\n"


@pytest.mark.parametrize(
    "code",
    [
        "def selectinload():\n    pass\n",
        "selectinload = 1\n",
        "from mine import selectinload\n",
        "import selectinload\n",
    ],
)
def test_a_name_that_means_something_else_is_not_imported(code: str, tmp_path: Path) -> None:
    with pytest.raises(NameTakenError):
        imported(tmp_path, code, "selectinload")
