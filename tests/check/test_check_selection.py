"""Which rules are asked."""

import pytest

from greenshift.check.rules.registry import all_rules
from greenshift.check.selection import FAMILIES, Selection, known_rules
from greenshift.errors import ConfigurationError

IDS = [rule.id for rule in all_rules()]


def ids(*select: str, ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.id for rule in Selection(select, ignore).rules()]


def test_by_default_all_are_asked() -> None:
    assert ids() == IDS


def test_by_id_number_and_name() -> None:
    assert ids("gs101") == ["GS101"]
    assert ids("GS1") == ids("Pool") == [one for one in IDS if one.startswith("GS1")]
    assert ids("GS101", "GS004") == ["GS004", "GS101"]


def test_what_is_ignored_is_left_out_of_what_is_selected() -> None:
    assert ids("pool", ignore=("gs101",)) == [one for one in IDS if one.startswith("GS1") and one != "GS101"]
    assert ids("GS101", ignore=("pool",)) == []


def test_every_rule_is_of_a_family() -> None:
    assert all(any(one.startswith(family) for family in FAMILIES.values()) for one in IDS)


@pytest.mark.parametrize("name", ["GS", "GS10", "GS1011", "", "1", "pools"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no rule"):
        known_rules([name], "here")
