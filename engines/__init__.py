"""SQL and Redis: found, started and joined; app.py, cli.py and the tests alone import from here."""
