"""Polymorphic loads, which send a statement for each subclass, never for each row."""

from __future__ import annotations

from library_models import Employee, Engineer, Lorry, Manager, Vehicle
from sqlalchemy import select
from sqlalchemy.orm import Session, selectin_polymorphic, with_polymorphic


def joined_inheritance_base_columns(session: Session) -> None:
    assert [employee.name for employee in session.scalars(select(Employee))]


def joined_inheritance_by_subclass(session: Session) -> None:
    for model in (Manager, Engineer):
        assert len(session.scalars(select(model)).all()) == 3


def joined_inheritance_with_polymorphic(session: Session) -> None:
    everyone = with_polymorphic(Employee, "*")
    budgets = [one.budget for one in session.scalars(select(everyone)) if isinstance(one, Manager)]
    assert len(budgets) == 3


def joined_inheritance_selectin(session: Session) -> None:
    option = selectin_polymorphic(Employee, [Manager, Engineer])
    for one in session.scalars(select(Employee).options(option).order_by(Employee.id)):
        assert one.budget if isinstance(one, Manager) else one.language


def single_table_inheritance(session: Session) -> None:
    for vehicle in session.scalars(select(with_polymorphic(Vehicle, [Lorry]))):
        assert not isinstance(vehicle, Lorry) or vehicle.load


def subclass_column_of_one(session: Session) -> None:
    manager = session.scalars(select(Employee).where(Employee.id == 1)).one()
    assert isinstance(manager, Manager)
    assert manager.budget == 1
