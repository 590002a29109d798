"""OKR Hub: knows the OKRs, and no tools. Store, flows, jobs, web and command line."""

__version__ = "0.1.0"
