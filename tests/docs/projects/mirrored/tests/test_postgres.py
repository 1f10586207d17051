from sqlalchemy import select

from app.models import Customer, Order


def test_crud(db_session):
    db_session.add(Customer(name="Ada"))
    db_session.commit()
    assert db_session.scalars(select(Customer.name)).all() == ["Ada"]


def test_orders(db_session):
    customer = Customer(name="Ada", orders=[Order(item="tea")])
    db_session.add(customer)
    db_session.commit()
    assert [order.item for order in customer.orders] == ["tea"]
