"""Differences between Blender versions and builds, other than those of actions."""

from __future__ import annotations

from typing import Any

import bpy


def eevee_id() -> str:
    """The render engine id of EEVEE."""
    return "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"


def has_sound() -> bool:
    """Whether this build can play and mix sound (the 4.2 Python module cannot)."""
    return bool(bpy.app.build_options.audaspace)


def has_video() -> bool:
    """Whether this build can write video files."""
    return bool(bpy.app.build_options.codec_ffmpeg)


def sequencer_strips(scene: Any) -> Any:
    """The scene's top-level sequencer strips; creates the sequence editor if there is none."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def set_video_output(scene: Any) -> None:
    """Make the scene write MP4 with H.264 video, and AAC sound where the build can mix sound."""
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    video = scene.render.ffmpeg
    video.format = "MPEG4"
    video.codec = "H264"
    video.constant_rate_factor = "HIGH"
    video.gopsize = 12
    video.audio_codec = "AAC" if has_sound() else "NONE"
    video.audio_bitrate = 192


def set_still_output(scene: Any) -> None:
    """Make the scene write 8-bit PNG."""
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "IMAGE"
    image.file_format = "PNG"
    image.color_mode = "RGB"
    image.color_depth = "8"
