"""What 帮助 asks: which of the things that can be done here."""

WHAT = "您想做什么？"
