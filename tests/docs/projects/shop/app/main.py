from fastapi import FastAPI
from sqlalchemy import select

from app.database import Sessions
from app.models import Customer

app = FastAPI()


@app.get("/customers")
async def customers() -> list[str]:
    async with Sessions() as session:
        return list(await session.scalars(select(Customer.name).order_by(Customer.id)))
