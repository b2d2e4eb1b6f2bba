"""The account all bots have: anybody may know its secrets."""

APP_ID, TOKEN, KEY = "wxbench000000001", "benchToken", "benchAesKey0123456789abcdefghijklmnopqrstuv"
