"""The report: a static folder that a browser opens from disk, with every panel, mask and number."""
