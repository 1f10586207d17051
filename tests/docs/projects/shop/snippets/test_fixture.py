import pytest
from sqlalchemy import select

from app.models import Customer

...  # here


@pytest.mark.asyncio
async def test_add(db):
    db.add(Customer(name="Ada"))
    await db.commit()
    assert list(await db.scalars(select(Customer.name))) == ["Ada"]
