from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

...  # here
