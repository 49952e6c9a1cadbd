"""Motion of a face over time: the clip every generator returns and what its numbers mean."""
