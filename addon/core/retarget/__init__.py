"""A performance on any character's rig: from clips to controls, from controls to the rig's own channels."""
