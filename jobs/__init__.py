"""The clock: the fourth entrance, which decides what is due and sends it."""
