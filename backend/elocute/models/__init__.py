"""Model families that turn speech features into motion, one folder each."""
