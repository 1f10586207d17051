"""What holds for all tests: the longest begin first, so that short ones keep all workers busy at the end."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile

import hypothesis
import pytest

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("greenshift", deadline=None)
hypothesis.settings.load_profile("greenshift")
# pytest takes this from the outermost conftest only.
pytest_plugins = ["pytester"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes half a minute or so; it runs before the others")
    # A shell that starts this in the background has it ignore Ctrl-C, and with it all programs that it starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A server that somebody keeps on this machine with `greenshift up` is not the tests'.
    folder = tempfile.mkdtemp(prefix="greenshift-no-kept-server-")
    os.environ["GREENSHIFT_STATE_DIRECTORY"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


# After pytest-randomly, which shuffles.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
