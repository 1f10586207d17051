"""Where an Alembic environment lies, and a hash over what decides the schema it makes."""

from __future__ import annotations

import configparser
import importlib.metadata
import importlib.util
import inspect
import sys
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenshift.definitions.failure import describe, shown
from greenshift.definitions.modules import sources_imported_by
from greenshift.definitions.source import digest
from greenshift.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

# Options that say where things lie or how to connect: what they lead to is hashed, not they.
_PLACES = ("script_location", "version_locations", "prepend_sys_path", "sqlalchemy.url", "here")
_IGNORED_SUFFIXES = (".pyc", ".mako", ".md", ".rst")


@dataclass(frozen=True)
class AlembicFiles:
    """An Alembic environment on disk.

    Args:
        ini: the configuration file.
        script_location: the folder of ``env.py``.
        version_locations: the folders of the revisions.
        options: the configuration's own options, without places and URLs.
    """

    ini: Path
    script_location: Path
    version_locations: tuple[Path, ...]
    options: tuple[tuple[str, str], ...]

    @property
    def is_async(self) -> bool:
        """Whether ``env.py`` seems to make an async engine."""
        text = (self.script_location / "env.py").read_text(encoding="utf-8")
        return "async_engine_from_config" in text or "create_async_engine" in text

    def texts(self) -> Iterator[str]:
        """Yield the text of every file that takes part."""
        for _, path in self._files():
            yield path.read_text(encoding="utf-8", errors="replace")

    def fingerprint(self) -> str:
        """Return a hash over options, ``env.py``, revisions, what the revisions import, and Alembic's version."""
        parts: list[str | bytes] = ["alembic", importlib.metadata.version("alembic"), repr(self.options)]
        imported: dict[str, bytes] = {}
        for name, path in self._files():
            source = path.read_bytes()
            parts += [name, source]
            if path.suffix == ".py" and path.name != "env.py":
                imported |= sources_imported_by(source)
        for name in sorted(imported):
            parts += [name, imported[name]]
        return digest(parts)

    def _files(self) -> Iterator[tuple[str, Path]]:
        seen: set[Path] = set()
        for number, folder in enumerate((self.script_location, *self.version_locations)):
            for path in sorted(folder.rglob("*")):
                if path in seen or not path.is_file() or "__pycache__" in path.parts:
                    continue
                if path.suffix in _IGNORED_SUFFIXES or path.name == "README":
                    continue
                seen.add(path)
                yield f"{number}/{path.relative_to(folder).as_posix()}", path


def find_alembic(ini: Path, root: Path) -> AlembicFiles:
    """Find the environment that an ``alembic.ini`` describes.

    Args:
        ini: the configuration file.
        root: the folder that relative places start from; where they don't exist there, the ini's folder.

    Raises:
        ConfigurationError: Alembic is not installed, or the file or the environment is missing.
    """
    if importlib.util.find_spec("alembic") is None:
        raise ConfigurationError(
            f"alembic = {shown(ini)!r} needs Alembic, which is not installed", "pip install 'greenshift[alembic]'"
        )
    if not ini.is_file():
        raise ConfigurationError(
            f"alembic = {shown(ini)!r}: there is no such file", "give its path from the folder of pyproject.toml"
        )
    try:
        with warnings.catch_warnings():
            # Alembic's advice about the file is for the application's owner, who sees it when migrating.
            warnings.simplefilter("ignore")
            return _found(ini, root)
    except (configparser.Error, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{shown(ini)} cannot be read: {describe(error)}", "correct the file") from error


def _found(ini: Path, root: Path) -> AlembicFiles:
    config = alembic_config(ini, root)
    location = config.get_alembic_option("script_location") if _reads_toml(config) else None
    location = location or config.get_main_option("script_location")
    if not location:
        raise ConfigurationError(f"{shown(ini)} has no script_location", "set it in its [alembic] section")
    folder = _resolved(location, root)
    if not (folder / "env.py").is_file():
        raise ConfigurationError(
            f"{shown(ini)} names the environment {location!r}, which has no env.py",
            "correct script_location, or make the environment with `alembic init`",
        )
    return AlembicFiles(ini, folder, _version_locations(config, folder, root), _options(config))


def _options(config: Config) -> tuple[tuple[str, str], ...]:
    parser, section = config.file_config, config.config_ini_section
    if not parser.has_section(section):
        return ()
    names = sorted(name for name in parser.options(section) if name not in _PLACES and "url" not in name)
    return tuple((name, parser.get(section, name, raw=True)) for name in names)


def alembic_config(ini: Path, root: Path) -> Config:
    """Return Alembic's configuration with its ``script_location`` made absolute.

    Args:
        ini: the configuration file.
        root: the folder that a relative place starts from; where it doesn't exist there, the ini's folder.
    """
    from alembic.config import Config

    arguments: dict[str, Any] = {}
    toml = ini.parent / "pyproject.toml"
    if "toml_file" in inspect.signature(Config).parameters and toml.is_file():
        arguments["toml_file"] = str(toml)
    config = Config(str(ini), **arguments)
    location = config.get_main_option("script_location")
    if location and ":" not in location and not Path(location).is_absolute():
        for base in (root, ini.resolve().parent):
            if (base / location).is_dir():
                config.set_main_option("script_location", str((base / location).resolve()).replace("%", "%%"))
                break
    return config


def _reads_toml(config: Config) -> bool:
    return hasattr(config, "get_alembic_option")


def _version_locations(config: Config, script_location: Path, root: Path) -> tuple[Path, ...]:
    from alembic.script import ScriptDirectory

    path_before = list(sys.path)
    try:
        # It puts prepend_sys_path on sys.path; here only the parsed places are wanted.
        script = ScriptDirectory.from_config(config)
    finally:
        sys.path[:] = path_before
    locations = script.version_locations
    if not locations:
        return (script_location / "versions",)
    return tuple(_resolved(str(location), root) for location in locations)


def _resolved(location: str, root: Path) -> Path:
    package, separator, inside = location.partition(":")
    if separator and not Path(location).is_absolute():
        spec = importlib.util.find_spec(package)
        folders = list(spec.submodule_search_locations or ()) if spec is not None else []
        if folders:
            return Path(folders[0]) / inside
    path = Path(location)
    return (path if path.is_absolute() else root / path).resolve()
