"""Gutters, bands and panels of a strip."""
