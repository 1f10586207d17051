"""What a printed traceback tells of an attribute, without the application."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.explain import Explanation, explain_text

LIBRARY = "/app/.venv/lib/python3.12/site-packages"
MESSAGE = "greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected place?"


def traceback(
    *frames: tuple[str, str], code: str = "return account.owner.name", carets: str = "", last: str = ""
) -> str:
    lines = ["Traceback (most recent call last):", '  File "/app/service.py", line 12, in owner_of', f"    {code}"]
    lines += [f"    {carets}"] if carets else []
    for number, (file, function) in enumerate(frames, 100):
        lines += [f'  File "{LIBRARY}/{file}", line {number}, in {function}', "    return value"]
    return "\n".join([*lines, last or f"sqlalchemy.exc.MissingGreenlet: {MESSAGE}", ""])


GET = ("sqlalchemy/orm/attributes.py", "__get__")
LAZY = (GET, ("sqlalchemy/orm/strategies.py", "_load_for_state"), ("sqlalchemy/orm/strategies.py", "_emit_lazyload"))
DEFERRED = (
    GET,
    ("sqlalchemy/orm/strategies.py", "_load_for_state"),
    ("sqlalchemy/orm/loading.py", "load_scalar_attributes"),
)
EXPIRED = (GET, ("sqlalchemy/orm/state.py", "_load_expired"), ("sqlalchemy/orm/loading.py", "load_scalar_attributes"))
# A relationship whose foreign key is expired.
EXPIRED_KEY = (
    *LAZY[:2],
    ("sqlalchemy/orm/state.py", "_load_expired"),
    ("sqlalchemy/orm/loading.py", "_load_scalar_attributes"),
)
CORE = (("sqlalchemy/orm/session.py", "execute"), ("sqlalchemy/engine/base.py", "execute"))


def only(text: str) -> Explanation:
    [explanation] = explain_text(text)
    return explanation


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        (LAZY, "lazy relationship"),
        (DEFERRED, "deferred column"),
        (EXPIRED, "expired attribute"),
        (EXPIRED_KEY, "expired attribute"),
        (CORE, "missing greenlet"),
    ],
)
def test_the_loader_tells_the_kind(frames: tuple[tuple[str, str], ...], kind: str) -> None:
    explanation = only(traceback(*frames))
    assert explanation.kind == kind
    assert [(place.file, place.line) for place in explanation.where] == [("/app/service.py", 12)]


def test_frames_of_windows_are_known() -> None:
    text = traceback(*LAZY).replace(f"{LIBRARY}/sqlalchemy/orm/", "C:\\app\\Lib\\site-packages\\sqlalchemy\\orm\\")
    assert only(text).kind == "lazy relationship"


@pytest.mark.parametrize(
    ("code", "carets", "attribute"),
    [
        ("return account.owner.name", "       ^^^^^^^^^^^^^", "owner"),
        ("return account.owner.name", "", "owner"),
        ("return a.x + account.owner.name", "             ^^^^^^^^^^^^^", "owner"),
        ("return a.x + account.owner.name", "", None),
        ("for item in order.items:", "", "items"),
        ("print(team, team.members)", "", "members"),
        ("owner = getattr(account, name)", "", None),
    ],
)
def test_the_attribute_is_under_the_carets_or_the_only_one(code: str, carets: str, attribute: str | None) -> None:
    explanation = only(traceback(*LAZY, code=code, carets=carets))
    if attribute is None:
        assert any("which attribute" in sentence for sentence in explanation.unknown)
    else:
        assert explanation.headline.startswith(f".{attribute} ")
        assert f"Model.{attribute}" in explanation.fix
        assert any("model" in sentence for sentence in explanation.unknown)


def test_the_sql_names_the_table() -> None:
    sql = "[SQL: SELECT owner.id \nFROM owner]"
    last = f"sqlalchemy.exc.StatementError: (sqlalchemy.exc.MissingGreenlet) {MESSAGE}\n{sql}"
    assert "a SELECT from owner" in only(traceback(*LAZY, last=last)).because


PYDANTIC = """
    Traceback (most recent call last):
      File "/app/routes.py", line 30, in read
        return AccountOut.model_validate(account)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      File "/app/.venv/lib/python3.12/site-packages/pydantic/main.py", line 100, in model_validate
        return cls.__pydantic_validator__.validate_python(
    pydantic_core._pydantic_core.ValidationError: {count} validation error for AccountOut
    """
ERROR = """
    {attribute}
      Error extracting attribute: MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. \
Was IO attempted in an unexpected place? (Background on this error at: https://sqlalche.me/e/20/xd2s) \
[type=get_attribute_error, input_value=<app.models.Account object at 0x7f0>, input_type=Account]
        For further information visit https://errors.pydantic.dev/2.11/v/get_attribute_error
    """


def pydantic(*attributes: str) -> str:
    parts = [PYDANTIC.format(count=len(attributes)), *(ERROR.format(attribute=one) for one in attributes)]
    return "\n".join(textwrap.dedent(part).strip() for part in parts) + "\n"


def test_pydantic_names_the_attributes_and_the_class() -> None:
    explanation = only(pydantic("owner", "0.branch"))
    assert explanation.kind == "lazy relationship"
    assert explanation.headline.startswith("Account.owner and Account.branch are relationships")
    assert "selectinload(Account.owner), selectinload(Account.branch)" in explanation.fix


def test_an_object_whose_key_fails_is_expired() -> None:
    explanation = only(pydantic("id", "owner"))
    assert explanation.kind == "expired attribute"
    assert explanation.headline.startswith("Account.id ")


def test_pydantic_errors_of_other_kinds_are_none_of_ours() -> None:
    text = pydantic("owner").replace("MissingGreenlet: greenlet_spawn", "ValueError: something")
    assert explain_text(text) == []


@pytest.mark.parametrize(
    "last",
    [
        "AttributeError: 'NoneType' object has no attribute 'name'",
        "sqlalchemy.exc.InvalidRequestError: 'Account.owner' is not available due to lazy='raise'",
        "sqlalchemy.orm.exc.ObjectDeletedError: Instance '<Account at 0x7f>' has been deleted.",
        "ValueError: the session is closed",
    ],
)
def test_other_errors_under_a_load_are_none_of_ours(last: str) -> None:
    kinds = {"lazy relationship", "deferred column", "expired attribute", "detached instance", "missing greenlet"}
    assert not kinds & {one.kind for one in explain_text(traceback(*LAZY, last=last))}


@pytest.mark.parametrize(
    ("message", "headline"),
    [
        (
            "Parent instance <Account at 0x7f3a> is not bound to a Session; lazy load operation of attribute 'owner' "
            "cannot proceed (Background on this error at: https://sqlalche.me/e/20/bhk3)",
            "Account.owner, a relationship that is not loaded,",
        ),
        (
            "Parent instance <Account at 0x7f3a> is not bound to a Session; "
            "deferred load operation of attribute 'note' cannot proceed",
            "Account.note, a deferred column that is not loaded,",
        ),
        (
            "Instance <Account at 0x7f3a> is not bound to a Session; attribute refresh operation cannot proceed",
            "Account.owner, an attribute that had expired,",
        ),
        (
            "Parent instance <Account at 0x7f3a> is not bound to a Session, and no contextual session is established; "
            "lazy load operation of attribute 'owner' cannot proceed",
            "Account.owner, a relationship that is not loaded,",
        ),
    ],
)
def test_the_message_of_a_detached_instance_tells_all(message: str, headline: str) -> None:
    explanation = only(traceback(GET, last=f"sqlalchemy.orm.exc.DetachedInstanceError: {message}"))
    assert explanation.kind == "detached instance"
    assert explanation.headline.startswith(headline)
