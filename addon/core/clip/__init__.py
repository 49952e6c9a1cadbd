"""Motion clips and faces, from the file to animation curves; numpy only."""
