"""Server-rendered pages: the third entrance."""
