"""What measuring a model needs beyond the measures: recordings, variants of a model, tables."""
