"""Models in other styles: SQLModel, mapped dataclasses, concrete inheritance, imperative mappings."""

import enum
import json
import uuid
from decimal import Decimal
from typing import Any, Optional

from pydantic import EmailStr
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TSVECTOR, UUID
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    attribute_keyed_dict,
    backref,
    declarative_base,
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
    email: EmailStr = Field(unique=True, max_length=80)
    age: int | None = None
    badge: uuid.UUID
    weight: Decimal = Field(max_digits=6, decimal_places=2)
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

ClassicBase = declarative_base()


class Account(ClassicBase):
    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("ends >= starts"),
        CheckConstraint("small BETWEEN 1 AND 5"),
        UniqueConstraint("boss_id", "ip"),
    )
    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    ip = Column(INET, nullable=False)
    email = Column(String(120), unique=True, nullable=False)
    data = Column(MutableDict.as_mutable(JSONB), default=dict)
    words = Column(TSVECTOR, nullable=False)
    more_words = Column(String().with_variant(TSVECTOR, "postgresql"), nullable=False)
    status = Column(Enum("a", "b", name="account_status"), nullable=False, server_default="a")
    small = Column(SmallInteger, nullable=False)
    matrix = Column(ARRAY(Integer, dimensions=2))
    starts = Column(Date, nullable=False)
    ends = Column(Date, nullable=False)
    boss_id = Column(ForeignKey("account.id"))
    boss = relationship("Account", remote_side="Account.id", backref="minions")
    logs = relationship("Log", back_populates="account", lazy="dynamic", cascade="all, delete-orphan")
    notes = relationship("Note", lazy="write_only", cascade="all, delete-orphan", passive_deletes=True)
    untitled = relationship(
        "Badge", primaryjoin="and_(Badge.account_id == Account.id, Badge.title.is_(None))", viewonly=True
    )
    urgent = relationship(
        "Log",
        primaryjoin="and_(Log.account_id == Account.id, Log.kind == 'urgent', Log.is_open, Log.session == None)",
        viewonly=True,
    )
    profile = relationship(
        "Profile", uselist=False, back_populates="account", cascade="all, delete-orphan", lazy="raise"
    )


class Log(ClassicBase):
    __tablename__ = "log"
    id = Column(Integer, primary_key=True)
    model = Column(Integer, nullable=False)
    session = Column(Integer)
    kind = Column(String(10), CheckConstraint("kind <> ''"), nullable=False)
    is_open = Column(Boolean, nullable=False, default=False)
    account_id = Column(ForeignKey("account.id"), nullable=False)
    account = relationship(Account, back_populates="logs")


class Note(ClassicBase):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("account.id", ondelete="CASCADE"), nullable=False)


class Profile(ClassicBase):
    __tablename__ = "profile"
    account_id = Column(ForeignKey("account.id"), primary_key=True)
    account = relationship(Account, back_populates="profile", lazy="joined")


class Words(TypeDecorator[Any]):
    """A list, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return json.dumps(value) if isinstance(value, list) else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return [] if value is None else json.loads(value)


class Badge(ClassicBase):
    __tablename__ = "badge"
    id = Column(Integer, primary_key=True)
    account_id = Column(ForeignKey("account.id"), unique=True)
    account = relationship(Account, backref=backref("badges", lazy="raise_on_sql"))
    words = Column(Words, nullable=False)
    further = Column(Words)
    title = Column(Text, index=True)


class Draft(ClassicBase):
    __tablename__ = "draft"
    id = Column(Integer, primary_key=True)
    email = Column(Text, nullable=False)
    texts = Column(
        JSONB,
        CheckConstraint(
            """jsonb_typeof(texts) = 'object' AND NOT jsonb_path_exists(texts, '$.* ? (@.type() <> "string")')"""
        ),
    )
    account_id = Column(ForeignKey("account.id"), nullable=False)
    account = relationship(Account)
    __table_args__ = (Index("one_draft", func.lower(Column("email")), unique=True),)

    def __init__(self, account: Account | None = None, **values: Any) -> None:
        self.account = account
        for name, value in values.items():
            setattr(self, name, value)


BASES = {
    "classic": ClassicBase,
    "dataclass": DataBase,
    "concrete": ConcreteBase,
    "imperative": imperative,
    "sqlmodel": SQLModel,
}
