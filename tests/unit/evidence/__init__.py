"""Tests of rules/evidence."""
