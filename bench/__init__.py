"""The benchmarks: servers under load, side by side in one run, told as ratios."""
