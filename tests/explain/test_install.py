"""``install``: what is logged outside of requests, and what it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from reproduction import Reproduction
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from greenshift import trace
from greenshift.errors import ConfigurationError
from greenshift.explain import install
from greenshift.explain.development import active


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_an_error_outside_of_a_request_is_logged_as_it_happens(
    driver: str, fresh_url: Callable[[str], str], tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url = fresh_url(driver)
    engine = create_async_engine(url)
    with install(engine):
        assert Reproduction.copied("lazy_relationship", tmp_path).run(url) is not None
    asyncio.run(engine.dispose())
    [record] = [one for one in caplog.records if one.name == "greenshift.explain"]
    assert record.levelno == logging.WARNING
    assert record.explanation.kind == "lazy relationship"  # type: ignore[attr-defined]
    assert record.request is None  # type: ignore[attr-defined]
    assert "Account.owner" in record.getMessage()


def test_engines_of_both_kinds_and_none() -> None:
    for engine in (None, create_engine("postgresql+psycopg://"), create_async_engine("postgresql+asyncpg://")):
        with install(engine) as installation:
            assert active() is installation
            assert trace.active()
        assert active() is None
        assert not trace.active()


@pytest.mark.parametrize("wrong", ["postgresql://", async_sessionmaker(), object()])
def test_what_is_no_engine_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="create_async_engine"):
        install(wrong)
    assert active() is None


@pytest.mark.parametrize("options", [{"n_plus_one": "on"}, {"blocking": True}])
def test_an_unknown_mode_is_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError, match='write "error", "warn" or "off"'):
        install(**options)
    assert not trace.active()


def test_another_installation_takes_the_place_of_the_first() -> None:
    first = install()
    second = install()
    assert not first.on
    first.close()
    assert active() is second
    second.close()
    second.close()
    assert not trace.active()


@pytest.mark.parametrize("value", ["off", "OFF", "0", "false"])
def test_switched_off_by_the_environment(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENSHIFT_EXPLAIN", value)
    with install() as installation:
        assert not installation.on
        assert not trace.active()
    assert active() is None
