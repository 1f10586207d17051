"""A test that runs another test module's body again makes the tables again."""

from __future__ import annotations

from infrastructure import MODELS, flip

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.outside_loop import fix_outside_loop

SHOP = (
    MODELS + "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n"
    'engine = create_engine("sqlite:///./test.db")\nMaker = sessionmaker(engine)\n\n'
    "Base.metadata.create_all(engine)\n\n"
    "def test_save():\n    with Maker() as db:\n        db.commit()\n"
)
AGAIN = (
    "import importlib\n\ndef test_again(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n"
    "    import test_shop\n    importlib.reload(test_shop)  # In another folder.\n    test_shop.test_save()\n"
)
FIXERS = (fix_outside_loop, fix_awaiting)


def test_the_tables_are_made_behind_the_reload() -> None:
    texts = flip({"test_shop.py": SHOP, "test_again.py": AGAIN}, *FIXERS).texts
    assert (
        'async def create_tables() -> None:\n    """Create the tables that do not exist yet."""\n'
        "    async with engine.begin() as connection:\n"
        "        await connection.run_sync(Base.metadata.create_all)\n\n\n"
        '@pytest.fixture(scope="session", autouse=True)\nasync def _create_tables() -> None:\n'
        "    await create_tables()\n"
    ) in texts["test_shop.py"]
    assert (
        "async def test_again(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    import test_shop\n"
        "    importlib.reload(test_shop)\n    await test_shop.create_tables()  # In another folder.\n"
        "    await test_shop.test_save()\n"
    ) in texts["test_again.py"]


def test_a_reload_in_sync_code_is_listed() -> None:
    again = AGAIN.replace("    test_shop.test_save()\n", "")
    result = flip({"test_shop.py": SHOP, "test_again.py": again}, *FIXERS)
    assert result.texts["test_again.py"] == again
    assert [one.reason for one in result.left if one.place.file == "test_again.py"] == [
        "this made tables again: `create_tables` of the module makes them now"
    ]
