"""What the three solutions have in common."""

from app.settings import settings

settings.scrypt_cost = 2  # the cheapest hash there is: the tests need no slow one
