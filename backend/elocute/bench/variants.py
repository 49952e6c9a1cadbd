"""A model, the model without one of its parts, and the model it is held against: makers of takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, Generator
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.pipeline import make_clips
from elocute.progress import Progress

PARTS: Final = ("phones", "sound", "style", "style-guidance", "audio-guidance", "contacts")
"""What a learned model can be measured without."""
_STRONGER: Final = 2.0


@dataclass(frozen=True)
class Variant:
    """One way of making motion.

    Attributes:
        name: for tables.
        generator: the model.
        parameters: numbers of the style that differ from the model's own.
        phones: False leaves the phones out: the model has the sound alone.
        sound: False where the generator does without the sound.
        styled: False asks for no style.
        lip_contacts: False leaves contacts as the model makes them.
        style_files: contents of style files, by the name that a style calls them.
    """

    name: str
    generator: Generator = field(repr=False)
    parameters: Mapping[str, float] = field(default_factory=dict)
    phones: bool = True
    sound: bool = True
    styled: bool = True
    lip_contacts: bool = True
    style_files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def make(self, speech: SpeechFeatures, style: str | None, seed: int, takes: int) -> Sequence[MotionClip]:
        """Takes of a line.

        Raises:
            InputError: the speech or the model's files cannot be used.
            SettingsError: the model cannot do this.
        """
        if not self.phones:
            speech = replace(speech, phones=None, words=(), phone_source="none", transcript=None)
        settings = GenerationSettings(
            style=style if self.styled else "null",
            style_files=self.style_files,
            options=self.parameters,
            seed=seed,
            takes=takes,
            lip_contacts=self.lip_contacts,
        )
        return make_clips(self.generator, speech, settings, Progress())


def model_variants(model: str, without: Sequence[str], steps: Sequence[int]) -> tuple[Variant, ...]:
    """The model as it is, then without each part, then with other numbers of sampling steps.

    Args:
        model: id, or folder of a checkpoint.
        without: some of :data:`PARTS`.
        steps: of the sampler.

    Raises:
        InputError: the folder is damaged.
        SettingsError: there is no such model, or it has no such part.
    """
    if unknown := [part for part in without if part not in PARTS]:
        raise SettingsError(
            f"A model cannot be measured without {unknown[0]}.", f"Choose from {', '.join(PARTS)}."
        )
    folder = checkpoint_folder(model)
    if folder is not None:
        return tuple(_learned(folder, without, steps))
    if without or steps:
        raise SettingsError(f"The model {model} has no parts to leave out.", "Measure it as it is.")
    return (Variant(model, load_generator(model)),)


def load_generator(model: str) -> Generator:
    """The model of that id, or of that checkpoint folder or hub id, ready to use.

    Raises:
        SettingsError: there is no such model, or it cannot be used here.
        InputError: its files are damaged.
    """
    catalogue = Catalogue(anything=True)
    return catalogue.load(catalogue.choose(model), LoadOptions())


def checkpoint_folder(model: str) -> Path | None:
    """Folder of a learned model, None for one that is made of rules.

    Raises:
        SettingsError: there is no such model, or it cannot be used here.
        InputError: its files are damaged.
    """
    catalogue = Catalogue(anything=True)
    return catalogue.folder(catalogue.choose(model))


def shared_styles(variants: Sequence[Variant], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Presets that all variants' models have, or those of them that are wanted.

    Raises:
        SettingsError: a wanted one is missing, or they share none.
    """
    known = [variant.generator.info.styles for variant in variants]
    shared = tuple(name for name in known[0] if name != "null" and all(name in styles for styles in known))
    if wanted:
        if missing := [name for name in wanted if name not in shared]:
            raise SettingsError(
                f"Not every model has the style {missing[0]}.", f"They share {', '.join(shared) or 'none'}."
            )
        return tuple(wanted)
    if not shared:
        raise SettingsError("The models have no style preset in common.", "Measure models with presets.")
    return shared


def _learned(folder: Path, without: Sequence[str], steps: Sequence[int]) -> Iterator[Variant]:
    from elocute.models.diffposetalk.folder import load_folder
    from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator

    model = load_folder(folder)
    whole = DiffPoseTalkGenerator(model)
    name = model.name
    yield Variant(name, whole)
    for part in without:
        if part == "phones":
            yield Variant(f"{name}, sound alone", whole, phones=False)
        elif part == "sound":
            deaf = DiffPoseTalkGenerator(model, hears_sound=False)
            yield Variant(f"{name}, phones alone", deaf, sound=False)
        elif part == "style":
            yield Variant(f"{name}, no style", whole, styled=False)
        elif part == "contacts":
            yield Variant(f"{name}, no lip contacts", whole, lip_contacts=False)
        else:
            scale = part.removesuffix("-guidance") + "_scale"
            yield from _guided(whole, name, scale)
    for count in steps:
        yield Variant(f"{name}, {count} steps", whole, {"steps": float(count)})


def _guided(whole: Generator, name: str, scale: str) -> Iterator[Variant]:
    """Scales at which the condition does not matter, counts as it is, and is overdone."""
    own = whole.info.options[scale].default
    for value in (0.0, 1.0, _STRONGER):
        if value != own:
            yield Variant(f"{name}, {scale.replace('_', ' ')} {value:g}", whole, {scale: value})
