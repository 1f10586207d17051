import os

from sqlalchemy import pool


# here


settings = Settings()
