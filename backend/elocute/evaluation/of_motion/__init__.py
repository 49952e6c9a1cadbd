"""Motion statistics: amplitudes, speeds, rates, and differences between takes and styles."""
