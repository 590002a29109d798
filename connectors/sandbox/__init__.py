"""Stand-ins for the tools, on loopback: stateful, strict, and as refusing as the vendors are."""
