from __future__ import annotations

import pytest

from greenshift.contract.rows.conditions import Condition, read_conditions


@pytest.mark.parametrize(
    ("check", "column", "condition"),
    [
        ("age >= 18 AND age < 120", "age", Condition(minimum=18, below=120)),
        ("(age > 0)", "age", Condition(above=0)),
        ("0 < age", "age", Condition(above=0)),
        ("age BETWEEN 3 AND 9 AND age <> 4", "age", Condition(minimum=3, maximum=9, excluded=(4,))),
        ("price >= 0.5::numeric", "price", Condition(minimum=0.5)),
        ("role IN ('owner', 'guest')", "role", Condition(choices=("owner", "guest"))),
        ("role = ANY (ARRAY['a'::text, 'it''s'::text])", "role", Condition(choices=("a", "it's"))),
        ('length("name") > 2', "name", Condition(min_length=3)),
        ("char_length(trim(name)) > 0", "name", Condition(min_length=1)),
        ("length(note) BETWEEN 3 AND 9", "note", Condition(min_length=3, max_length=9)),
        ("code ~ '^[A-Z]{3}$'", "code", Condition(pattern="^[A-Z]{3}$")),
        ("email = lower(email)", "email", Condition(case="lower")),
        ("ends IS NULL OR ends > 5", "ends", Condition(above=5)),
        ("NOT closed", "closed", Condition(choices=(False,))),
    ],
)
def test_conditions_of_one_column(check: str, column: str, condition: Condition) -> None:
    found = read_conditions([check])
    assert found.columns == {column: condition}
    assert found.unread == []


def test_an_order_of_two_columns() -> None:
    assert read_conditions(["begins < ends", "high >= low"]).orders == [
        ("begins", "ends", False),
        ("low", "high", True),
    ]


def test_what_is_not_understood_is_said() -> None:
    assert read_conditions(["jsonb_typeof(a) = 'object'"]).unread == ["jsonb_typeof(a) = 'object'"]
