"""The demo: the whole system on this machine, against simulated tools, with an example company that keeps working."""
