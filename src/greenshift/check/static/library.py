"""What functions of libraries give, as far as an engine's configuration depends on them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.static import attributes, makers, urls, variables
from greenshift.check.static.dicts import as_dict, overlaid
from greenshift.check.static.merging import mapped, union, unknown
from greenshift.check.static.objects import Arguments, DictObject, Frame, Made, Partial

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator


def called(evaluator: Evaluator, name: str, arguments: Arguments, node: ast.Call | None, frame: Frame | None) -> Value:
    """Return what a call of a library's function or class gives.

    Args:
        evaluator: evaluates what is handed on, and knows the environment.
        name: the function's dotted name.
        arguments: what it is given.
        node: the call, where there is one.
        frame: where it is made.
    """
    made = makers.what_is_made(name)
    last = name.rpartition(".")[2]
    if made is not None and node is not None and frame is not None:
        if last == "AsyncEngine":
            inner = arguments.get(0, "sync_engine")
            return inner if inner is not None else unknown("an engine")
        return Value.of(Made(made, frame.file, node), frame.file.place(node))
    handler = _BY_NAME.get(name) or _of_class(name) or _BY_LAST.get(last)
    if handler is not None:
        return handler(evaluator, arguments)
    if _is_variables(name):
        return variables.config(
            evaluator, arguments, _cast(last), default_at=None if name.startswith("environ.") else 1
        )
    if last[:1].isupper():
        return Value.of(Symbol(f"{name}()"))
    return unknown(f"{name}() is not followed")


def _is_variables(name: str) -> bool:
    """Whether a name is a reader of variables: decouple's ``config``, Starlette's ``Config()``, ``Env()``."""
    owner = name.rpartition(".")[0] if not name.endswith("()") else name
    return name == "decouple.config" or any(
        start in ("starlette.config.Config()", "environs.Env()", "environs.env", "environ.Env()", "decouple.Config()")
        for start in (owner, name)
    )


def _cast(last: str) -> str:
    return last if last in ("int", "float", "bool", "str") else ""


def _partial(evaluator: Evaluator, arguments: Arguments) -> Value:
    if not arguments.positional:
        return unknown("a partial")
    rest = Arguments(arguments.positional[1:], arguments.keywords, arguments.open_positional, arguments.open_keywords)
    return Value.of(Partial(arguments.positional[0], rest))


def _first(evaluator: Evaluator, arguments: Arguments) -> Value:
    return arguments.get(0) or unknown("nothing is given")


def _second(evaluator: Evaluator, arguments: Arguments) -> Value:
    return arguments.get(1) or unknown("nothing is given")


def _scoped(evaluator: Evaluator, arguments: Arguments) -> Value:
    return arguments.get(0, "session_factory") or unknown("a session factory")


def _str(evaluator: Evaluator, arguments: Arguments) -> Value:
    given = arguments.get(0)
    if given is None:
        return Value.of("")
    return mapped(
        given,
        lambda item: (
            item
            if isinstance(item, str | Text)
            else (str(item) if isinstance(item, bool | int | float) else Text((None,)))
        ),
    )


def _converted(kind: str) -> Callable[[Evaluator, Arguments], Value]:
    def convert(evaluator: Evaluator, arguments: Arguments) -> Value:
        given = arguments.get(0)
        if given is None:
            return unknown("nothing is given")

        def change(item: Any) -> Any:
            if item is None or not isinstance(item, bool | int | float | str):
                return unknown(f"{kind}() of something else")
            if isinstance(item, str) and kind == "bool":
                return bool(item)
            if kind == "int" and isinstance(item, float):
                return int(item)
            if kind == "int" and isinstance(item, str):
                try:
                    return int(item)
                except ValueError:
                    return unknown(f"{item!r} is no number")
            if kind == "float":
                try:
                    return float(item)
                except ValueError:
                    return unknown(f"{item!r} is no number")
            return item

        return mapped(given, change)

    return convert


def _dict(evaluator: Evaluator, arguments: Arguments) -> Value:
    named = DictObject(arguments.keywords, arguments.open_keywords)
    if arguments.positional:
        return Value.of(overlaid(as_dict(arguments.positional[0]), named))
    return Value.of(named)


def _tuple(evaluator: Evaluator, arguments: Arguments) -> Value:
    return Value.of(arguments.positional)


def _getattr(evaluator: Evaluator, arguments: Arguments) -> Value:
    whole, name, default = arguments.get(0), arguments.get(1), arguments.get(2)
    if whole is None or name is None or not isinstance(name.known, str):
        return unknown("getattr() of a name that is not known")
    found = attributes.attribute(evaluator, whole, name.known)
    if found.unknown and default is not None:
        return union([found, default])
    return found


_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "str": (str, Text),
    "int": int,
    "float": float,
    "bool": bool,
    "dict": DictObject,
    "list": tuple,
    "tuple": tuple,
}


def _isinstance(evaluator: Evaluator, arguments: Arguments) -> Value:
    item, meant = arguments.get(0), arguments.get(1)
    symbol = meant.known if meant is not None else None
    if item is None or not isinstance(symbol, Symbol) or symbol.last not in _KINDS:
        return unknown("isinstance() of another class")
    return mapped(item, lambda value: isinstance(value, _KINDS[symbol.last]))


def _quoted(change: Callable[[str], str]) -> Callable[[Evaluator, Arguments], Value]:
    def quoted(evaluator: Evaluator, arguments: Arguments) -> Value:
        given = arguments.get(0, "string")
        if given is None:
            return unknown("nothing is given")
        return mapped(given, lambda item: change(item) if isinstance(item, str) else Text((None,)))

    return quoted


def _getenv(evaluator: Evaluator, arguments: Arguments) -> Value:
    return variables.getenv(evaluator, arguments)


def _url(evaluator: Evaluator, arguments: Arguments) -> Value:
    return urls.created(arguments)


def _dsn(evaluator: Evaluator, arguments: Arguments) -> Value:
    return urls.built(arguments)


def _text_of(evaluator: Evaluator, arguments: Arguments) -> Value:
    return arguments.get(0, "url", "name_or_url") or unknown("nothing is given")


_DSNS: Final = ("PostgresDsn", "MultiHostUrl", "AnyUrl", "MySQLDsn", "MariaDBDsn", "Url", "AnyHttpUrl", "CockroachDsn")
_BY_NAME: Final[Mapping[str, Callable[[Evaluator, Arguments], Value]]] = {
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "os.environ.setdefault": _getenv,
    "functools.partial": _partial,
    "builtins.str": _str,
    "builtins.int": _converted("int"),
    "builtins.float": _converted("float"),
    "builtins.bool": _converted("bool"),
    "builtins.dict": _dict,
    "builtins.getattr": _getattr,
    "builtins.isinstance": _isinstance,
    "builtins.list": _first,
    "builtins.tuple": _first,
    "typing.cast": _second,
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "urllib.parse.quote_plus": _quoted(quote_plus),
    "urllib.parse.quote": _quoted(quote),
    "urllib.parse.unquote": _first,
    "pydantic_settings.SettingsConfigDict": _dict,
    "pydantic.ConfigDict": _dict,
    "pydantic.AliasChoices": _tuple,
    "pydantic.SecretStr": _first,
    "starlette.datastructures.Secret": _first,
    "starlette.datastructures.URL": _first,
    "databases.DatabaseURL": _first,
}
_BY_LAST: Final[Mapping[str, Callable[[Evaluator, Arguments], Value]]] = {
    "make_url": _text_of,
    "scoped_session": _scoped,
    "async_scoped_session": _scoped,
    **dict.fromkeys(_DSNS, _first),
}


def _of_class(name: str) -> Callable[[Evaluator, Arguments], Value] | None:
    """Return what handles ``URL.create`` and ``PostgresDsn.build``; None for another name."""
    owner, _, last = name.rpartition(".")
    if last == "create" and owner.rpartition(".")[2] == "URL" and owner.startswith("sqlalchemy"):
        return _url
    if last == "build" and owner.rpartition(".")[2] in _DSNS:
        return _dsn
    return None
