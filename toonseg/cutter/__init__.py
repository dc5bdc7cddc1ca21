"""`toonseg cut`: the panels of folders and archives of pages, without the pipeline."""
