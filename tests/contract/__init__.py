"""Every exchange of the whole suite against what the vendors have published, where copies of it are at hand."""
