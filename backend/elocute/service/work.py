"""The work of one job, and the messages of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from elocute.audio.segment import Segment
from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.attention import Attention, Regard
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings, ModelInfo, MotionWindow
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service.messages import (
    AttentionMessage,
    JobSettings,
    JobSummary,
    ModelMessage,
    OptionMessage,
    PhoneList,
    PhoneMessage,
    WindowMessage,
    WordMessage,
)
from elocute.service.windows import pack, window_messages

ATTACHED: Final = ("before", "base", "given_phones")
"""Further files that may come with a job."""


@dataclass(frozen=True)
class JobRequest:
    """What a job is asked for.

    Attributes:
        audio: the bytes of the sound file.
        settings: what to make of it.
        styles: contents of the style files that came along, by name.
        before: content of the clip that its motion goes on from, or None.
        base: content of the clip that it changes, or None.
        given_phones: content of the file that tells its phones, or None.
    """

    audio: bytes
    settings: JobSettings
    styles: Mapping[str, bytes] = field(default_factory=dict)
    before: bytes | None = None
    base: bytes | None = None
    given_phones: bytes | None = None

    @property
    def attached(self) -> dict[str, bytes]:
        """The further files that came along, by the names of their parts."""
        files = {name: getattr(self, name) for name in ATTACHED}
        return {name: content for name, content in files.items() if content is not None}

    @property
    def size(self) -> int:
        """Bytes it takes up, nearly."""
        return sum(map(len, (self.audio, *self.styles.values(), *self.attached.values())))

    @property
    def segment(self) -> Segment | None:
        """The part of the recording that is meant.

        Raises:
            SettingsError: its text is not of that form.
        """
        settings = self.settings
        part = None if settings.segment is None else Segment.parse(settings.segment)
        return replace(part or Segment(), from_first_sound=True) if settings.from_first_sound else part

    def performance(self) -> PerformanceRequest:
        """What the pipeline is asked for: every field of the settings, none with a value of its own."""
        settings = self.settings
        return PerformanceRequest(
            model=settings.model,
            transcript=settings.transcript,
            language=settings.language,
            words=settings.words,
            segment=self.segment,
            phones=settings.phones,
            given_phones=self.given_phones,
            settings=GenerationSettings(
                style=settings.style,
                style_files=dict(self.styles),
                options=dict(settings.options),
                curves=dict(settings.curves),
                choices=dict(settings.choices),
                identity=settings.identity,
                before=self.before,
                base=self.base,
                ranges=settings.ranges,
                channels=settings.channels,
                pinned=settings.pinned,
                seed=settings.seed,
                takes=settings.takes,
                head_motion=settings.head_motion,
                lip_contacts=settings.lip_contacts,
                attention=_attention(settings.attention),
            ),
        )


def _attention(told: AttentionMessage | None) -> Attention | None:
    """UserError where a regard ends before it starts."""
    if told is None:
        return None
    regards = (Regard(r.start, r.end, r.yaw, r.pitch, r.role) for r in told.regards)
    return Attention(tuple(regards), told.nods)


@dataclass(frozen=True)
class JobResult:
    """What a job made: npz bytes per take, and the phones.

    Attributes:
        makeshift: see :class:`SpeechFeatures`.
    """

    clips: tuple[bytes, ...]
    phones: PhoneList
    summary: JobSummary
    makeshift: bool = False


def check_phones_job(request: JobRequest) -> None:
    """Refuse what would come to nothing in a job of the kind phones, for no motion is made.

    Raises:
        SettingsError: it has something of a clip, or phones of its own.
    """
    named = ("options", "curves", "choices", "ranges", "channels", "pinned", "attention")
    unused = [*request.attached, *(name for name in named if getattr(request.settings, name))]
    if unused:
        raise SettingsError(
            f"A job of the kind phones makes no motion, so it takes no {unused[0]}.",
            "Leave it out, or ask for the kind generate.",
        )


TakeWindow = Callable[[WindowMessage], None]


def run_job(
    pipeline: Pipeline,
    request: JobRequest,
    progress: Progress,
    sink: TakeWindow,
    opening: TakeWindow | None = None,
) -> JobResult:
    """Do one job.

    Args:
        pipeline: does it.
        request: the job.
        progress: told about it; may cancel it.
        sink: gets its motion in order as it becomes final.
        opening: gets how it begins before that, where the job asks for it.

    Raises:
        UserError: the sound or the settings cannot be used.
        Cancelled: ``progress`` was cancelled.
    """
    clips: tuple[MotionClip, ...] = ()
    settings = request.settings

    def send(window: MotionWindow, to: TakeWindow = sink) -> None:
        for message in window_messages(window):
            progress.check()
            to(message)

    begin = None
    if opening is not None and settings.opening:
        begin = partial(send, to=opening)

    if settings.kind == "phones":
        speech = pipeline.analyse(
            request.audio,
            settings.transcript,
            settings.language,
            progress,
            segment=request.segment,
            words=settings.words,
        )
        notes = speech.notes
    else:
        performance = pipeline.perform(request.audio, request.performance(), progress, send, begin)
        speech, clips, notes = performance.speech, performance.clips, performance.notes
    packed = []
    for index, clip in enumerate(clips):
        progress.report("packing", index / len(clips), "Packing the clips")
        packed.append(pack(clip))
    progress.check()
    first = clips[0] if clips else None
    summary = JobSummary(
        frames=first.frames if first else 0,
        fps=first.fps if first else 0.0,
        seconds=speech.seconds,
        basis=first.basis if first else "",
        takes=len(clips),
        phone_source=speech.phone_source,
        transcript=speech.transcript,
        notes=notes,
        audio_sha256=speech.audio_sha256,
        stage_seconds={},
    )
    return JobResult(tuple(packed), phone_list(speech), summary, speech.makeshift)


def phone_list(speech: SpeechFeatures) -> PhoneList:
    """Return the phones and words of ``speech`` as a message."""
    phones = None
    if speech.phones is not None:
        phones = tuple(PhoneMessage(label=p.label, start=p.start, end=p.end) for p in speech.phones)
    return PhoneList(
        seconds=speech.seconds,
        phone_source=speech.phone_source,
        transcript=speech.transcript,
        phones=phones,
        words=tuple(WordMessage(text=w.text, start=w.start, end=w.end) for w in speech.words),
        notes=speech.notes,
    )


def model_message(info: ModelInfo, engine: str, reason: str) -> ModelMessage:
    """Return what the service says of a model that ``engine`` computes, for a ``reason``."""
    return ModelMessage(
        id=info.id,
        family=info.family,
        title=info.title,
        basis=info.basis,
        fps=info.fps,
        styles=info.styles,
        options={
            name: OptionMessage(
                lowest=option.lowest,
                default=option.default,
                highest=option.highest,
                whole=option.whole,
                varies=option.varies,
            )
            for name, option in info.options.items()
        },
        choices=dict(info.choices),
        hears_phones=info.hears_phones,
        blends_styles=info.blends_styles,
        changes_styles=info.changes_styles,
        identity=info.identity,
        engine=engine,
        engine_reason=reason,
    )
