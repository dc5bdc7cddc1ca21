"""What `toonseg labels` does with label files, pages and pictures."""
