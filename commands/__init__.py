"""What an operator types: one room an affair, each command a function; cli.py alone reads the words and calls them."""
