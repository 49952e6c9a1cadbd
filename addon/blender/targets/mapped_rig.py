"""Any rig, through a plain list of which channels play which signals.

Nothing of the rig but its actions is changed: a bone keeps its rotation mode, a shape key its slider.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.axes import MODEL_TO_BLENDER
from ...core.channel import Channel, ChannelKind, RotationMode, rotation
from ...core.clip.clip import Clip
from ...core.clip.contacts import ContactProbe
from ...core.clip.curves import Performance, clip_signals
from ...core.clip.join import ChannelKey
from ...core.clip.sampled import Columns, clip_of_values
from ...core.errors import UserError
from ...core.retarget.layers import Layer, layers_of
from ...core.rig_layout import ChannelMix, JointRotation, RigLayout
from ...core.steps import Steps, aside
from ..version_compat import action_blocker
from .played_channel import channel_blocker, plays, widen_slider
from .rest_axes import rest_axes

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock
    from .target import Target


@dataclass(frozen=True)
class TurnedPart:
    """A bone, or a whole object, that turns as a joint of the motion does.

    Attributes:
        joint: the joint's name.
        owner: the armature object's or object's id among the rig's owners.
        bone: the bone, or an empty string for the object itself.
        share: how much of the joint's rotation it takes, 0..1.
    """

    joint: str
    owner: str
    bone: str = ""
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class MappedRig:
    """A rig and the channels that a motion writes on it; a ``Target``.

    Attributes:
        name: name of the object that stands for the rig.
        owners: a channel's ``owner`` -> the data-block that it stands for.
        mixes: channels that follow signals: shape keys, bone locations, properties.
        turned: bones and objects that follow joints, in the rotation mode that they have.
        basis: face basis of the clips that it plays, or None for named signals only.
        expressions: names of the basis' expressions in the basis' order.
        head_joint: joint that a clip's head rotation turns.
        facing: (3, 3) from the model's axes to the armature's (for objects: their parent's).
        probe: measures contacts of clips of the basis, or None.
        widen_sliders: let shape keys' sliders grow to what is keyed.
    """

    name: str
    owners: Mapping[str, AnimatedBlock]
    mixes: tuple[ChannelMix, ...]
    turned: tuple[TurnedPart, ...] = ()
    basis: str | None = None
    expressions: tuple[str, ...] = ()
    head_joint: str = "neck"
    facing: NDArray[np.float64] = field(default_factory=MODEL_TO_BLENDER.copy)
    probe: ContactProbe | None = None
    widen_sliders: bool = False

    def layout(self) -> RigLayout:
        """Which channels play which signals, each bone in its present rotation mode and rest axes.

        Raises:
            UserError: a bone is gone.
        """
        rotations = tuple(self._rotation(part) for part in self.turned)
        return RigLayout(self.basis, self.expressions, self.head_joint, self.mixes, rotations)

    def perform_in_steps(self, clip: Clip) -> Steps[Performance]:
        """The clip's expressions and joints as they are.

        Raises:
            UserError: the clip is of another basis, or a part of the rig is gone.
        """
        layout = self.layout()
        signals = yield from aside(lambda: clip_signals(clip.padded(len(layout.expressions)), layout))
        return Performance(layout, signals)

    def clip_of(self, columns: Columns, fps: float) -> Clip | None:
        """The clip that its channels play, exactly, where it plays a face basis."""
        layout = self.layout()
        return clip_of_values(layout, columns, fps) if layout.basis is not None else None

    def clip_played_in_steps(self, columns: Columns, fps: float) -> Steps[Clip | None]:
        """The same: it is exact."""
        yield 1.0
        return self.clip_of(columns, fps)

    def channels(self) -> tuple[Channel, ...]:
        """Every channel that a motion writes."""
        return self.layout().channels()

    def layers(self) -> Mapping[ChannelKey, Layer]:
        """Which part of a performance each channel belongs to."""
        return layers_of(self.layout())

    def writable(self) -> str:
        """Why the rig cannot be keyed now, in one sentence, or an empty string."""
        try:
            channels = self.channels()
        except UserError as error:
            return str(error)
        reasons = itertools.chain(
            (action_blocker(id_block) for id_block in self.owners.values()),
            (channel_blocker(self.resolve(channel.owner), channel) for channel in channels),
        )
        return next((reason for reason in reasons if reason), "")

    def allow_range(self, channel: Channel, lowest: float, highest: float) -> bool:
        """Whether the channel plays these values; widens a shape key's slider only where that is wanted."""
        id_block = self.resolve(channel.owner)
        if (
            self.widen_sliders
            and channel.kind is ChannelKind.SHAPE_KEY
            and isinstance(id_block, bpy.types.Key)
        ):
            widen_slider(id_block.key_blocks[channel.name], lowest, highest)
        return plays(id_block, channel, lowest, highest)

    def contact_probe(self) -> ContactProbe | None:
        """What the map brings to measure contacts with."""
        return self.probe

    def resolve(self, owner: str) -> AnimatedBlock:
        """The data-block that a channel's ``owner`` stands for; KeyError where the map names another."""
        return self.owners[owner]

    def _rotation(self, part: TurnedPart) -> JointRotation:
        thing = self.resolve(part.owner)
        if not isinstance(thing, bpy.types.Object):
            raise ValueError(f"{part.owner} is not an object and has no rotation")
        mode: RotationMode
        if not part.bone:
            mode, axes = thing.rotation_mode, self.facing
        else:
            posed = thing.pose.bones.get(part.bone) if thing.pose is not None else None
            if posed is None:
                raise UserError(f"{thing.name} has no bone {part.bone}; map another bone.")
            mode, axes = posed.rotation_mode, rest_axes(posed.bone, self.facing)
        channels = rotation(part.owner, mode, part.bone)
        return JointRotation(part.joint, mode, channels, axes, part.share)


if TYPE_CHECKING:
    # Nothing in the add-on makes one yet, so this is where its methods are held against the protocol.
    def _as_target(rig: MappedRig) -> Target:
        return rig
