"""Drawings for people: masks over panels, labels beside predictions, the steps from page to panel."""
