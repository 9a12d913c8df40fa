"""Hostile and unlucky inputs: what must never be destroyed, and what must never be missed without a word."""
