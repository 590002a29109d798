"""Drawings made on the server: charts, cards and code, as SVG and HTML without any style of their own."""
