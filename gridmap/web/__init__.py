"""The web: JSON under /api/v1, pages, and tiles. Each view reads its input, calls one service, answers."""
