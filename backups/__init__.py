"""A backup: everything the branch has entered, in files that neither engine owns; taken, checked and put back."""
