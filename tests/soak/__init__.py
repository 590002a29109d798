"""make soak: long random runs of the whole hub, each against an oracle of its own."""
