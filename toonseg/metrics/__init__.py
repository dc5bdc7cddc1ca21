"""How good predictions are: COCO's scores, boundaries, kinds of errors, counts. Arrays and mappings only."""
