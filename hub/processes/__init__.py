"""Processes of an installation: the embedded queue server, and the supervisor that keeps all of them running."""
