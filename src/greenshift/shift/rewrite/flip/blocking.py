"""Blocking calls in functions that became async: left as they are, and listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.values import External, ExternalInstance
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context

BLOCKING = {
    "time": {"sleep"},
    "requests": {"get", "post", "put", "patch", "delete", "head", "options", "request", "send"},
    "httpx": {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"},
    "urllib": {"urlopen", "urlretrieve"},
    "urllib3": {"request", "urlopen"},
    "smtplib": {"SMTP", "SMTP_SSL", "sendmail", "send_message", "login"},
    "subprocess": {"run", "call", "check_call", "check_output", "Popen"},
    "os": {"system", "popen"},
    "bcrypt": {"hashpw", "checkpw", "kdf"},
    "passlib": {"hash", "verify", "encrypt", "verify_and_update"},
    "argon2": {"hash", "verify"},
    "pwdlib": {"hash", "verify", "verify_and_update"},
    "hashlib": {"pbkdf2_hmac", "scrypt"},
    "werkzeug": {"generate_password_hash", "check_password_hash"},
    "boto3": {"client", "resource", "upload_file", "download_file", "put_object", "get_object"},
    "builtins": {"open", "input"},
    "shutil": {"copy", "copyfile", "copytree", "move", "rmtree", "make_archive"},
    "pathlib": {"read_text", "read_bytes", "write_text", "write_bytes"},
}  # fmt: skip


LOOSE = {"boto3", "pathlib", "pwdlib", "smtplib"}
"""Libraries whose objects come from other objects: ``Path(x).parent.read_text()``."""


def fix_blocking(context: Context) -> None:
    """List the blocking calls that now run in the event loop, and no longer in a thread pool.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    turned: set[Unit] = {one for one in colours.asynchronous if not one.is_async and not one.module.is_test}
    for call, name in blocking_calls(context, turned):
        said = f"`{name}` blocks the event loop now: asyncio.to_thread would keep it out of it"
        context.leave(context.kinds.module_by_node[call], call, "blocking", said)


def blocking_calls(context: Context, turned: set[Unit]) -> Iterator[tuple[ast.Call, str]]:
    """Yield the blocking calls that functions reach which become async, with what each call names.

    Args:
        context: The stage's context.
        turned: The functions.
    """
    reached = _reached(context, turned)
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            name = _blocking(context, call) if context.kinds.unit(call) in reached else None
            if name is not None:
                yield call, name


def _reached(context: Context, turned: set[Unit]) -> set[Unit]:
    """Functions that became async, and the sync ones that they call."""
    asynchronous = context.colours.asynchronous if context.colours is not None else set()
    calls: dict[Unit, set[Function]] = {}
    for node, targets in context.kinds.invocations.items():
        unit = context.kinds.unit(node)
        if unit is not None:
            calls.setdefault(unit, set()).update(targets)
    found = set(turned)
    stack = list(found)
    while stack:
        for target in calls.get(stack.pop(), ()):
            if target not in found and not target.is_async and target not in asynchronous:
                found.add(target)
                stack.append(target)
    return found


def _blocking(context: Context, call: ast.Call) -> str | None:
    for value in context.kinds.values(call.func):
        if isinstance(value, External | ExternalInstance):
            name = value.name.replace("()", "")
            parts = name.split(".")
            if parts[-1] in BLOCKING.get(parts[0], ()) and (isinstance(value, External) or _is_method(parts)):
                return name.removeprefix("builtins.")
    return None


def _is_method(parts: list[str]) -> bool:
    """Whether a dotted name is a method of an object, not one of what its methods return."""
    return parts[0] in LOOSE or (len(parts) > 1 and parts[-2][:1].isupper())
