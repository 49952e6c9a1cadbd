"""Texts that are kept with a data-block, so that files and undo keep them.

Those of a local data-block stand in its custom properties. Blender saves of a library override only what
differs from the linked data-block in properties that this one has too: custom properties that are added to
an override are gone when the file is opened again. Its texts stand in the scenes that it is in, each entry
with a pointer to the override, which Blender keeps right when things are renamed, copied and resynchronised.
Where the override was deleted and is made anew, the entry is found by what is overridden, and of which file.
While a file is open the override carries its entry's mark, so that a copy of it is known as one: it has the
same texts until either is changed or the file is saved, when it gets an entry of its own.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import bpy

from ...core.errors import UserError

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

    Holder: TypeAlias = AnimatedBlock

KEPT_KEY: Final = "elocute_of_overrides"
"""Custom property of a scene: number -> entry of an overridden data-block."""
_OF: Final = "of"
"""The override; missing where it is gone."""
_KIND: Final = "kind"
_NAME: Final = "name"
_LIBRARY: Final = "library"
_PATH: Final = "path"
_MARK: Final = "mark"
_MARK_KEY: Final = "elocute_entry"
"""Custom property of an overridden object: the mark of its entry."""
_TEXTS: Final = "texts"
"""Key -> text; an empty one hides what the linked data-block says."""


def kept_text(block: Holder, key: str) -> str:
    """What is kept under a key; an empty string where nothing is."""
    holder: Any = block  # custom properties, which the stubs know as readable only
    own = holder.get(key)
    text = own if isinstance(own, str) else ""
    if text and not _is_override(block):
        return text
    found = _texts_of(block).get(key)
    return found if isinstance(found, str) else text


def keep_text(block: Holder, key: str, text: str) -> None:
    """Keep a text.

    Raises:
        UserError: the data-block is linked and is no override, or is an override in no scene of this file.
    """
    if block.library is not None:
        raise UserError(
            f"{block.name} is linked from another file and cannot be changed.", "Make it editable first."
        )
    if _is_override(block):
        settle_copies()
        _write(block, _texts_of(block) | {key: text})
        return
    holder: Any = block
    holder[key] = text
    _forget(block, key)


def drop_text(block: Holder, key: str) -> None:
    """Keep it no longer; a text that an override has from its linked data-block counts no more."""
    if block.library is not None:
        return
    holder: Any = block
    if not _is_override(block):
        if key in holder:
            del holder[key]
        _forget(block, key)
    elif kept_text(block, key):
        settle_copies()
        others = {name: text for name, text in _texts_of(block).items() if name != key}
        _write(block, others | ({key: ""} if key in holder else {}))


def overrides_with(key: str) -> Iterator[Holder]:
    """The overrides of this file with which a text is kept under a key."""
    found: dict[int, Holder] = {}
    for place in _places():
        block = place.entry.get(_OF)
        if block is not None and place.entry[_TEXTS].get(key):
            found[block.session_uid] = block
    yield from found.values()


def let_go_of_deleted() -> None:
    """Point at no object that is in no scene any longer: it would stay in the file. Its texts stay."""
    for place in _places():
        if _OF in place.entry and not _is_in_use(place.entry[_OF]):
            del place.entry[_OF]


def mark_overrides() -> None:
    """Give overrides their entries' marks, which Blender has not saved."""
    for place in _places():
        block = place.entry.get(_OF)
        if isinstance(block, bpy.types.Object) and _is_in_use(block):
            _put_mark(block, place)


def settle_copies() -> None:
    """Give copies of overrides entries of their own."""
    for thing in bpy.data.objects:
        if _is_in_use(thing) and _is_override(thing) and not _places_of(thing) and _copied(thing):
            _write(thing, _texts_of(thing))


@dataclass(frozen=True)
class _Place:
    """An entry and where it stands.

    Attributes:
        group: all entries of a scene.
        number: under which the entry stands there.
    """

    group: Any
    number: str

    @property
    def entry(self) -> Any:
        """The entry."""
        return self.group[self.number]


def _places() -> Iterator[_Place]:
    """The entries of all local scenes; damaged ones are passed over."""
    for scene in bpy.data.scenes:
        group: Any = scene.get(KEPT_KEY) if scene.library is None else None
        for number in list(group.keys()) if hasattr(group, "keys") else ():
            entry = group[number]
            if hasattr(entry, "get") and hasattr(entry.get(_TEXTS), "to_dict"):
                yield _Place(group, number)


def _places_of(block: Holder) -> list[_Place]:
    """The entries of a data-block; for an override without any, those of one that is gone."""
    own = [place for place in _places() if place.entry.get(_OF) == block]
    if own or not _is_override(block):
        return own
    lost = (place for place in _places() if not _is_in_use(place.entry.get(_OF)))
    return [place for place in lost if _is_for(place.entry, block)]


def _texts_of(block: Holder) -> dict[str, str]:
    places = _places_of(block) or _copied(block)
    return dict(places[0].entry[_TEXTS].to_dict()) if places else {}


def _copied(block: Holder) -> list[_Place]:
    """The entries of what an overridden object was copied from."""
    holder: Any = block
    mark = holder.get(_MARK_KEY) if isinstance(block, bpy.types.Object) else None
    return [place for place in _places() if place.entry.get(_MARK) == mark] if isinstance(mark, str) else []


def _put_mark(thing: bpy.types.Object, place: _Place) -> None:
    if not isinstance(place.entry.get(_MARK), str):
        place.entry[_MARK] = uuid.uuid4().hex
    thing[_MARK_KEY] = place.entry[_MARK]


def _write(block: Holder, texts: dict[str, str]) -> None:
    """Replace what the scenes keep of an override."""
    scenes = _scenes_of(block)
    if not scenes:
        raise UserError(
            f"{block.name} is in no scene of this file, so that nothing can be kept with it.",
            "Link it to a scene.",
        )
    _remove(_places_of(block))
    if not texts:
        return
    kind, name, library, path = _origin(block)
    mark = uuid.uuid4().hex
    for scene in scenes:
        holder: Any = scene
        if not hasattr(holder.get(KEPT_KEY), "keys"):
            holder[KEPT_KEY] = {}
        group = holder[KEPT_KEY]
        number = next(str(n) for n in range(len(group.keys()) + 1) if str(n) not in group)
        group[number] = {
            _OF: block, _KIND: kind, _NAME: name, _LIBRARY: library, _PATH: path, _MARK: mark, _TEXTS: texts
        }  # fmt: skip
        if isinstance(block, bpy.types.Object):
            block[_MARK_KEY] = mark


def _forget(block: Holder, key: str) -> None:
    """Remove what the scenes keep of a data-block that was an override."""
    places = [place for place in _places() if place.entry.get(_OF) == block]
    for place in places:
        if key in place.entry[_TEXTS]:
            del place.entry[_TEXTS][key]
    _remove([place for place in places if not place.entry[_TEXTS].keys()])


def _remove(places: list[_Place]) -> None:
    for place in places:
        del place.group[place.number]


def _scenes_of(block: Holder) -> list[bpy.types.Scene]:
    """The local scenes that an object is in; for other data-blocks all of them."""
    scenes = block.users_scene if isinstance(block, bpy.types.Object) else tuple(bpy.data.scenes)
    return [scene for scene in scenes if scene.library is None]


def _overridden(block: Holder) -> bpy.types.ID:
    """The data-block that says whether a data-block is an override: shape keys are one as their mesh is."""
    return block.user if isinstance(block, bpy.types.Key) else block


def _is_override(block: Holder) -> bool:
    return _overridden(block).override_library is not None


def _is_in_use(block: bpy.types.ID | None) -> bool:
    """Whether an entry's data-block is one of this file, and in a scene if it is an object."""
    if block is None or block.library is not None:
        return False
    return bool(block.users_scene) if isinstance(block, bpy.types.Object) else True


def _origin(block: Holder) -> tuple[str, str, str, str]:
    """What an override overrides: kind, name, its library's path as it is written, and the whole path."""
    override = _overridden(block).override_library
    reference = override.reference if override is not None else None
    if reference is None or reference.library is None:
        return "", "", "", ""
    path = reference.library.filepath
    return type(block).__name__, reference.name, path, os.path.normpath(bpy.path.abspath(path))


def _is_for(entry: Any, block: Holder) -> bool:
    """Whether an entry was made for another override of the same data-block of the same file."""
    kind, name, library, path = _origin(block)
    if not name or (entry.get(_KIND), entry.get(_NAME)) != (kind, name):
        return False
    return bool(entry.get(_PATH) == path or entry.get(_LIBRARY) == library)
