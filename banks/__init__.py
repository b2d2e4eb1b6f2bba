"""Question banks that come along, as csv files `zhibu questions import` takes in: nothing to run here."""
