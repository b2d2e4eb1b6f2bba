"""Every Chinese sentence built in code, one file per affair."""
