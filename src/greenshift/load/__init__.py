"""What an application bears: its versions served on a real PostgreSQL, driven by Locust, and compared."""
