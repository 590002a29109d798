"""Sites that are odd on purpose, the numbers they stand for worked out a second time, and what the hub makes of them."""
