"""Reading Python source of any version from 3.8 on, without importing it."""
