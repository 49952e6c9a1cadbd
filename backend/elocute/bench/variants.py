"""A model, the model without one of its parts, and the model it is compared with: makers of takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

from elocute.audio.speech_features import SpeechFeatures
from elocute.clips_in_the_making import make_clips
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, Generator
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.progress import Progress

PARTS: Final = ("phones", "sound", "style", "style-guidance", "audio-guidance", "contacts")
"""What a learned model can be measured without."""
NO_STYLE: Final = "null"
"""The style of models that have a learned null style."""
_STRONGER: Final = 2.0


@runtime_checkable
class HearsSoundAndPhones(Protocol):
    """A model that can do without the sound, to measure what it adds to the phones."""

    def without_sound(self) -> Generator:
        """The same model, told phones alone.

        Raises:
            SettingsError: this model hears nothing but sound.
        """
        ...


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
            style=style if self.styled else NO_STYLE,
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
    whole = load_generator(model)
    name = whole.info.id
    variants = [Variant(name, whole)]
    for part in without:
        made = tuple(_without(Variant(name, whole), part))
        if not made:
            raise SettingsError(
                f"The model {name} cannot be measured without {part}: it has no such part.",
                "Measure it without this option.",
            )
        variants += made
    if steps and "steps" not in whole.info.options:
        raise SettingsError(f"The model {name} has no sampling steps.", "Leave --steps out.")
    variants += [Variant(f"{name}, {count} steps", whole, {"steps": float(count)}) for count in steps]
    return tuple(variants)


def load_generator(model: str) -> Generator:
    """The model of that id, or of that checkpoint folder or hub id, ready to use.

    Raises:
        SettingsError: there is no such model, or it cannot be used here.
        InputError: its files are damaged.
    """
    catalogue = Catalogue(anything=True)
    return catalogue.load(catalogue.choose(model), LoadOptions())


def shared_styles(variants: Sequence[Variant], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Presets that all variants' models have, or those of them that are wanted.

    Raises:
        SettingsError: a wanted one is missing, or they share none.
    """
    known = [variant.generator.info.styles for variant in variants]
    shared = tuple(name for name in known[0] if all(name in styles for styles in known))
    if wanted:
        if missing := [name for name in wanted if name not in shared]:
            raise SettingsError(
                f"Not every model has the style {missing[0]}.", f"They share {', '.join(shared) or 'none'}."
            )
        return tuple(wanted)
    if not shared:
        raise SettingsError("The models have no style preset in common.", "Measure models with presets.")
    return shared


def _without(whole: Variant, part: str) -> Iterator[Variant]:
    """The model without a part; nothing where it has no such part."""
    generator, name = whole.generator, whole.name
    info, contacts = generator.info, generator.finishing.probe is not None
    if part == "phones" and (info.hears_phones or contacts):
        yield replace(whole, name=f"{name}, sound alone", phones=False)
    elif part == "sound" and isinstance(generator, HearsSoundAndPhones):
        yield replace(whole, name=f"{name}, phones alone", generator=generator.without_sound(), sound=False)
    elif part == "style" and NO_STYLE in info.unlisted_styles:
        yield replace(whole, name=f"{name}, no style", styled=False)
    elif part == "contacts" and contacts:
        yield replace(whole, name=f"{name}, no lip contacts", lip_contacts=False)
    elif (scale := part.removesuffix("-guidance") + "_scale") in info.options:
        # Scales at which the condition does not matter, counts as it is, and is overdone.
        for value in (0.0, 1.0, _STRONGER):
            if value != info.options[scale].default:
                yield replace(
                    whole, name=f"{name}, {scale.replace('_', ' ')} {value:g}", parameters={scale: value}
                )
