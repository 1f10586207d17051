"""``[tool.greenshift.check]`` and the services: what is wrong is one line, and what is right is read."""

from typing import Any

import pytest

from greenshift.check.configuration import CheckConfiguration, ServiceConfiguration, read_configuration
from greenshift.check.facts import Value
from greenshift.errors import ConfigurationError


def test_the_defaults() -> None:
    assert read_configuration({}, {}) == CheckConfiguration()
    assert CheckConfiguration().severity == "warning"


def test_every_key_is_read() -> None:
    check = {
        "paths": "src",
        "exclude": ["legacy/**"],
        "select": ["GS101", "url", "gs3"],
        "ignore": ["GS002"],
        "severity": "advice",
        "baseline": "known.json",
        "workers": 4,
        "instances": 2,
        "max_connections": 100,
        "request_timeout": 30,
        "proxy": "pgbouncer-transaction",
        "proxy_idle_timeout": 600.5,
    }
    auth = {"path": "services/auth", "workers": 1, "differs": {"pool_size": "few users"}}
    read = read_configuration(check, {"auth": auth, "backend": {"live": "backend.db:engine"}})
    assert read == CheckConfiguration(
        paths=("src",),
        exclude=("legacy/**",),
        select=("GS101", "url", "gs3"),
        ignore=("GS002",),
        severity="advice",
        baseline="known.json",
        workers=4,
        instances=2,
        max_connections=100,
        request_timeout=30.0,
        proxy="pgbouncer-transaction",
        proxy_idle_timeout=600.5,
        services={
            "auth": ServiceConfiguration("auth", path="services/auth", workers=1, differs={"pool_size": "few users"}),
            "backend": ServiceConfiguration("backend", live=("backend.db:engine",)),
        },
    )


def test_a_service_is_run_as_its_own_table_says_and_else_as_the_whole() -> None:
    read = read_configuration(
        {"workers": 4, "request_timeout": 30}, {"auth": {"path": "auth", "workers": 1}, "web": {"path": "web"}}
    )
    assert read.deployment("auth").workers == Value.of(1)
    assert read.deployment("auth").request_timeout == Value.of(30.0)
    assert read.deployment("web").workers == Value.of(4)
    assert read.deployment().instances is None


@pytest.mark.parametrize(
    ("check", "problem", "fix"),
    [
        ({"worker": 3}, "unknown key 'worker'", "did you mean 'workers'?"),
        ({"zzz": 3}, "unknown key 'zzz'", "known keys: baseline, "),
        ({"services": {}}, "unknown key 'services'", "known keys"),
        ({"workers": 0}, "'workers'", "a whole number from 1"),
        ({"workers": True}, "'workers'", "a whole number from 1"),
        ({"workers": "4"}, "'workers'", "a whole number from 1"),
        ({"request_timeout": 0}, "'request_timeout'", "a number of seconds above 0"),
        ({"request_timeout": float("nan")}, "'request_timeout'", "a number of seconds above 0"),
        ({"exclude": [3]}, "'exclude'", "a string or a list of strings"),
        ({"baseline": ""}, "'baseline'", "a string"),
        ({"severity": "warn"}, "severity = 'warn'", "did you mean 'warning'? choose one of: advice, warning, error"),
        ({"proxy": "pgbouncer"}, "proxy = 'pgbouncer'", "choose one of: pgbouncer-transaction"),
        ({"select": ["GS1O1"]}, "no rule 'GS1O1' (select of [tool.greenshift.check] in p.toml)", "did you mean GS101?"),
        ({"ignore": ["pol"]}, "no rule 'pol'", "did you mean pool?"),
        ({"ignore": ["GS10"]}, "no rule 'GS10'", "greenshift check --list-rules"),
    ],
)
def test_what_is_wrong_is_one_line(check: dict[str, Any], problem: str, fix: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(check, {}, "p.toml")
    assert problem in raised.value.problem
    assert fix in raised.value.fix
    assert "\n" not in raised.value.problem + raised.value.fix


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        (3, "the service 'auth' in p.toml is not a table"),
        ({}, "[tool.greenshift.services.auth] in p.toml says neither path nor live"),
        ({"path": "auth", "worker": 2}, "[tool.greenshift.services.auth] in p.toml has the unknown key 'worker'"),
        ({"path": "auth", "name": "x"}, "unknown key 'name'"),
        ({"path": "auth", "differs": ["pool_size"]}, "'differs'"),
        ({"path": "auth", "differs": {"pool_size": " "}}, "'differs'"),
        ({"path": "auth", "severity": "error"}, "unknown key 'severity'"),
    ],
)
def test_a_wrong_service_is_one_line(service: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_configuration({}, {"auth": service}, "p.toml")
    assert problem in raised.value.problem


def test_what_services_say_themselves_is_not_known_of_the_whole() -> None:
    configuration = read_configuration(
        {"workers": 4, "instances": 2}, {"auth": {"path": "auth", "workers": 1}, "shop": {"path": "shop"}}
    )
    whole = configuration.deployment()
    assert (whole.workers, whole.instances) == (None, Value.of(2))
    assert configuration.deployment("auth").workers == Value.of(1)
    assert configuration.deployment("shop").workers == Value.of(4)
