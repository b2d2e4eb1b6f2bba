"""A synthetic branch to look at: its roster, and the program that starts everything and talks it full."""
