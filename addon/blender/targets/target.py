"""What motion can be written to, whatever kind of rig it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from ...core.channel import Channel
from ...core.clip.clip import Clip
from ...core.clip.contacts import ContactProbe
from ...core.clip.curves import Performance
from ...core.clip.join import ChannelKey
from ...core.clip.sampled import Columns
from ...core.retarget.layers import Layer
from ...core.rig_layout import RigLayout
from ...core.steps import Steps

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock


class Target(Protocol):
    """A rig in the open file. It holds data-blocks, so it must not be kept beyond an undo or a file load.

    What writes motion asks in this order: ``layout``, ``contact_probe``, ``writable``, then ``allow_range``,
    and only then makes keys.
    """

    @property
    def name(self) -> str:
        """Name of the object by which :func:`addon.blender.targets.find.target_of` finds it again."""
        ...

    @property
    def basis(self) -> str | None:
        """Face basis of the clips that it plays, or None where it plays named signals only."""
        ...

    def layout(self) -> RigLayout:
        """Which channels play which signals, with rotation modes and rest axes as they are now.

        Raises:
            UserError: a part of the rig is gone.
        """
        ...

    def perform_in_steps(self, clip: Clip) -> Steps[Performance]:
        """What its channels play of a clip. Nothing is changed, and between two steps all is as it was.

        Raises:
            UserError: the clip is of a basis that the rig cannot play, or a part of the rig is gone.
        """
        ...

    def channels(self) -> tuple[Channel, ...]:
        """Every channel that a motion writes."""
        ...

    def layers(self) -> Mapping[ChannelKey, Layer]:
        """Which part of a performance each channel belongs to.

        Raises:
            UserError: a part of the rig is gone.
        """
        ...

    def writable(self) -> str:
        """Why its channels cannot be keyed now, in one sentence, or an empty string. Changes nothing."""
        ...

    def allow_range(self, channel: Channel, lowest: float, highest: float) -> bool:
        """Let a channel play these values if the rig can be made to.

        Returns:
            Whether Blender will play them without cutting them off.
        """
        ...

    def contact_probe(self) -> ContactProbe | None:
        """Measures lip and eyelid contact of clips of its basis, or None where it cannot be measured.

        Raises:
            UserError: it could be, but for a change to the rig; the motion can be keyed all the same.
        """
        ...

    def clip_of(self, columns: Columns, fps: float) -> Clip | None:
        """The clip that its channels play, from their values; None where nothing tells.

        Raises:
            UserError: a part of the rig is gone.
        """
        ...

    def clip_played_in_steps(self, columns: Columns, fps: float) -> Steps[Clip | None]:
        """The same, as exactly as can be told; takes longer where a face has to be measured first.

        Raises:
            UserError: a part of the rig is gone.
        """
        ...

    def resolve(self, owner: str) -> AnimatedBlock:
        """The data-block that a channel's ``owner`` stands for.

        Raises:
            KeyError: there is no such owner.
            UserError: it is gone.
        """
        ...
