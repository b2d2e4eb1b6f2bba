"""Pages for people, and the script that takes the pictures in them."""
