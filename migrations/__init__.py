"""Alembic migrations of the application's database, for SQLite (batch mode) and PostgreSQL."""
