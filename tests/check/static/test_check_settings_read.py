"""Settings classes: what their fields are, and which variable replaces them."""

from __future__ import annotations

import pytest
from reading_programs import only_engine, shown

HEAD = """\
from functools import cached_property, lru_cache
from typing import Any, Annotated, Optional
from dataclasses import dataclass, field
from pydantic import AliasChoices, BaseModel, Field, PostgresDsn, SecretStr, computed_field
from pydantic import field_validator, model_validator, validator
from pydantic_settings import BaseSettings, SettingsConfigDict
"""

CASES = {
    "a default": (
        'class S(BaseSettings):\n    url: str = "a://"\ns = S()\nengine = create_engine(s.url)',
        "a:// $URL",
    ),
    "no default": ("class S(BaseSettings):\n    url: str\nengine = create_engine(S().url)", "..."),
    "pydantic 1": (
        'from pydantic import BaseSettings as B\nclass S(B):\n    url: str = "a://"\nengine = create_engine(S().url)',
        "a:// $URL",
    ),
    "a prefix": (
        'class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="APP_")\n    url: str = "a://"\n'
        "engine = create_engine(S().url)",
        "a:// $APP_URL",
    ),
    "a prefix of pydantic 1": (
        'class S(BaseSettings):\n    url: str = "a://"\n    class Config:\n        env_prefix = "APP_"\n'
        "engine = create_engine(S().url)",
        "a:// $APP_URL",
    ),
    "Field": ('class S(BaseSettings):\n    url: str = Field("a://")\nengine = create_engine(S().url)', "a:// $URL"),
    "Field with an alias": (
        'class S(BaseSettings):\n    url: str = Field(default="a://", alias="DB")\nengine = create_engine(S().url)',
        "a:// $DB",
    ),
    "Field with choices": (
        'class S(BaseSettings):\n    url: str = Field("a://", validation_alias=AliasChoices("X", "Y"))\n'
        "engine = create_engine(S().url)",
        "a:// $X",
    ),
    "Field with env": (
        'class S(BaseSettings):\n    url: str = Field("a://", env="DB")\nengine = create_engine(S().url)',
        "a:// $DB",
    ),
    "Field that is required": (
        "class S(BaseSettings):\n    url: str = Field(...)\nengine = create_engine(S().url)",
        "...",
    ),
    "a default factory": (
        'class S(BaseSettings):\n    url: str = Field(default_factory=lambda: "a://")\nengine = create_engine(S().url)',
        "a:// $URL",
    ),
    "a secret": (
        'class S(BaseSettings):\n    url: SecretStr = SecretStr("a://")\n'
        "engine = create_engine(S().url.get_secret_value())",
        "a:// $URL",
    ),
    "inherited": (
        'class A(BaseSettings):\n    url: str = "a://"\nclass S(A):\n    x: int = 1\nengine = create_engine(S().url)',
        "a:// $URL",
    ),
    "overridden": (
        'class A(BaseSettings):\n    url: str = "a://"\nclass S(A):\n    url: str = "b://"\n'
        "engine = create_engine(S().url)",
        "b:// $URL",
    ),
    "a property": (
        'class S(BaseSettings):\n    host: str\n    @property\n    def url(self) -> str:\n        return f"a://{self.host}/b"\n'
        "engine = create_engine(S().url)",
        "a://?/b",
    ),
    "a computed field": (
        'class S(BaseSettings):\n    host: str = "h"\n    @computed_field\n    @property\n    def url(self) -> str:\n'
        '        return str(PostgresDsn.build(scheme="postgresql+psycopg", host=self.host, path="b"))\n'
        "engine = create_engine(S().url)",
        "postgresql+psycopg://?/b",
    ),
    "a cached property": (
        'class S(BaseSettings):\n    @cached_property\n    def url(self) -> str:\n        return "a://"\n'
        "engine = create_engine(S().url)",
        "a://",
    ),
    "a method": (
        'class S(BaseSettings):\n    def url(self, driver="psycopg"):\n        return f"postgresql+{driver}://h"\n'
        'engine = create_engine(S().url("asyncpg"))',
        "postgresql+asyncpg://h",
    ),
    "a validator of pydantic 1": (
        "class S(BaseSettings):\n    host: str\n    url: Optional[PostgresDsn] = None\n"
        '    @validator("url", pre=True)\n    def build(cls, v, values):\n'
        "        if isinstance(v, str):\n            return v\n"
        '        return PostgresDsn.build(scheme="postgresql", host=values.get("host"), path="/b")\n'
        "engine = create_engine(S().url)",
        "postgresql://?/b $URL",
    ),
    "a field validator": (
        'class S(BaseSettings):\n    url: str = "postgres://h"\n'
        '    @field_validator("url")\n    @classmethod\n    def mend(cls, v: str) -> str:\n'
        '        return v.replace("postgres://", "postgresql://")\n'
        "engine = create_engine(S().url)",
        "postgresql://h $URL",
    ),
    "a field validator with info": (
        'class S(BaseSettings):\n    host: str = "h"\n    url: str | None = None\n'
        '    @field_validator("url", mode="before")\n    @classmethod\n    def mend(cls, v, info) -> str:\n'
        '        return v or f"a://{info.data["host"]}"\n'.replace('["host"]', "['host']")
        + "engine = create_engine(S().url)",
        "a://? $URL",
    ),
    "a model validator": (
        'class S(BaseSettings):\n    url: str | None = None\n    @model_validator(mode="after")\n    def fill(self):\n'
        '        if self.url is None:\n            self.url = "a://"\n        return self\n'
        "engine = create_engine(S().url)",
        "a:// $URL",
    ),
    "a cached getter": (
        'class S(BaseSettings):\n    url: str = "a://"\n@lru_cache\ndef get_settings() -> S:\n    return S()\n'
        "engine = create_engine(get_settings().url)",
        "a:// $URL",
    ),
    "nested settings": (
        'class D(BaseModel):\n    url: str = "a://"\nclass S(BaseSettings):\n    db: D = D()\n'
        "engine = create_engine(S().db.url)",
        "a:// $DB__URL",
    ),
    "nested settings of their own": (
        'class D(BaseSettings):\n    url: str = "a://"\nclass S(BaseSettings):\n    db: D = Field(default_factory=D)\n'
        "engine = create_engine(S().db.url)",
        "a:// $URL",
    ),
    "an argument": (
        'class S(BaseSettings):\n    url: str = "a://"\nengine = create_engine(S(url="b://").url)',
        "b://",
    ),
    "a parameter that is annotated": (
        'class S(BaseSettings):\n    url: str = "a://"\ndef make(settings: S):\n    return create_engine(settings.url)',
        "a:// $URL",
    ),
    "a dependency that is called, too": (
        'from fastapi import Depends\nclass S(BaseSettings):\n    url: str = "a://"\ndef get() -> S:\n    return S()\n'
        "def make(s: Annotated[S, Depends(get)]):\n    return create_engine(s.url)\n"
        "def use(e: Annotated[Any, Depends(make)]):\n    pass\nmake(S())",
        "a:// $URL",
    ),
    "a dataclass": (
        '@dataclass\nclass S:\n    url: str = "a://"\ns = S()\nengine = create_engine(s.url)',
        "a://",
    ),
    "a dataclass from the environment": (
        '@dataclass\nclass S:\n    url: str = field(default_factory=lambda: os.getenv("U", "a://"))\n'
        "engine = create_engine(S().url)",
        "a:// $U",
    ),
    "a dataclass that is given": (
        '@dataclass\nclass S:\n    name: str\n    url: str = "a://"\nengine = create_engine(S("x", "b://").url)',
        "b://",
    ),
    "a class": ('class Config:\n    URL = "a://"\nengine = create_engine(Config.URL)', "a://"),
    "an instance of a class": ('class Config:\n    URL = "a://"\nc = Config()\nengine = create_engine(c.URL)', "a://"),
    "an attribute set in the constructor": (
        'class Config:\n    def __init__(self, url="a://"):\n        self.url = url\n'
        "engine = create_engine(Config().url)",
        "a://",
    ),
    "an attribute that is given": (
        'class Config:\n    def __init__(self, url):\n        self.url = url\nengine = create_engine(Config("b://").url)',
        "b://",
    ),
    "a subclass's class attribute": (
        'class Base:\n    D = "a"\n    @property\n    def url(self):\n        return f"{self.D}://"\n'
        'class Prod(Base):\n    D = "b"\nengine = create_engine(Prod().url)',
        "b://",
    ),
    "an enum": (
        'from enum import Enum\nclass U(str, Enum):\n    MAIN = "a://"\nengine = create_engine(U.MAIN.value)',
        "a://",
    ),
    "a choice of classes": (
        'class A:\n    URL = "a://"\nclass B:\n    URL = "b://"\n'
        'C = {"a": A, "b": B}[os.environ["E"]]\nengine = create_engine(C.URL)',
        "a:// | b://",
    ),
}


@pytest.mark.parametrize(("source", "url"), CASES.values(), ids=CASES.keys())
def test_what_a_setting_is(source: str, url: str) -> None:
    assert shown(only_engine(HEAD + source).url) == url


def test_a_number_that_the_environment_gives_is_a_number() -> None:
    source = HEAD + "class S(BaseSettings):\n    size: int = 5\nengine = create_engine('a://', pool_size=S().size)\n"
    assert shown(only_engine(source).argument("pool_size")) == "5 $SIZE"
    given = only_engine(source, environment={"size": "20"}).argument("pool_size")
    assert given is not None
    assert given.known == 20


def test_nested_variables_are_taken_from_the_environment() -> None:
    source = (
        HEAD + "class D(BaseModel):\n    url: str = 'a://'\nclass S(BaseSettings):\n    db: D = D()\n"
        "engine = create_engine(S().db.url)\n"
    )
    assert only_engine(source, environment={"DB__URL": "b://"}).url.known == "b://"
