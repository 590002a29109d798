"""Sites that are odd on purpose, their numbers worked out a second time, and what the hub makes of them."""
