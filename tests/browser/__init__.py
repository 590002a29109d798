"""The Chromium of the browser tests and pictures: the machine's own, or one installed into .venv/browser."""
