"""The demo world: fictional people and records in real places, to try everything out with."""
