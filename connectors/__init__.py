"""What the tools can say and be told. Knows no OKRs: imports neither hub nor mappings."""
