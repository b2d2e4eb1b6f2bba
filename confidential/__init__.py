"""Entrance 5, the confidential desk: its own database file, pages and API; it cannot read what it keeps."""
