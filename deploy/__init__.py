"""How it is put into service: a container's health check, and beside it settings, environment, systemd's units."""
