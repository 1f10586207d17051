"""Two defaults of one column."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, DateTime, Enum, Integer, Numeric, String, Text, func, text
from sqlalchemy.dialects import postgresql

from greenshift.contract.sqlalchemy_adapter.default_values import default_difference

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Kind(enum.Enum):
    HOME = "home"
    WORK = "work"


@pytest.mark.parametrize(
    ("kind", "default", "server_default", "wanted"),
    [
        (String, "new", "old", "'new' by the model and 'old' by the server"),
        (String, "new", text("'old'"), "'new' by the model and 'old' by the server"),
        (String(20), "new", text("'old'::character varying(20)"), "'new' by the model and 'old' by the server"),
        (String, "it's", text("'it''s'"), ""),
        (Text, "new", text("'new'::text"), ""),
        (Text, "new", text("('new')"), ""),
        (String, "", "", ""),
        (Boolean, True, text("false"), "True by the model and False by the server"),
        (Boolean, True, "f", "True by the model and False by the server"),
        (Boolean, True, "1", ""),
        (Boolean, False, text("'f'::boolean"), ""),
        (Integer, 1, "0", "1 by the model and 0 by the server"),
        (Integer, 0, text("0"), ""),
        (Integer, -1, text("'-1'::integer"), ""),
        (Numeric(8, 2), 1.5, "1.50", ""),
        (Enum(Kind), Kind.WORK, "HOME", "'WORK' by the model and 'HOME' by the server"),
        (Enum(Kind), Kind.WORK, "WORK", ""),
        # Nobody can tell.
        (String, "new", func.now(), ""),
        (String, "new", text("current_setting('x')"), ""),
        (String, "new", text("NULL"), ""),
        (String, "new", text("CURRENT_USER"), ""),
        (String, lambda: "new", "old", ""),
        (String, None, "old", ""),
        (String, "new", None, ""),
        (DateTime, func.now(), text("'2020-01-01'"), ""),
        (JSON, {}, "[]", ""),
        (Integer, 1, text("nextval('x')"), ""),
    ],
)
def test_difference(kind: Any, default: Any, server_default: Any, wanted: str) -> None:
    assert default_difference(Column("x", kind, default=default, server_default=server_default), DIALECT) == wanted
