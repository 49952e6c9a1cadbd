"""From the bytes of a recording to clips: analysis, then a model, with time per stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from elocute.audio.given_phones import read_given_phones
from elocute.audio.phones.request import AUTO_WORDS
from elocute.audio.speech_features import SpeechFeatures
from elocute.clips_in_the_making import ClipsInTheMaking
from elocute.curve_notes import curve_notes
from elocute.early_work import begin_import
from elocute.errors import SettingsError, UserError
from elocute.freed_memory import give_back_memory
from elocute.front_end import HearOpening, NothingToPrepare, Preparation, SpeechAnalyser
from elocute.generator import (
    ClipSink,
    GenerationSettings,
    Generator,
    ModelInfo,
    Spoken,
)
from elocute.model_source import ModelSource
from elocute.models.catalogue import ChosenModel
from elocute.models.device_choice import DeviceChoice
from elocute.models.family import ONNX_RUNTIME, PYTORCH, ExtractedStyle, LoadOptions
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import cut_meta
from elocute.opening_motion import has_opening, opening_motion
from elocute.performance import Performance, PerformanceRequest
from elocute.progress import Progress
from elocute.request_checks import (
    check_given_motion,
    check_length,
    check_request,
    check_speech,
    check_told,
)
from elocute.style_notes import style_notes

if TYPE_CHECKING:
    from elocute.audio.segment import Segment
    from elocute.audio.sound import Audio


_TOGETHER: Final = 16
"""Recordings that go through a model at once where that is quicker."""


class Pipeline:
    """The one path from sound to motion, shared by the service and the command line.

    Args:
        analyser: the front end.
        models: where models come from.
        devices: device and arithmetic of models that can choose, where a request does not say; by default the
            processor.
        preparation: of the analyser, which is started while a model is loaded.
        words: recognisers of words that requests may name besides ``auto`` and ``none``; None allows any.
    """

    def __init__(
        self,
        analyser: SpeechAnalyser,
        models: ModelSource,
        devices: DeviceChoice | None = None,
        preparation: Preparation | None = None,
        words: Sequence[str] | None = None,
    ) -> None:
        self._analyser = analyser
        self._models = models
        self._devices = devices or DeviceChoice(LoadOptions())
        self._preparation = preparation or NothingToPrepare()
        self._words = None if words is None else tuple(words)

    def infos(self) -> Sequence[ModelInfo]:
        """Return the models there are, the default first."""
        return self._models.infos()

    def describe(self, model: str | None) -> ModelInfo:
        """Return what a model is; quick, loads nothing.

        Raises:
            SettingsError: there is no such model, or it cannot be used here.
            InputError: its files are damaged.
        """
        return self._models.choose(model).info

    def engine(self, info: ModelInfo) -> str:
        """Return what computes a model where a request does not say: the name of a library."""
        return self._devices.engine(info)

    def engine_reason(self, info: ModelInfo) -> str:
        """Return why that one, in a few words: the graphics card, or why none; may be empty."""
        return self._devices.reason(info)

    def check(self, request: PerformanceRequest) -> ChosenModel:
        """Refuse what the model's description shows to be impossible; quick, loads no model.

        Returns:
            The model.

        Raises:
            SettingsError: as :meth:`check_speech`; unknown model, style, option or choice, a value out of
                range, or a model that was asked for by name and cannot be used here.
            InputError: the model's files are damaged, the given phones are none, or a clip to change or to
                go on from is none, or another model's.
        """
        check_told(request, self._words)
        chosen = self._models.choose(request.model)
        check_request(request, chosen)
        check_given_motion(request.settings, chosen.info)
        return chosen

    def check_speech(self, transcript: str | None, language: str, words: str = AUTO_WORDS) -> None:
        """Refuse what cannot be said of a recording; quick, opens nothing.

        Raises:
            InputError: the transcript is a file that is no text.
            SettingsError: there is no such language, the transcript is too long, or ``words`` names what may
                not be asked for here.
        """
        check_speech(transcript, language, words, self._words)

    def fingerprint(self, chosen: ChosenModel) -> str:
        """Return a digest that changes with the files of a model; loads nothing.

        Raises:
            InputError: its files cannot be read.
        """
        return self._models.fingerprint(chosen)

    def warm_up(self) -> None:
        """Load the default model and get the analyser ready, so that the first performance need not wait.

        Raises:
            SettingsError: it cannot be used here.
            InputError: its files are damaged.
        """
        self._preparation.start()
        self._preparation.load()
        self._load(self._models.choose(None), None)

    def extract_style(self, model: str | None, clip: MotionClip, start: int, source: str) -> ExtractedStyle:
        """Return the style of a clip as the content of a style file.

        Args:
            model: as :attr:`PerformanceRequest.model`.
            clip: motion in the model's basis and frame rate.
            start: first frame that is used.
            source: what the clip is called, kept in the style file.

        Raises:
            SettingsError: there is no such model, it has no style encoder, or the clip no such frame.
            InputError: the clip does not fit the model.
        """
        return self._models.extract_style(self._models.choose(model), clip, start, source)

    def analyse(
        self,
        audio: Path | bytes,
        transcript: str | None,
        language: str,
        progress: Progress,
        *,
        segment: Segment | None = None,
        words: str = AUTO_WORDS,
        phones: bool = True,
        opening: HearOpening | None = None,
    ) -> SpeechFeatures:
        """Return the features of ``audio``, and its phones unless they are not wanted; ``opening`` as of
        :class:`SpeechAnalyser`.

        Raises:
            SettingsError: as :meth:`check_speech`.
            InputError: this is no usable sound.
            Cancelled: ``progress`` was cancelled.
        """
        self.check_speech(transcript, language, words)
        if phones:
            self._preparation.start()
        return self._analyser(
            self._open(audio, segment, progress),
            transcript=transcript,
            language=language,
            words=words,
            phones=phones,
            progress=progress,
            opening=opening,
        )

    def perform(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        """Return the clips ``request`` asks for; ``sink`` gets their windows as they become final.

        What is cheap to refuse is refused first: the request, then ``audio``, then what the loaded model
        alone knows; all of that before anything is heard or generated. In a recording whose phones take a
        while to be found, ``opening`` first gets a window that is *not* final: how the first take begins,
        made of the first seconds alone. The clips are the same with it and without.

        Raises:
            InputError: this is no usable sound, or a style file or the noise cannot be used.
            SettingsError: the model cannot do what is asked.
            Cancelled: ``progress`` was cancelled.
        """
        heard = self._hear(audio, request, progress, opening)
        give_back_memory()  # what was needed to hear
        making = ClipsInTheMaking(heard.generator, heard.speech, request.settings, progress, sink)
        heard.generator.stream(heard.hand_over(), request.settings, progress, making.add)
        return heard.performance(making)

    def idle(
        self,
        seconds: float,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
    ) -> Performance:
        """Return what a face does that says nothing for so long: a performance of silence.

        Of ``request`` what is said of a recording counts for nothing. ``sink`` as for :meth:`perform`.

        Raises:
            InputError: a style file, or the motion to go on from, cannot be used.
            SettingsError: the model cannot do what is asked, or the length is out of range.
            Cancelled: ``progress`` was cancelled.
        """
        from elocute.audio.silence import silent_speech  # analysis is not needed to list or check models

        settings = replace(request.settings, lip_contacts=False)
        speech, chosen = silent_speech(seconds), self.check(request)
        generator = self._loaded(chosen, request, progress)
        heard = _Heard.of(chosen, generator, settings, speech)
        making = ClipsInTheMaking(generator, speech, settings, progress, sink)
        generator.stream(speech, settings, progress, making.add)
        return heard.performance(making)

    def perform_together(
        self, recordings: Sequence[tuple[Path | bytes, PerformanceRequest]], progress: Progress
    ) -> tuple[Performance | UserError, ...]:
        """What :meth:`perform` returns or raises for each recording; their windows go through the model as
        one batch where it can (see :meth:`Generator.stream_together`), so all are in memory at once.

        Raises:
            Cancelled: ``progress`` was cancelled.
        """
        outcomes: dict[int, Performance | UserError] = {}
        waiting: dict[int, list[tuple[int, _Heard, ClipsInTheMaking]]] = {}
        for number, (audio, request) in enumerate(recordings):
            own = progress.part(number / len(recordings), 1 / len(recordings))
            try:
                heard = self._hear(audio, request, own)
            except UserError as error:
                outcomes[number] = error
                continue
            making = ClipsInTheMaking(heard.generator, heard.speech, request.settings, progress)
            waiting.setdefault(id(heard.generator), []).append((number, heard, making))
        for group in waiting.values():
            spoken = [Spoken(heard.hand_over(), heard.settings, making.add) for _, heard, making in group]
            failures = group[0][1].generator.stream_together(spoken, progress)
            for (number, heard, making), failure in zip(group, failures, strict=True):
                outcomes[number] = heard.performance(making) if failure is None else failure
        return tuple(outcomes[number] for number in range(len(recordings)))

    def best_together(self, request: PerformanceRequest) -> int:
        """How many recordings :meth:`perform_together` should be given: 1 on a processor, where a batch saves
        next to nothing and each clip alone is the same to the last bit; quick, loads nothing.

        Raises:
            SettingsError: there is no such model, or it cannot be used here.
            InputError: its files are damaged.
        """
        options = self.load_options(self._models.choose(request.model), request.compute)
        return 1 if options.device.startswith("cpu") else _TOGETHER

    def _hear(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        opening: ClipSink | None = None,
    ) -> _Heard:
        """Everything before the model: the checks, the recording opened, the model loaded, the recording
        analysed."""
        chosen = self.check(request)
        progress.check()
        self._preparation.start()
        by_torch = self._computes_with_torch(chosen, request.compute)
        if by_torch:
            begin_import("torch")  # a second, in which the recording is decoded
        self._preparation.import_libraries()
        if not by_torch and chosen.info.engine == ONNX_RUNTIME:
            begin_import("onnxruntime")
        sound = self._open(audio, request.segment, progress)
        settings = request.settings
        check_length(settings, chosen.info, sound.seconds)
        generator = self._loaded(chosen, request, progress)
        contacts = settings.lip_contacts and generator.finishing.corrects_contacts
        told = None if request.given_phones is None else read_given_phones(request.given_phones)
        wanted = told is None and (request.phones or chosen.info.hears_phones or contacts)

        def begin(beginning: SpeechFeatures) -> None:
            window = opening_motion(generator, beginning, settings, progress)
            if window is not None and opening is not None:
                opening(window)

        speech = self._analyser(
            sound,
            transcript=request.transcript,
            language=request.language,
            words=request.words,
            phones=wanted,
            progress=progress,
            opening=begin if opening is not None and wanted and has_opening(settings) else None,
        )
        if told is not None:
            if request.segment is not None and request.segment.has_times:
                told = told.of_part(request.segment.start, speech.seconds)
            speech = told.told_to(speech, request.language)
        part = request.segment if request.segment is not None and request.segment.is_cut else None
        return _Heard.of(chosen, generator, settings, speech, part)

    def _open(self, audio: Path | bytes, segment: Segment | None, progress: Progress) -> Audio:
        progress.report("decode", 0.0)
        return self._analyser.open(audio, segment, progress)

    def _loaded(self, chosen: ChosenModel, request: PerformanceRequest, progress: Progress) -> Generator:
        """The model, once it has found that the request's files can be used."""
        progress.report("model", 0.0, "Loading the model")
        generator = self._load(chosen, request.compute)
        generator.check(request.settings)
        progress.check()
        return generator

    def load_options(self, chosen: ChosenModel, asked: LoadOptions | None) -> LoadOptions:
        """Return how a model computes: as the request says, else as this pipeline does if the model can."""
        if asked is not None:
            return asked
        return self._devices.options_for(chosen.info)

    def _computes_with_torch(self, chosen: ChosenModel, asked: LoadOptions | None) -> bool:
        """Whether PyTorch computes the model: because of its kind, or of the device or arithmetic."""
        return chosen.info.engine == PYTORCH or self.load_options(chosen, asked) != LoadOptions()

    def _load(self, chosen: ChosenModel, asked: LoadOptions | None) -> Generator:
        """The model; on the processor where a device that was chosen by itself turns out to be of no use."""
        options = self.load_options(chosen, asked)
        try:
            return self._models.load(chosen, options)
        except (SettingsError, RuntimeError, ImportError) as error:
            if asked is not None or not self._devices.gives_up(options, error):
                raise
        return self._models.load(chosen, self.load_options(chosen, None))


@dataclass(frozen=True)
class _Heard:
    """A recording on its way into a model.

    Attributes:
        chosen: the model.
        generator: the same, loaded.
        settings: what is asked for.
        speech: what was heard, without the sound.
        whole: with it, until it is handed over.
        segment: the part of the recording that it is, None for the whole.
    """

    chosen: ChosenModel
    generator: Generator
    settings: GenerationSettings
    speech: SpeechFeatures
    whole: list[SpeechFeatures]
    segment: Segment | None

    @classmethod
    def of(
        cls,
        chosen: ChosenModel,
        generator: Generator,
        settings: GenerationSettings,
        speech: SpeechFeatures,
        segment: Segment | None = None,
    ) -> _Heard:
        """One that has not been handed over."""
        return cls(chosen, generator, settings, speech.without_sound(), [speech], segment)

    def hand_over(self) -> SpeechFeatures:
        """All that was heard, once: who gets it decides how long its sound lives, 6 MB a minute."""
        return self.whole.pop()

    def performance(self, making: ClipsInTheMaking) -> Performance:
        """With the finished clips."""
        part = None if self.segment is None else str(self.segment)
        clips = tuple(replace(clip, meta=cut_meta(clip.meta, part)) for clip in making.clips())
        chosen = self.chosen
        seconds = self.speech.seconds
        timed = style_notes(self.settings, chosen.info, seconds) + curve_notes(self.settings.curves, seconds)
        own: dict[str, None] = {}
        if self.settings.base is None:  # else notes of the clip that is changed are among them
            own = dict.fromkeys(str(note) for clip in clips for note in clip.meta.get("notes", ()))
        return Performance(self.speech, clips, chosen.id, chosen.note, making.notes, timed, tuple(own))
