"""What somebody needs writes a mini-program: types made from the API, a wrapper, an example."""
