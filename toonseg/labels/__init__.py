"""Labels that hang on the strip, and the panels of a dataset that they fall on."""
