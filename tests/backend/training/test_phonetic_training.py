import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.checkpoint.weights import read_weights
from elocute.clips_in_the_making import make_clips
from elocute.corpus.corpus import read_corpus
from elocute.corpus.lessons import INDEX, LessonPlan, make_lessons, read_lessons
from elocute.corpus.teacher import NAMED
from elocute.errors import InputError, SettingsError
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk.config import DenoiserConfig, LocalConfig, StyleEncoderConfig
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.rules.style import PRESETS, styled
from elocute.progress import Progress
from elocute.training.core.run_folder import read_losses
from elocute.training.core.settings import RunSettings, read_settings, save_settings
from elocute.training.elocute_lite.data import (
    LessonIndex,
    lesson_stats,
    load_lines,
    normalised,
)
from elocute.training.elocute_lite.objective import (
    LipVertices,
    PhoneticObjective,
    PhoneticOptions,
    draw_phonetic,
)
from elocute.training.elocute_lite.package import package_model
from elocute.training.elocute_lite.resident import LessonBatches, ResidentLines, StylePairs, Withheld
from elocute.training.elocute_lite.settings import PhoneticSettings
from elocute.training.elocute_lite.training import (
    lesson_styles,
    preset_styles,
    train_model,
    train_styles,
    untrained_model,
)
from tests.backend.diffposetalk.phonetic_model import SMALL_ENCODER
from tests.backend.training.spoken_world import PLAN, make_corpus, teach_corpus

ROOT = Path(__file__).parents[3]
FACE = FaceModel.load(ROOT / "flame_assets" / "elocute-head-1.npz")
RUN = RunSettings(iterations=4, batch=2, warmup=0, workers=0, save_every=2, log_every=1, ema=0.9, seed=3)
WINDOW = 40
CPU = torch.device("cpu")
SETTINGS = PhoneticSettings(
    style_run=replace(RUN, batch=2, ema=0.0),
    style_encoder=StyleEncoderConfig(feature_dim=8, heads=2, layers=1, motions=40, velocity=True),
    run=RUN,
    encoder=replace(SMALL_ENCODER, mouth=True),
    denoiser=DenoiserConfig(
        feature_dim=16, heads=2, layers=1, mlp_ratio=2, motions=WINDOW, previous_motions=5, shape_dim=0,
        style_dim=8, dropout=0.0,
    ),
    local=LocalConfig(width=24, kernel=3, dilations=(1, 2), condition=8),
    steps=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spoken")
    corpus = make_corpus(folder / "corpus")
    lessons = teach_corpus(corpus, folder / "lessons")
    lines = load_lines(corpus, lessons, 40, 1, Progress())
    stats = lesson_stats(lines)
    return folder, lines, stats, ResidentLines(lines, stats, CPU)


def batches(world, **changes):
    styles = np.arange(len(world[3].index.styles) * 8, dtype=np.float32).reshape(-1, 8)
    options = {"frames": WINDOW, "batch": 16, "seed": 1} | changes
    return LessonBatches(world[3], styles, **options)


def test_lessons_are_made_once_and_read_again(world):
    folder, lines, *_ = world
    read = read_lessons(folder / "lessons")
    assert read.styles[: PLAN.named] == tuple(styled(*name) for name in NAMED[: PLAN.named])
    assert len(read.names) == len(lines) == 4
    one = read.load(read.names[0])
    assert one.expression.shape == (3, 75, 43)
    assert one.head.shape == (3, 75, 3)
    before = (folder / "lessons" / "motion" / f"{read.names[0]}.npz").stat().st_mtime_ns
    teach_corpus(folder / "corpus", folder / "lessons")
    assert (folder / "lessons" / "motion" / f"{read.names[0]}.npz").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="another plan"):
        make_lessons(folder / "corpus", folder / "lessons", LessonPlan(11, 2, 1), "train", 1, Progress())


@pytest.mark.parametrize("numbers", [(1, 1), (480, 0), (480, len(NAMED) + 1), (5, 3)])
def test_plans_that_cannot_be(numbers):
    with pytest.raises(SettingsError, match="do not fit"):
        LessonPlan(*numbers)


def test_a_share_of_the_lines_is_spread_over_the_corpus_and_nothing_else_is_trained_on(world, tmp_path):
    corpus = world[0] / "corpus"
    half = make_lessons(corpus, tmp_path / "half", replace(PLAN, share=0.5), "train", 1, Progress())
    assert half.names == ("train_00000", "train_00002")
    assert len(load_lines(corpus, half, 40, 1, Progress())) == 2
    least = make_lessons(corpus, tmp_path / "least", replace(PLAN, share=0.01), "train", 1, Progress())
    assert least.names == ("train_00000",)
    for name in half.names:
        assert np.array_equal(half.load(name).jaw, read_lessons(world[0] / "lessons").load(name).jaw)


def test_lessons_of_all_lines_are_told_as_before_there_was_a_share(world, tmp_path):
    """Folders from before go on, and so do those that name the share of 1."""
    folder = world[0]
    index = json.loads((folder / "lessons" / INDEX).read_text())
    assert index["plan"] == {"styles": 11, "per_line": 3, "seed": 4, "listens": True}
    for share, plan, fits in ((None, PLAN, True), (1.0, PLAN, True), (0.5, PLAN, False)):
        made = tmp_path / str(share)
        shutil.copytree(folder / "lessons", made)
        told = dict(index["plan"]) if share is None else {**index["plan"], "share": share}
        (made / INDEX).write_text(json.dumps({**index, "plan": told}))
        if fits:
            make_lessons(folder / "corpus", made, plan, "train", 1, Progress())
        else:
            with pytest.raises(InputError, match="another plan"):
                make_lessons(folder / "corpus", made, plan, "train", 1, Progress())


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_shares_that_are_none(share):
    with pytest.raises(SettingsError, match="share above 0"):
        LessonPlan(share=share)


def test_a_missing_or_damaged_lesson_is_said(world, tmp_path):
    with pytest.raises(InputError, match="no lessons in"):
        read_lessons(tmp_path)
    lessons = read_lessons(world[0] / "lessons")
    (tmp_path / "motion").mkdir()
    (tmp_path / "motion" / "x.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="damaged"):
        replace(lessons, folder=tmp_path).load("x")


def test_numbers_are_normalised_by_their_own_statistics(world):
    _, lines, stats, _ = world
    everything = np.concatenate(
        [normalised(line, k, slice(None), stats) for line in lines for k in range(len(line.lessons.styles))]
    )
    moving = everything.std(axis=0) > 0.5
    assert moving.sum() > 20
    assert np.allclose(everything[:, moving].mean(axis=0), 0, atol=0.02)
    assert everything.std(axis=0).max() == pytest.approx(1.0, abs=0.02)


def test_a_batch_depends_on_its_number_alone(world):
    first, second = batches(world).batch(3), batches(world).batch(3)
    other = batches(world).batch(4)
    for name, value in vars(first).items():
        assert torch.equal(value, getattr(second, name)), name
    assert not torch.equal(first.motion, other.motion)


def test_what_lies_after_a_clips_end_is_silent_and_unnamed(world):
    seen_end = False
    for number in range(12):
        batch = batches(world).batch(number)
        for k, inside in enumerate(batch.inside):
            end = int(inside.sum())
            assert inside[:end].all()
            for after in (batch.sound, batch.phones, batch.mouth):
                assert not after[k, end:].any()
            assert (batch.spoken[k, end:] == -1).all()
            assert (batch.spoken[k, :end] >= 0).all()
            seen_end |= end < WINDOW
            if not batch.source[k].any():
                assert not batch.phones[k].any()
                assert not batch.mouth[k].any()
                assert batch.heard[k]
            else:
                assert batch.phones[k, :end].sum(dim=1).eq(4).all()  # one phone a sub-frame
    assert seen_end


def test_what_is_withheld_is_missing_as_often_as_asked(world):
    never = batches(world, withheld=Withheld(phones=1.0, sound=1.0)).batch(0)
    assert not never.source.any()
    assert not never.phones.any()
    assert never.heard.all(), "a sample without phones has the sound"
    told = batches(world, withheld=Withheld(phones=0.0, sound=1.0)).batch(0)
    assert told.source.any(dim=1).all()
    assert not told.heard.any()
    both = batches(world, withheld=Withheld(phones=0.0, sound=0.0)).batch(0)
    assert both.source.any(dim=1).all()
    assert both.heard.all()
    with pytest.raises(SettingsError, match="shares"):
        Withheld(phones=1.5)


def test_a_crop_is_the_lines_own_sound_motion_and_phones(world):
    _, lines, stats, _ = world
    batch = batches(world, batch=64).batch(5)
    found = 0
    for k in range(64):
        end = int(batch.inside[k].sum())
        for line in lines:
            for lesson in range(len(line.lessons.styles)):
                motion = torch.from_numpy(normalised(line, lesson, slice(None), stats)).half().float()
                for start in range(line.frames - end + 1):
                    if torch.equal(motion[start : start + end], batch.motion[k, :end]):
                        found += 1
                        spoken = torch.from_numpy(line.spoken[start : start + end].astype(np.int64))
                        assert torch.equal(batch.spoken[k, :end], spoken)
    assert found >= 64


def test_styles_of_a_sample_are_means_of_others_in_its_manner(world):
    resident = world[3]
    own = resident.index.styles.astype(np.float32)
    made = LessonBatches(resident, np.repeat(own[:, None], 8, axis=1), frames=WINDOW, batch=32, seed=2)
    for number in range(5):
        batch = made.batch(number)
        whole = batch.style[:, 0].round()
        assert torch.allclose(batch.style[:, 0], whole, atol=1e-4)  # all of one manner
    numbers = np.arange(len(own), dtype=np.float32)
    made = LessonBatches(resident, np.repeat(numbers[:, None], 8, axis=1), frames=WINDOW, batch=1, seed=2)
    counts = {style: len(resident.index.of_style(int(style))) for style in set(own.tolist())}
    for style, count in counts.items():
        for lesson in resident.index.of_style(int(style)):
            draws = torch.rand(1, 5, generator=torch.Generator().manual_seed(int(lesson)))
            draws[:, -1] = 0.0  # a single other one
            told = float(made._style(torch.tensor([lesson]), draws)[0, 0])
            assert told in resident.index.of_style(int(style))
            assert told != lesson or count == 1


def test_the_style_comes_from_other_lines(world):
    _, lines, *_ = world
    index = LessonIndex(lines)
    for line in range(len(lines)):
        for lesson in range(3):
            number = int(index.first[line]) + lesson
            assert index.place(number) == (line, lesson)
            others = index.same_style(line, lesson)
            assert number not in others or len(others) == 1
            assert len({int(index.styles[n]) for n in others}) == 1


def test_pairs_are_of_one_style_from_two_lessons(world):
    lines = world[3]
    first, second = StylePairs(lines, window=40, batch=2, seed=1).batch(0)
    assert first.shape == second.shape == (2, 40, 47)
    assert not torch.equal(first, second)
    with pytest.raises(InputError, match="a batch needs 50"):
        StylePairs(lines, window=40, batch=50, seed=1)


def objective(world):
    model = untrained_model(SETTINGS, world[2])
    model.network.requires_grad_(True)
    return PhoneticObjective(model.network, model.schedule, world[2], LipVertices(FACE), PhoneticOptions())


def draws(seed=1, batch=16):
    generator = torch.Generator().manual_seed(seed)
    return draw_phonetic(generator, batch=batch, frames=WINDOW, width=47, steps=20)


def test_every_weight_learns(world):
    torch.manual_seed(0)
    made = objective(world)
    made(batches(world, batch=64).batch(0), draws(batch=64))["total"].backward()
    idle = [name for name, p in made.model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not idle


def test_frames_after_a_clips_end_do_not_count(world):
    made = objective(world)
    batch = batches(world).batch(1)
    changed = batch.motion.clone()
    changed[~batch.inside] += 3.0
    assert not batch.inside.all()
    losses = [made.losses(0 * batch.motion, motion, batch.inside) for motion in (batch.motion, changed)]
    for name in losses[0]:
        assert losses[0][name] == pytest.approx(losses[1][name].item(), rel=1e-5), name


def test_nor_do_they_change_what_is_predicted(world):
    made = objective(world).eval()
    batch = batches(world).batch(1)
    other = replace(batch, motion=torch.where(batch.inside[..., None], batch.motion, 9.0))
    before, after = (made(one, draws())["total"].item() for one in (batch, other))
    assert before == pytest.approx(after, rel=1e-5)


def test_a_gap_between_lips_that_touch_counts_more(world):
    made = objective(world)
    motion = torch.zeros(1, WINDOW, 47)
    open_too_far = motion.clone()
    open_too_far[..., -1] += 0.3  # the jaw
    inside = torch.ones(1, WINDOW, dtype=torch.bool)
    wide = motion.clone()
    wide[..., -1] += 4.0
    wider = wide.clone()
    wider[..., -1] += 0.3
    near = made.losses(open_too_far - 2.0, motion - 2.0, inside)["gap"]
    far = made.losses(wider, wide, inside)["gap"]
    assert near > 2.0 * far > 0


def test_conditions_are_dropped_as_often_as_they_should_be(world):
    made = objective(world)
    batch = batches(world, batch=16).batch(0)
    chance = torch.tensor([0.0, 0.059, 0.061, 0.159, 0.161, 1.0] + [0.5] * 10)
    audio, style, _ = made.conditions(batch, chance)
    null_audio, null_style = made.model.null_audio_feat[0, 0], made.model.null_style_feat[0, 0]
    assert [bool(torch.equal(row[0], null_audio)) for row in audio[:6]] == [True] * 2 + [False] * 4
    assert [bool(torch.equal(row, null_style)) for row in style[:6]] == [True] * 4 + [False] * 2


@pytest.mark.usefixtures("graphs_traced_once")
def test_training_learns_resumes_to_the_same_numbers_and_makes_a_folder(world, tmp_path):
    _, lines, stats, _ = world
    resident = world[3]
    encoder = train_styles(
        SETTINGS, resident, stats, tmp_path / "style", resume=False, progress=Progress(), device="cpu"
    )
    styles = lesson_styles(encoder, resident)
    assert styles.shape == (12, 8)

    def train(folder, resume=False, iterations=4):
        settings = replace(SETTINGS, run=replace(RUN, iterations=iterations))
        return train_model(
            settings, resident, stats, encoder, styles, FACE, folder,
            resume=resume, progress=Progress(), device="cpu",
        )  # fmt: skip

    last = train(tmp_path / "whole")
    train(tmp_path / "halves", iterations=2)
    train(tmp_path / "halves", resume=True)
    assert read_losses(tmp_path / "whole") == read_losses(tmp_path / "halves")
    presets = preset_styles(styles, lines, tuple(PRESETS))
    package_model(last, tmp_path / "finished", presets, FACE, SETTINGS)
    generator = DiffPoseTalkGenerator.from_folder(tmp_path / "finished")
    speech = read_corpus(world[0] / "corpus").utterances("train")[0].load().speech("transcript")
    (clip,) = make_clips(generator, speech, GenerationSettings(style="null"), Progress())
    assert clip.frames == speech.frames == 75
    assert (tmp_path / "finished" / "model.safetensors").stat().st_size < last.joinpath(
        "model.safetensors"
    ).stat().st_size * 0.6


def test_what_shapes_a_training_reaches_it(world, tmp_path):
    """Without a direct path its weights stay 0; what is withheld is another curve."""
    stats = world[2]
    encoder = untrained_model(SETTINGS, stats).style_encoder

    def train(name, settings):
        return train_model(
            settings, world[3], stats, encoder, np.zeros((12, 8), np.float32), FACE, tmp_path / name,
            resume=False, progress=Progress(), device="cpu",
        )  # fmt: skip

    def direct(folder):
        weights = read_weights(folder / "model.safetensors")
        return torch.cat([v.flatten() for name, v in weights.items() if "asked_out" in name])

    short = replace(SETTINGS, run=replace(RUN, iterations=2))
    assert direct(train("whole", short)).any()
    assert not direct(train("indirect", replace(short, direct=False))).any()
    train("untold", replace(short, withheld=Withheld(phones=1.0)))
    assert read_losses(tmp_path / "untold") != read_losses(tmp_path / "whole")


def test_a_long_run_lowers_the_loss(world, tmp_path):
    stats = world[2]
    settings = replace(SETTINGS, run=replace(RUN, iterations=60, batch=8, learning_rate=3e-3, ema=0.0))
    encoder = untrained_model(SETTINGS, stats).style_encoder
    train_model(
        settings, world[3], stats, encoder, np.zeros((12, 8), np.float32), FACE, tmp_path / "run",
        resume=False, progress=Progress(), device="cpu",
    )  # fmt: skip
    losses = [float(row["total"]) for row in read_losses(tmp_path / "run")]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_settings_survive_json_and_name_what_is_wrong(tmp_path):
    path = tmp_path / "settings.json"
    save_settings(path, SETTINGS)
    assert read_settings(path, PhoneticSettings) == SETTINGS
    path.write_text('{"stepps": 3}')
    with pytest.raises(SettingsError, match="stepps"):
        read_settings(path, PhoneticSettings)
    path.write_text('{"denoiser": {"style_dim": 12}}')
    with pytest.raises(SettingsError, match="style_dim"):
        read_settings(path, PhoneticSettings)
    with pytest.raises(InputError, match="There is no file"):
        read_settings(tmp_path / "none.json", PhoneticSettings)


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_the_configurations_are_usable(name):
    settings = read_settings(ROOT / "configs" / f"elocute-lite_{name}.json", PhoneticSettings)
    assert settings.corpus.hours >= 4
    assert settings.lessons.styles >= 200
