"""What 帮助 says."""

WHAT = "您想做什么？"
