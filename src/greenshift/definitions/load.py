"""Find what ``module:attribute`` names, with one line for each way in which that can fail."""

from __future__ import annotations

import difflib
import importlib

from greenshift.definitions.failure import described_with_location
from greenshift.errors import ConfigurationError


def load_object(path: str, *, key: str) -> object:
    """Import what a configuration key names.

    Args:
        path: ``module:attribute``; the attribute may have dots.
        key: the key in ``[tool.greenshift]``, for messages.

    Raises:
        ConfigurationError: the form is wrong, the module or the attribute does not exist, or the module
            fails while it is imported (that failure is the cause).
    """
    module_name, _, attribute = path.partition(":")
    if not module_name or not attribute or not _is_dotted_name(module_name) or not _is_dotted_name(attribute):
        raise ConfigurationError(
            f"{key} = {path!r} is not of the form module:attribute",
            f'write it as in {key} = "package.module:name"',
        )
    found: object = _imported(module_name, path=path, key=key)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            near = difflib.get_close_matches(part, dir(found), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"name something that {module_name} defines"
            raise ConfigurationError(f"{key} = {path!r}: {module_name} has no {part!r}", hint) from error
    return found


def _imported(module_name: str, *, path: str, key: str) -> object:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name == missing or module_name.startswith(missing + "."):
            raise ConfigurationError(
                f"{key} = {path!r}: there is no module {missing!r}",
                "correct the name, or add its folder to 'pythonpath' in pytest's configuration",
            ) from error
        raise _failed(error, module_name, path=path, key=key) from error
    except (Exception, SystemExit) as error:
        raise _failed(error, module_name, path=path, key=key) from error


def _failed(error: BaseException, module_name: str, *, path: str, key: str) -> ConfigurationError:
    return ConfigurationError(
        f"{key} = {path!r}: importing {module_name} failed with {described_with_location(error)}",
        f'correct that line; `python -c "import {module_name}"` shows the whole traceback',
    )


def _is_dotted_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
