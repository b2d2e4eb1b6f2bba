"""The rules: who may, when, and what follows; modules of verbs that every entrance calls."""
