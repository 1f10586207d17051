"""What both services need from their environment; `DATABASE_URL` is Greenshift's to set."""

import os

os.environ["JWT_SECRET"] = "only for the tests: no service runs with it"
os.environ["SCRYPT_COST"] = "2"  # the cheapest hash there is: the tests need no slow one
