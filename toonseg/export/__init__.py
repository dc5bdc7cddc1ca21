"""Exports: panels and masks in the layouts that other programs read, one file a layout."""
