"""How fast it is, as ratios to something known that runs in the same minute on the same server. See docs/speed.md."""
