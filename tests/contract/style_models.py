"""Models in other styles: SQLModel, mapped dataclasses, concrete inheritance, imperative mappings."""

import enum
from typing import Any, Optional

from sqlalchemy import Column, ForeignKey, Identity, Integer, Numeric, Sequence, String, Table
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    attribute_keyed_dict,
    mapped_column,
    registry,
    relationship,
)
from sqlmodel import Field, Relationship, SQLModel


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=20, unique=True)
    heroes: list["Hero"] = Relationship(back_populates="team")


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    age: int | None = None
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: Optional["Team"] = Relationship(back_populates="heroes")


class DataBase(MappedAsDataclass, DeclarativeBase):
    pass


class Level(enum.StrEnum):
    LOW = "low"
    HIGH = "high"


class Machine(DataBase):
    __tablename__ = "machine"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True, init=False)
    name: Mapped[str] = mapped_column(String(12))
    level: Mapped[Level] = mapped_column(default=Level.LOW)
    parts: Mapped[list["Part"]] = relationship(back_populates="machine", default_factory=list, cascade="all")


class Part(DataBase):
    __tablename__ = "part"
    id: Mapped[int] = mapped_column(Sequence("part_ids"), primary_key=True, init=False)
    weight: Mapped[float]
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"), init=False)
    machine: Mapped[Machine] = relationship(back_populates="parts")


class ConcreteBase(DeclarativeBase):
    pass


class Shape(ConcreteBase):
    __tablename__ = "shape"
    id: Mapped[int] = mapped_column(primary_key=True)
    area: Mapped[Any] = mapped_column(Numeric(6, 3))


class Circle(Shape):
    __tablename__ = "circle"
    __mapper_args__ = {"concrete": True}  # noqa: RUF012 - declared as SQLAlchemy has it
    id: Mapped[int] = mapped_column(primary_key=True)
    area: Mapped[Any] = mapped_column(Numeric(6, 3))
    radius: Mapped[float]


imperative = registry()


class Country:
    pass


class City:
    pass


country = Table("country", imperative.metadata, Column("code", String(2), primary_key=True))
city = Table(
    "city",
    imperative.metadata,
    Column("key", Integer, primary_key=True, key="id"),
    Column("the_name", String(30), nullable=False),
    Column("country_code", ForeignKey("country.code", ondelete="CASCADE"), nullable=False),
)
imperative.map_imperatively(
    Country,
    country,
    properties={
        "cities": relationship(
            City, collection_class=attribute_keyed_dict("name"), passive_deletes=True, back_populates="country"
        )
    },
)
imperative.map_imperatively(
    City, city, properties={"name": city.c.the_name, "country": relationship(Country, back_populates="cities")}
)

BASES = {"dataclass": DataBase, "concrete": ConcreteBase, "imperative": imperative, "sqlmodel": SQLModel}
