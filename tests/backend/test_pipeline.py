"""The one path: what is refused before a recording is opened, what is looked for, what a sink is given."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import elocute
from elocute.audio.segment import Segment
from elocute.clips_in_the_making import make_clips
from elocute.errors import Cancelled, InputError, SettingsError, UserError
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import FinishingNeeds
from elocute.front_end import RememberingAnalyser
from elocute.generator import MOST_TAKES, GenerationSettings, joined
from elocute.installation import standard_pipeline
from elocute.models.catalogue import DEFAULT_MODEL, Catalogue, ChosenModel
from elocute.models.diffposetalk.folder import save_folder
from elocute.models.family import ONNX_RUNTIME, PYTORCH, LoadOptions
from elocute.models.registry import bundled_root
from elocute.motion.clip_meta import cut_meta
from elocute.motion.head1_basis import BASIS
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from tests.backend.diffposetalk.tiny_model import tiny_model
from tests.backend.service.fakes import FakeAnalyser, FakeGenerator, FakeModels, analyse, still_clip, tone

PROBE = MouthProbe.load(bundled_root() / DEFAULT_MODEL / "mouth_probe.npz")
ROOT = Path(__file__).resolve().parents[2]
NOWHERE = Path("/no/such/recording.wav")


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "official"
    save_folder(folder, tiny_model(), "card\n")
    return str(folder)


class Never(FakeAnalyser):
    """Nothing may be opened."""

    def open(self, audio, segment, progress):
        raise AssertionError("the recording was opened")


never = Never()


def ask(model, **settings):
    return PerformanceRequest(model, settings=GenerationSettings(**settings))


BAD = [
    ({"style": "nope"}, "unknown_style"),
    ({"style": "nope", "options": {"steps": 8.0}}, "unknown_style"),
    ({"takes": MOST_TAKES + 1}, "bad_settings"),
    ({"seed": -1}, "bad_settings"),
    ({"options": {"nose": 1.0}}, "unknown_setting"),
    ({"options": {"steps": 0.0}}, "setting_out_of_range"),
    ({"choices": {"sampler": "euler"}}, "setting_out_of_range"),
    ({"identity": (1.0,)}, "bad_settings"),
]


@pytest.mark.parametrize(("settings", "code"), BAD)
@pytest.mark.parametrize("model", ["elocute-lite", "official"])
def test_settings_are_refused_without_loading_a_model(official, settings, code, model):
    class UnloadedCatalogue(Catalogue):
        load = Unloaded.load

    pipeline = Pipeline(never, UnloadedCatalogue([official]))
    for refuse in (
        lambda: pipeline.check(ask(model, **settings)),
        lambda: pipeline.perform(NOWHERE, ask(model, **settings), Progress()),
    ):
        with pytest.raises(SettingsError) as caught:
            refuse()
        assert caught.value.code == code


class Deaf(FakeAnalyser):
    """Opens recordings, and must not be asked what is said in them."""

    def __call__(self, sound, **_):
        raise AssertionError("the recording was listened to")


class Unloaded(FakeModels):
    """A model that must not be loaded."""

    def load(self, chosen: ChosenModel, options: LoadOptions):
        raise AssertionError("the model was loaded")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"style": "mine.npz", "style_files": {"mine.npz": b"nothing"}}, InputError),
        ({"noise": b"nothing"}, InputError),
        ({"choices": {"guide": "audio,style"}}, SettingsError),
    ],
)
def test_what_only_the_model_knows_is_refused_before_the_recording_is_listened_to(official, settings, kind):
    pipeline = Pipeline(Deaf(), Catalogue([official]))
    with pytest.raises(kind):
        pipeline.perform(tone(), ask("official", **settings), Progress())


def test_a_device_that_is_not_there_is_refused_before_the_recording_is_listened_to(official):
    request = PerformanceRequest("official", compute=LoadOptions(device="abacus"))
    with pytest.raises(SettingsError, match="no device 'abacus'"):
        Pipeline(Deaf(), Catalogue([official])).perform(tone(), request, Progress())


def clip(seconds=1.0, fps=25.0, basis=BASIS):
    return still_clip(round(seconds * fps), fps, basis)


RANGE = ((0.2, 0.6),)
BAD_CLIPS = [
    ({"base": b"nothing", "ranges": RANGE}, "not a motion clip"),
    ({"base": clip(basis="flame2020"), "ranges": RANGE}, "in the basis flame2020"),
    ({"base": clip(fps=30.0), "ranges": RANGE}, "30 frames a second"),
    ({"base": clip(), "ranges": ((3.0, 4.0),)}, "before the range 3 to 4 s"),
    ({"base": clip(), "ranges": RANGE, "pinned": (("nose", 0.3, 1.0),)}, "no number named 'nose'"),
    ({"base": clip(), "ranges": RANGE, "pinned": (("jaw.0", 0.3, np.nan),)}, "cannot be met"),
    ({"before": b"nothing"}, "not a motion clip"),
    ({"before": clip(basis="flame2020")}, "in the basis flame2020"),
]


@pytest.mark.parametrize(("settings", "said"), BAD_CLIPS)
def test_clips_that_cannot_be_used_are_refused_before_the_recording_is_opened(settings, said):
    pipeline = Pipeline(never, Unloaded())
    for refuse in (
        lambda: pipeline.check(ask(None, **settings)),
        lambda: pipeline.perform(NOWHERE, ask(None, **settings), Progress()),
        lambda: pipeline.idle(2.0, ask(None, **settings), Progress()),
    ):
        with pytest.raises(UserError, match=said):
            refuse()


@pytest.mark.parametrize(
    ("audio", "told", "said"),
    [
        (NOWHERE, {}, "no file /no/such/recording.wav"),
        (NOWHERE.parent, {}, "no file"),
        (b"no sound", {}, "sound"),
        (b"", {}, "empty"),
        (tone(0.1), {}, "short"),
        (tone(), {"segment": Segment(2.0, 3.0)}, "lies outside the recording, which is 1.00 s long"),
        (tone(), {"segment": Segment(0.5, 9.0)}, "ends behind the end"),
        (tone(), {"segment": Segment(0.5, 0.6)}, "too short"),
        (tone(), {"segment": Segment(channel=2)}, "channel"),
        (
            tone(),
            {"settings": GenerationSettings(base=clip(2.0), ranges=RANGE)},
            "has 50 frames, but this recording gives 25",
        ),
        (
            tone(2.0),
            {"settings": GenerationSettings(base=clip(2.0), ranges=RANGE), "segment": Segment(0.5, 1.5)},
            "has 50 frames, but this recording gives 25",
        ),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused_before_a_model_is_loaded(audio, told, said):
    pipeline = Pipeline(RememberingAnalyser(60.0), Unloaded())
    request = PerformanceRequest(**told)
    with pytest.raises(UserError, match=said):
        pipeline.perform(audio, request, Progress())
    (together,) = pipeline.perform_together([(audio, request)], Progress())
    assert isinstance(together, UserError)
    assert said in str(together)


def test_a_request_names_a_path_only_where_its_user_owns_the_files(official):
    assert standard_pipeline().check(ask(official)).info.id == "official"
    for allowed in ([], [official]):
        with pytest.raises(SettingsError) as caught:
            standard_pipeline(allowed).check(ask(official))
        assert caught.value.code == "unknown_model"
    assert standard_pipeline([official]).check(ask("official")).info.id == "official"


def test_good_settings_reach_the_recording():
    with pytest.raises(InputError, match="recording"):
        standard_pipeline().perform(NOWHERE, ask("rules"), Progress())


def test_the_model_that_is_missing_is_named_where_its_stand_in_refuses():
    problem = SettingsError("The model elocute-lite is not here.", code="missing_model")

    class StandIn(FakeModels):
        def choose(self, name):
            return dataclasses.replace(super().choose(name), problem=problem)

    pipeline = Pipeline(never, StandIn())
    with pytest.raises(SettingsError) as caught:
        pipeline.check(ask(None, options={"steps": 8.0}))
    assert caught.value.code == "missing_model"
    assert pipeline.check(ask(None)).note == "Made with the model rules: the model elocute-lite is not here."


class Listening(FakeModels):
    """A model that may hear phones or not, with or without a mouth probe."""

    def __init__(self, hears_phones, probe):
        class Generator(FakeGenerator):
            info = dataclasses.replace(FakeGenerator().info, hears_phones=hears_phones)
            finishing = FinishingNeeds(probe=probe)

        super().__init__(Generator(steps=0))


@pytest.mark.parametrize(
    ("hears", "probe", "contacts", "asked", "looked_for"),
    [
        (True, False, False, False, True),
        (False, False, True, False, False),
        (False, True, True, False, True),
        (False, True, False, False, False),
        (False, False, False, True, True),
    ],
)
def test_phones_are_looked_for_only_where_something_needs_them(hears, probe, contacts, asked, looked_for):
    seen = []

    class Watched(FakeAnalyser):
        def __call__(self, sound, *, phones, **more):
            seen.append(phones)
            return super().__call__(sound, phones=phones, **more)

    pipeline = Pipeline(Watched(), Listening(hears, PROBE if probe else None))
    request = PerformanceRequest(settings=GenerationSettings(lip_contacts=contacts), phones=asked)
    pipeline.perform(tone(), request, Progress())
    assert seen == [looked_for]


def test_a_loaded_model_is_asked_before_it_generates():
    speech = Pipeline(analyse, FakeModels()).analyse(tone(), None, "en", Progress())
    with pytest.raises(SettingsError, match="nope"):
        make_clips(FakeGenerator(steps=0), speech, GenerationSettings(style="nope"), Progress())


def test_only_recognisers_of_words_that_were_named_may_be_asked_for():
    pipeline = Pipeline(analyse, FakeModels(FakeGenerator(steps=1)), words=["openai/whisper-base"])
    for words in ("auto", "none", "openai/whisper-base"):
        pipeline.check(PerformanceRequest(words=words))
    for words in ("/etc", "openai/whisper-large", ""):
        with pytest.raises(SettingsError, match="no recogniser of words") as caught:
            pipeline.check(PerformanceRequest(words=words))
        assert caught.value.code == "unknown_words"
        with pytest.raises(SettingsError, match="no recogniser of words"):
            pipeline.analyse(NOWHERE, None, "auto", Progress(), words=words)
    Pipeline(analyse, FakeModels(FakeGenerator(steps=1))).check(PerformanceRequest(words="/my/whisper"))


def test_the_words_asked_for_reach_the_front_end():
    seen = []

    class Watched(FakeAnalyser):
        def __call__(self, sound, *, words, language, **more):
            seen.append((words, language))
            return super().__call__(sound, words=words, language=language, **more)

    pipeline = Pipeline(Watched(), FakeModels(FakeGenerator(steps=1)))
    pipeline.perform(tone(), PerformanceRequest(words="none", language="fr"), Progress())
    pipeline.perform(tone(), PerformanceRequest(), Progress())
    assert seen == [("none", "fr"), ("auto", "auto")]


def test_the_sink_gets_what_the_performance_holds():
    windows = []
    request = PerformanceRequest(settings=GenerationSettings(takes=2))
    made = Pipeline(analyse, FakeModels(FakeGenerator(steps=0))).perform(
        tone(), request, Progress(), windows.append
    )
    for one, other in zip(joined(windows), made.clips, strict=True):
        assert np.array_equal(one.expression, other.expression)
        assert one.meta == other.meta


@pytest.mark.parametrize(
    ("segment", "told"),
    [
        (None, None),
        (Segment(0.25), "0.25-"),
        (Segment(0.25, 0.75), "0.25-0.75"),
        (Segment(track=2), "0-/2"),
        (Segment(from_first_sound=True), None),
        (Segment(0.25, from_first_sound=True), "0.25-"),
    ],
)
def test_a_clip_tells_which_part_of_its_recording_it_is_of(segment, told):
    """Programs that lay the recording beside it need that; also where it was changed, of whatever it was."""
    pipeline = Pipeline(analyse, FakeModels(FakeGenerator(steps=0)))
    request = PerformanceRequest(segment=segment)
    made = [pipeline.perform(tone(), request, Progress())]
    made += pipeline.perform_together([(tone(), request)] * 2, Progress())
    assert [clip.meta.get("segment") for one in made for clip in one.clips] == [told] * 3
    assert cut_meta({"seed": 3, "segment": "4-"}, told).get("segment") == told


SOUND = """
import dataclasses, json, sys, weakref
import numpy as np
from elocute.models.catalogue import DEFAULT_MODEL
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.onnx_folder import load_onnx_folder
from elocute.models.registry import bundled_root
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from tests.backend.diffposetalk.spoken import spoken_line
from tests.backend.service.fakes import FakeAnalyser, FakeModels, tone

class Referring(FakeAnalyser):
    def __call__(self, sound, **_):
        speech = dataclasses.replace(spoken_line(seconds=13.0), samples=np.zeros(16000 * 13, np.float32))
        self.sound = [weakref.ref(speech.samples), weakref.ref(speech.log_mel)]
        return speech

folder, referring, kept = bundled_root() / DEFAULT_MODEL, Referring(), []
if sys.argv[1] == "PyTorch":
    generator = DiffPoseTalkGenerator.from_folder(folder)
else:
    generator = DiffPoseTalkGenerator(load_onnx_folder(folder))

def look(_):
    kept.append([reference() is not None for reference in referring.sound])

made = Pipeline(referring, FakeModels(generator)).perform(tone(), PerformanceRequest(), Progress(), look)
speech = made.speech
left = [speech.frames, made.clips[0].frames, speech.samples is None, len(speech.log_mel)]
print(json.dumps([generator.info.engine, kept, left]))
"""


@pytest.mark.parametrize("engine", [ONNX_RUNTIME, PYTORCH])
def test_the_sound_lies_in_memory_no_longer_once_motion_is_sampled(engine):
    # In a process of its own: where something watches Python's calls, a caller keeps what it hands over.
    paths = os.pathsep.join([str(ROOT / "backend"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", SOUND, engine],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    told, kept, left = json.loads(done.stdout.splitlines()[-1])
    assert told == engine
    assert len(kept) > 1
    assert kept == [[False, False]] * len(kept)
    assert left == [325, 325, True, 0]


def test_stages_come_in_order_and_cancelling_before_the_recording_stops_everything():
    stages = []
    progress = Progress(lambda stage, fraction, message: stages.append(stage))
    Pipeline(analyse, FakeModels(FakeGenerator(steps=1))).perform(tone(), PerformanceRequest(), progress)
    assert list(dict.fromkeys(stages)) == ["decode", "model", "phones", "motion"]
    cancelled = Progress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        Pipeline(never, FakeModels()).perform(NOWHERE, PerformanceRequest(), cancelled)


def test_the_analyser_gets_ready_before_a_model_is_loaded():
    told = []

    class Models(FakeModels):
        def load(self, chosen: ChosenModel, options: LoadOptions):
            told.append("model")
            return super().load(chosen, options)

    class Preparation:
        def start(self) -> None:
            told.append("processes")

        def import_libraries(self) -> None:
            told.append("libraries")

        def load(self) -> None:
            told.append("engines")

    pipeline = Pipeline(analyse, Models(FakeGenerator(steps=0)), preparation=Preparation())
    pipeline.warm_up()
    assert told == ["processes", "engines", "model"]
    told.clear()
    pipeline.perform(tone(), PerformanceRequest(), Progress())
    assert told[:3] == ["processes", "libraries", "model"]
    assert "engines" not in told
    told.clear()
    pipeline.analyse(tone(), None, "en", Progress())
    assert told == ["processes"]


def test_what_of_a_style_comes_to_nothing_is_a_note_of_every_performance():
    request = ask("rules", style="calm*0.5@0,lively*1@99", options={"intensity": 1.2})
    pipeline = Pipeline(analyse, Catalogue())
    alone = pipeline.perform(tone(0.4), request, Progress())
    (together,) = pipeline.perform_together([(tone(0.4), request)], Progress())
    for performance in (alone, together):
        told = " ".join(performance.notes)
        assert "lively at 99 s is not reached: the sound ends at 0.40 s" in told
        assert "The option intensity changes nothing here" in told


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (
            ((99.0, 1.2),),
            "1.2 at 99 s is not reached: the sound ends at 0.40 s. So it is 1.2 all the time.",
        ),
        (((0.0, 1.0), (0.5, 0.5)), "0.5 at 0.5 s is not reached: the sound ends at 0.40 s."),
        (((0.0, 1.0), (0.4, 0.5)), ""),
        (((0.0, 1.0), *((at, 1.0) for at in (1.0, 2.0, 3.0, 4.0))), "1 at 3 s and 1 more is not reached"),
        (((0.0, 1.0), (0.3, 0.5)), ""),
    ],
)
def test_what_of_a_setting_that_changes_comes_to_nothing_is_a_note_of_every_performance(curve, said):
    request = ask("rules", curves={"jaw": curve})
    pipeline = Pipeline(analyse, Catalogue())
    alone = pipeline.perform(tone(0.4), request, Progress())
    (together,) = pipeline.perform_together([(tone(0.4), request)], Progress())
    for performance in (alone, together):
        assert len(performance.timing_notes) == bool(said)
        assert said in " ".join(performance.notes)


@pytest.mark.parametrize("name", ["happy.npz", "me@home/happy.npz", "mine*0.5"])
def test_a_style_file_is_performed_whatever_it_is_called(name):
    folder = Path(elocute.__file__).parent / "bundled" / "elocute-lite" / "styles"
    settings = GenerationSettings(style=name, style_files={name: (folder / "happy.npz").read_bytes()})
    request = PerformanceRequest(model="elocute-lite", settings=settings)
    made = standard_pipeline().idle(1.0, request, Progress())
    assert made.clips[0].frames == 25
    assert not made.timing_notes


def test_takes_of_a_range_are_joined_no_longer_once_the_work_is_cancelled(monkeypatch):
    pipeline, progress, joined_takes = standard_pipeline(), Progress(), []
    usual = PerformanceRequest(model="rules")
    base = io.BytesIO()
    pipeline.idle(2.0, usual, Progress()).clips[0].write(base)

    def joins(held, made, contacts):
        joined_takes.append(made)
        progress.cancel()
        return made

    monkeypatch.setattr("elocute.clips_in_the_making.revised", joins)
    settings = GenerationSettings(base=base.getvalue(), ranges=((0.5, 1.0),), takes=5)
    with pytest.raises(Cancelled):
        pipeline.idle(2.0, PerformanceRequest(model="rules", settings=settings), progress)
    assert len(joined_takes) == 1


@pytest.mark.parametrize(
    ("engine", "asked", "ahead"),
    [
        (ONNX_RUNTIME, None, ["onnxruntime"]),
        (ONNX_RUNTIME, LoadOptions(), ["onnxruntime"]),
        (ONNX_RUNTIME, LoadOptions(precision="bfloat16"), ["torch"]),
        (PYTORCH, None, ["torch"]),
        ("", None, []),
    ],
)
def test_what_computes_is_imported_while_the_recording_is_decoded(monkeypatch, engine, asked, ahead):
    order: list[str] = []
    monkeypatch.setattr("elocute.pipeline.begin_import", order.append)

    class Opening(FakeAnalyser):
        def open(self, audio, segment, progress):
            order.append("opened")
            return super().open(audio, segment, progress)

    class Models(FakeModels):
        def __init__(self):
            class Generator(FakeGenerator):
                info = dataclasses.replace(FakeGenerator().info, engine=engine, any_device=True)

            super().__init__(Generator(steps=0))

    Pipeline(Opening(), Models()).perform(tone(), PerformanceRequest(compute=asked), Progress())
    assert order == [*ahead, "opened"]
