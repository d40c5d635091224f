"""The loop of issues as data and arithmetic."""
