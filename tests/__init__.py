"""Tests, one folder for what they need; the same word in each layer."""
