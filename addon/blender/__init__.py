"""The part of the add-on that talks to bpy."""
