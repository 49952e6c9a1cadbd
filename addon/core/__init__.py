"""Logic of the Blender side that needs no bpy: numpy and the standard library only."""
