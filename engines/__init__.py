"""SQL and Redis: found, started and joined; app.py, cli.py, commands/ and the tests alone import from here."""
