"""The interface between the model families and everything that generates motion with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Protocol

from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.attention import Attention
from elocute.errors import SettingsError, UserError, counted
from elocute.finishing.needs import FinishingNeeds
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip, joined_frames
from elocute.motion.revision import Pin, Revision
from elocute.option_curve import OptionCurve, check_curve
from elocute.progress import Progress
from elocute.style_blend import parse_blend
from elocute.style_curve import changes, parse_curve
from elocute.style_ways import refuse_other_ways

MOST_TAKES: Final = 64
"""Takes that one request may ask for, everywhere."""
LARGEST_SEED: Final = 2**32 - 1


@dataclass(frozen=True)
class NumberOption:
    """A number of a model that a user may turn.

    Attributes:
        lowest: smallest value.
        default: the model's own value.
        highest: largest value.
        whole: whether only whole numbers are allowed.
        varies: whether it may change within a performance, see :attr:`GenerationSettings.curves`.
    """

    lowest: float
    default: float
    highest: float
    whole: bool = False
    varies: bool = False


@dataclass(frozen=True)
class ModelInfo:
    """What a user needs to choose a model.

    Attributes:
        id: name used on the command line and the wire.
        family: model family, the folder under ``elocute.models``.
        title: one line for menus.
        basis: face basis of the clips it makes.
        fps: frame rate of the clips it makes.
        styles: names of its style presets, the default first where it has one.
        unlisted_styles: further names that a request may use and that users are not offered.
        options: numbers a user may turn, by name.
        choices: name -> allowed values, the default first, of what is chosen from a list.
        hears_phones: whether phones change what it generates; where not, they need not be looked for.
        blends_styles: whether it takes style files and blends of styles in addition to its presets.
        changes_styles: whether a style may have an intensity and change in time, ``sad@0,happy*0.8@2.5``.
        identity: how many identity numbers it takes, 0 for none.
        repeats_noise: whether it takes recorded noise.
        any_device: whether it can compute on another device than the processor, with PyTorch.
        engine: what computes it on the processor in this installation.
    """

    id: str
    family: str
    title: str
    basis: str
    fps: float
    styles: tuple[str, ...]
    options: Mapping[str, NumberOption] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hears_phones: bool = True
    blends_styles: bool = False
    changes_styles: bool = False
    unlisted_styles: tuple[str, ...] = ()
    identity: int = 0
    repeats_noise: bool = False
    any_device: bool = False
    engine: str = "PyTorch"


@dataclass(frozen=True)
class GenerationSettings:
    """What to generate. The same request serves command line, service, panel and scripts.

    Attributes:
        style: a preset; styles with weights as ``calm:0.7,lively:0.3``, or with intensities and seconds as
            ``sad@0,happy*0.8@2.5``, where the model takes these; None for the model's default.
        style_files: contents of style files (``.npz``, ``.npy``), by the name that ``style`` calls them.
        options: numbers that differ from the model's own, see :attr:`ModelInfo.options`.
        curves: options over time, by name: seconds and values (:mod:`elocute.option_curve`). An option has a
            number or a curve, not both.
        choices: choices that differ from the model's own, see :attr:`ModelInfo.choices`.
        identity: identity numbers of the speaker, :attr:`ModelInfo.identity` of them; None for the average.
        noise: content of a file of recorded noise, which then replaces chance and the seed; None for chance.
        before: content of a clip (``.npz``) in the model's basis that the motion goes on from; None for none.
        base: content of a clip (``.npz``) of this recording that is changed; None to make all of it.
        ranges: of that, the first and the last second of each part that is made anew.
        channels: parts of the face that are, see :data:`~elocute.motion.face_parts.PARTS`; none for all.
        pinned: (name, second, value) of numbers that are met within the ranges.
        attention: whom one looks at in a dialogue, and where one nods; None for a monologue.
        seed: take k uses seed + k.
        takes: how many clips to make.
        head_motion: False leaves head and neck at rest.
        lip_contacts: make the contacts of P, B, M, F and V certain where the phones say so.
    """

    style: str | None = None
    style_files: Mapping[str, bytes] = field(default_factory=dict)
    options: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, OptionCurve] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[float, ...] | None = None
    noise: bytes | None = None
    before: bytes | None = None
    base: bytes | None = None
    ranges: tuple[tuple[float, float], ...] = ()
    channels: tuple[str, ...] = ()
    pinned: tuple[Pin, ...] = ()
    attention: Attention | None = None
    seed: int = 0
    takes: int = 1
    head_motion: bool = True
    lip_contacts: bool = True

    @property
    def revision(self) -> Revision | None:
        """What is made anew of a clip; None where all is made."""
        if self.base is None:
            return None
        return Revision(self.base, self.ranges, self.channels, self.pinned)


@dataclass(frozen=True)
class MotionWindow:
    """Frames that are final.

    Attributes:
        first: index of the first of them in the whole clip.
        clips: those frames of each take.
    """

    first: int
    clips: tuple[MotionClip, ...]


ClipSink = Callable[[MotionWindow], None]
"""Takes the windows of a clip in order, without gaps, as they become final."""


@dataclass(frozen=True)
class Spoken:
    """One of several recordings that a generator is given at once.

    Attributes:
        speech: what it hears.
        settings: what is asked for.
        sink: gets the windows of its clips.
    """

    speech: SpeechFeatures
    settings: GenerationSettings
    sink: ClipSink


class Generator(Protocol):
    """A loaded model that turns speech into motion. Stateless between calls."""

    @property
    def info(self) -> ModelInfo:
        """What this model is."""
        ...

    @property
    def finishing(self) -> FinishingNeeds:
        """What the finisher is told of this model."""
        ...

    def check(self, settings: GenerationSettings) -> None:
        """Refuse what cannot be done before any work is done.

        Raises:
            SettingsError: unknown style, option or choice, or a value out of range.
            InputError: a style file cannot be used.
        """
        ...

    def stream(
        self, speech: SpeechFeatures, settings: GenerationSettings, progress: Progress, sink: ClipSink
    ) -> None:
        """Hand ``settings.takes`` clips to ``sink``, window by window; their motion is not finished yet.

        Raises:
            SettingsError: as :meth:`check`.
            InputError: the speech cannot be used by this model.
            Cancelled: ``progress`` was cancelled.
        """
        ...

    def stream_together(
        self, recordings: Sequence[Spoken], progress: Progress
    ) -> tuple[UserError | None, ...]:
        """:meth:`stream` for several recordings, as one batch where the model can.

        Clips are the same as one by one, but for the last bits of their numbers.

        Returns:
            For each recording why it failed, None where it did not.

        Raises:
            Cancelled: ``progress`` was cancelled.
        """
        ...


def one_by_one(
    generator: Generator, recordings: Sequence[Spoken], progress: Progress
) -> tuple[UserError | None, ...]:
    """:meth:`Generator.stream_together` for models that gain nothing from a batch."""
    failures: list[UserError | None] = []
    for number, one in enumerate(recordings):
        own = progress.part(number / len(recordings), 1 / len(recordings))
        try:
            generator.stream(one.speech, one.settings, own, one.sink)
        except UserError as error:
            failures.append(error)
        else:
            failures.append(None)
    return tuple(failures)


def check_settings(info: ModelInfo, settings: GenerationSettings) -> None:
    """Compare ``settings`` with what a model says of itself; quick, no model is loaded.

    Raises:
        SettingsError: unknown style, option or choice, a value out of range, too many takes.
    """
    check_seed_and_takes(settings.seed, settings.takes)
    _check_style(info, settings)
    _check_options(info, settings.options)
    _check_curves(info, settings)
    _check_choices(info, settings.choices)
    _check_inputs(info, settings)
    _check_revision(info, settings)


def check_seed_and_takes(seed: int, takes: int) -> None:
    """Refuse numbers that no model takes.

    Raises:
        SettingsError: the seed of the first or the last take, or the number of takes, is out of range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise SettingsError(
            f"The seed {seed} is out of range.", f"Give a whole number from 0 to {LARGEST_SEED}."
        )
    if not 1 <= takes <= MOST_TAKES:
        raise SettingsError(f"{takes} takes are out of range.", f"Ask for 1 to {MOST_TAKES} takes.")
    if seed + takes - 1 > LARGEST_SEED:  # that take could not be made again by its own seed
        raise SettingsError(
            f"The seed {seed} is out of range for {takes} takes: each take needs a seed of its own.",
            f"Give a whole number from 0 to {LARGEST_SEED - takes + 1}.",
        )


def _check_style(info: ModelInfo, settings: GenerationSettings) -> None:
    if settings.style is None:
        return
    names = [settings.style]
    if settings.style not in (*settings.style_files, *info.styles, *info.unlisted_styles):
        refuse_other_ways(settings.style, info.id, blends=info.blends_styles, varies=info.changes_styles)
    if settings.style in settings.style_files:
        pass
    elif info.changes_styles and changes(settings.style):
        names = [key.name for key in parse_curve(settings.style)]
    elif info.blends_styles:
        names = [part.name for part in parse_blend(settings.style)]
    known = {*info.styles, *info.unlisted_styles, *(settings.style_files if info.blends_styles else ())}
    for name in names:
        if name not in known:
            raise SettingsError(
                f"Model {info.id} has no style named {name!r}.", _style_hint(info, name), code="unknown_style"
            )


def _style_hint(info: ModelInfo, wanted: str) -> str:
    """What to give instead of a style that is none."""
    names = {style.lower(): style for style in info.styles}
    if near := get_close_matches(wanted.lower(), names, 1):
        return f"Did you mean {names[near[0]]}? {_styles_of(info)}"
    return _styles_of(info)


def _styles_of(info: ModelInfo) -> str:
    files = "a style file (.npz, .npy)" if info.blends_styles else ""
    if not info.styles:
        return f"Give {files}." if files else "Leave the style out."
    timed = " It may change: sad@0,happy*0.8@2.5." if info.changes_styles else ""
    return f"Choose one of: {', '.join(info.styles)}" + (f"; or give {files}." if files else ".") + timed


def _check_options(info: ModelInfo, given: Mapping[str, float]) -> None:
    for name, value in given.items():
        _check_number(name, value, _option(info, name))


def _check_curves(info: ModelInfo, settings: GenerationSettings) -> None:
    for name, curve in settings.curves.items():
        option = _option(info, name)
        if name in settings.options:
            raise SettingsError(
                f"The setting {name} has a number and a curve.", "Give one of them.", code="bad_settings"
            )
        if not option.varies:
            varying = [other for other, each in info.options.items() if each.varies]
            raise SettingsError(
                f"The setting {name} of model {info.id} cannot change within a performance.",
                f"These can: {', '.join(varying)}." if varying else "None of its settings can.",
                code="setting_out_of_range",
            )
        check_curve(name, curve)
        for _, value in curve:
            _check_number(name, value, option)


def _option(info: ModelInfo, name: str) -> NumberOption:
    if name not in info.options:
        raise SettingsError(
            f"Model {info.id} has no setting named {name!r}.",
            f"It has: {', '.join(info.options)}." if info.options else "It has no settings.",
            code="unknown_setting",
        )
    return info.options[name]


def _check_number(name: str, value: float, option: NumberOption) -> None:
    inside = math.isfinite(value) and option.lowest <= value <= option.highest
    broken = inside and option.whole and value != int(value)
    if broken or not inside:
        kind = "a whole number" if option.whole else "a number"
        raise SettingsError(
            f"{name} = {value:g} is {'not a whole number' if broken else 'out of range'}.",
            f"Give {kind} from {option.lowest:g} to {option.highest:g}.",
            code="setting_out_of_range",
        )


def _check_choices(info: ModelInfo, given: Mapping[str, str]) -> None:
    for name, value in given.items():
        if name not in info.choices:
            raise SettingsError(
                f"Model {info.id} has no setting named {name!r}.",
                f"It has: {', '.join(info.choices)}." if info.choices else "It has no such settings.",
                code="unknown_setting",
            )
        if value not in info.choices[name]:
            raise SettingsError(
                f"{name} = {value!r} is unknown.",
                f"Choose one of {', '.join(info.choices[name])}.",
                code="setting_out_of_range",
            )


def _check_inputs(info: ModelInfo, settings: GenerationSettings) -> None:
    if settings.identity is not None and not info.identity:
        raise SettingsError(f"Model {info.id} takes no identity.", "Leave the shape out.")
    if settings.identity is not None and len(settings.identity) != info.identity:
        raise SettingsError(
            f"The shape has {counted(len(settings.identity), 'coefficient')}; "
            f"model {info.id} takes {info.identity}."
        )
    if settings.noise is not None and not info.repeats_noise:
        raise SettingsError(f"Model {info.id} takes no recorded noise.", "Leave the noise out.")


def _check_revision(info: ModelInfo, settings: GenerationSettings) -> None:
    revision = settings.revision
    if revision is None:
        if settings.ranges or settings.channels or settings.pinned:
            raise SettingsError(
                "Ranges, channels and pinned values are of a clip that is changed, and none is given.",
                "Give the clip (base), or leave them out.",
            )
        return
    if settings.before is not None:
        raise SettingsError(
            "A clip that is changed does not go on from other motion.", "Leave one of the two clips out."
        )
    revision.check(basis_of(info.basis))


def joined(windows: Sequence[MotionWindow]) -> tuple[MotionClip, ...]:
    """The whole clip of each take from all its windows.

    What does not change over a clip (rate, basis, identity, meta) is that of the last window: only then is
    everything known.

    Raises:
        ValueError: there are no windows, they leave gaps, are out of order, or differ in takes or parts.
    """
    expected = 0
    for window in windows:
        if window.first != expected:
            raise ValueError(f"the window at frame {window.first} does not follow frame {expected - 1}")
        expected += window.clips[0].frames
    if not windows or len({len(window.clips) for window in windows}) != 1:
        raise ValueError("windows of a clip are one or more and hold the same takes")
    return tuple(
        joined_frames([window.clips[take] for window in windows]) for take in range(len(windows[0].clips))
    )
