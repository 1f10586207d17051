"""What Python types the code gives to which columns, and which driver takes them."""

from greenshift.shift.binding.driver import Bound, Driver, driver_for, refused_by_asyncpg

__all__ = ["Bound", "Driver", "driver_for", "refused_by_asyncpg"]
