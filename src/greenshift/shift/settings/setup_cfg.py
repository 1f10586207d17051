"""Requirements in ``setup.cfg``."""

from __future__ import annotations

import re

from greenshift.shift.settings.facts import Edited, SettingsFacts
from greenshift.shift.settings.ini_lines import IniLines, Option
from greenshift.shift.settings.plan import Plan, lists_sqlalchemy, plan
from greenshift.shift.settings.requirement import Requirement, parsed, with_extra, with_specifier


def changed_setup_cfg(text: str, facts: SettingsFacts) -> Edited:
    """Return a ``setup.cfg`` with the requirements of the shifted application.

    Args:
        text: what it holds.
        facts: what is known of the application.
    """
    notes: list[tuple[int | None, str]] = []
    elsewhere: set[str] = set()
    for number in range(len(_lists(IniLines(text)))):
        ini = IniLines(text)
        option = _lists(ini)[number]
        places = _places(ini, option)
        entries = [parsed(ini.lines[index][start:].rstrip("\r\n")) for index, start in places]
        wish = plan(entries, facts, elsewhere=elsewhere)
        notes += [(places[index][0] + 1, said) for index, said in wish.notes]
        _apply(ini, option, places, wish)
        text = ini.text
        if option.section == "options" or lists_sqlalchemy(entries):
            elsewhere |= {one.name for one in entries if one is not None} | {one.name for _, one in wish.added}
    return Edited(text, tuple(notes))


def setup_cfg_requirements(text: str) -> list[list[Requirement | None]]:
    """Return the lists of requirements of a ``setup.cfg``.

    Args:
        text: what it holds.
    """
    ini = IniLines(text)
    return [
        [parsed(ini.lines[index][start:].rstrip("\r\n")) for index, start in _places(ini, option)]
        for option in _lists(ini)
    ]


def _lists(ini: IniLines) -> list[Option]:
    own = [one for one in ini.options if one.section == "options" and one.key in ("install_requires", "tests_require")]
    return own + [one for one in ini.options if one.section == "options.extras_require"]


def _places(ini: IniLines, option: Option) -> list[tuple[int, int]]:
    """Return the line and the column of each requirement; one that stands behind the option's name is the first."""
    places = []
    if option.value:
        places.append((option.line, ini.lines[option.line].index(option.value)))
    for index in range(option.line + 1, option.end):
        line = ini.lines[index]
        if line.strip() and not line.strip().startswith(("#", ";")):
            places.append((index, len(line) - len(line.lstrip())))
    return places


def _apply(ini: IniLines, option: Option, places: list[tuple[int, int]], wish: Plan) -> None:
    below = [ini.lines[index][:start] for index, start in places if index != option.line]
    indentation = below[0] if below else "    "
    for index in reversed(range(len(places))):
        at, start = places[index]
        line = ini.lines[at]
        head, body = line[:start], line[start:].rstrip("\r\n")
        end = line[start + len(body) :]
        if index in wish.specifiers:
            body = with_specifier(body, wish.specifiers[index])
        if index in wish.extras:
            body = with_extra(body, wish.extras[index])
        ini.lines[at] = f"{head}{body}{end}"
        new = [f"{indentation}{one.requirement}" for here, one in wish.added if here == index]
        if new and at == option.line and re.search(r"[=:]\s*\S", line):
            # Setuptools takes a list on the option's own line only as a whole: each gets a line of its own.
            ini.lines[at] = f"{head.rstrip()}{ini.newline}"
            ini.insert(at + 1, [f"{indentation}{body}", *new])
        elif new:
            ini.insert(at + 1, new)
