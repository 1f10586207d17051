from app.models import Customer


def test_delete(db_session):
    customer = Customer(name="Ada")
    db_session.add(customer)
    db_session.commit()
    db_session.delete(customer)
    db_session.commit()
    assert db_session.get(Customer, 1) is None
