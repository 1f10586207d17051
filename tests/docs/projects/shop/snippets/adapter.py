"""What the page leaves out: the rest of the classes, and the models' library."""

from greenshift.contract import ModelContract
from greenshift.contract import PairedAdapter as AbstractAdapter
from greenshift.contract import PairedSession as AbstractSession


class User: ...


class AsyncUser: ...


class Post: ...


class AsyncPost: ...


class DatabaseManager: ...


class AsyncDatabaseManager: ...


def completed(base):
    """Return the base with the methods that are left to be written."""
    missing = {name: lambda *_, **__: None for name in base.__abstractmethods__}
    return type(base.__name__, (base,), missing)


PairedAdapter, PairedSession = completed(AbstractAdapter), completed(AbstractSession)

# here

assert TestModels.adapter.session is RecordsSession
