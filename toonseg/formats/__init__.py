"""Label and dataset files, one module a format."""
