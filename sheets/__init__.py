"""Tables in and out: xlsx, csv and print."""
