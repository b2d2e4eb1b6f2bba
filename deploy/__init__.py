"""How it is put into service: a container's health check; beside it settings, compose's environment, systemd's units."""
