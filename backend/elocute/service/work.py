"""What the worker does with one job, and the messages made of the outcome."""

from __future__ import annotations

import io
from dataclasses import dataclass

from elocute.audio.speech_features import SpeechFeatures
from elocute.generator import GenerationSettings, ModelInfo
from elocute.motion.clip import MotionClip
from elocute.pipeline import PerformanceRequest, Pipeline
from elocute.progress import Progress
from elocute.service.messages import (
    JobSettings,
    JobSummary,
    ModelMessage,
    ParameterRange,
    PhoneList,
    PhoneMessage,
    WordMessage,
)


@dataclass(frozen=True)
class JobResult:
    """What a job made: npz bytes per take, and the phones."""

    clips: tuple[bytes, ...] = ()
    phones: PhoneList | None = None
    summary: JobSummary | None = None

    @property
    def size(self) -> int:
        """Bytes it takes up, nearly."""
        phones = self.phones
        count = len(phones.phones or ()) + len(phones.words) if phones is not None else 0
        return sum(len(clip) for clip in self.clips) + 500 * count


def performance_request(settings: JobSettings) -> PerformanceRequest:
    """Return what the pipeline is asked for by ``settings``."""
    return PerformanceRequest(
        model=settings.model,
        transcript=settings.transcript,
        language=settings.language,
        settings=GenerationSettings(
            style=settings.style,
            options=dict(settings.style_parameters),
            seed=settings.seed,
            takes=settings.takes,
            head_motion=settings.head_motion,
            lip_contacts=settings.lip_contacts,
        ),
    )


def run_job(pipeline: Pipeline, audio: bytes, settings: JobSettings, progress: Progress) -> JobResult:
    """Do one job.

    Raises:
        UserError: the sound or the settings cannot be used.
        Cancelled: ``progress`` was cancelled.
    """
    clips: tuple[MotionClip, ...] = ()
    if settings.kind == "phones":
        speech = pipeline.analyse(audio, settings.transcript, settings.language, progress)
        notes = speech.notes
    else:
        performance = pipeline.perform(audio, performance_request(settings), progress)
        speech, clips, notes = performance.speech, performance.clips, performance.notes
    packed = []
    for index, clip in enumerate(clips):
        progress.report("packing", index / len(clips), "Packing the clips")
        packed.append(_pack(clip))
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
    return JobResult(tuple(packed), phone_list(speech), summary)


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


def model_message(info: ModelInfo) -> ModelMessage:
    """Return what the service says of a model."""
    return ModelMessage(
        id=info.id,
        family=info.family,
        title=info.title,
        basis=info.basis,
        fps=info.fps,
        styles=info.styles,
        style_parameters={
            name: ParameterRange(lowest=option.lowest, default=option.default, highest=option.highest)
            for name, option in info.options.items()
        },
    )


def _pack(clip: MotionClip) -> bytes:
    stream = io.BytesIO()
    clip.write(stream)
    return stream.getvalue()
