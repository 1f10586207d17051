"""What the environment says: `DATABASE_URL`, `JWT_SECRET`, and the sizes and times that have a default."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """The settings; times in seconds. A secret shows in no message and no traceback."""

    database_url: SecretStr
    pool_size: int = 5
    max_overflow: int = 5
    pool_timeout: float = 10
    pool_recycle: int = 1800
    statement_timeout: int = 10
    idle_in_transaction_timeout: int = 20

    jwt_secret: SecretStr


settings = Settings()
