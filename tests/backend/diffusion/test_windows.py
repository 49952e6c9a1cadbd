"""Window plans: their arithmetic for any length, and their statistics where the best denoiser is known."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elocute.diffusion.constraints import Known
from elocute.diffusion.noise import RecordedNoise, SeededNoise
from elocute.diffusion.sampler import make_sampler
from elocute.diffusion.schedule import NoiseSchedule
from elocute.diffusion.windows import (
    ClipSampling,
    WindowLayout,
    WindowModel,
    cross_fade,
    sample_in_sequence,
    sample_recursively,
    sample_together,
)
from elocute.errors import Cancelled, SettingsError
from tests.backend.diffusion.markov_motion import (
    RHO,
    SCHEDULE,
    Process,
    check_process,
    noise_of,
    sampling_of,
    seam_ratio,
)

TAKES = 3000
PLANS = ["sequence", "recursive", "hand_over", "blend"]
layouts = st.integers(1, 40).flatmap(
    lambda length: st.integers(0, length - 1).flatmap(
        lambda overlap: st.builds(
            WindowLayout,
            st.integers(1, 150),
            st.just(length),
            st.just(overlap),
            st.integers(0, length - 1 - overlap),
        )
    )
)


@given(layouts)
def test_every_frame_is_fresh_in_exactly_one_window(layout):
    owners = [0] * layout.frames
    for window in layout.windows:
        assert window.first + layout.length >= layout.frames or window.end == layout.length
        assert window.kept == min(window.end, layout.length - layout.tail)
        for frame in range(window.first + window.fresh, window.first + window.kept):
            owners[frame] += 1
    assert owners == [1] * layout.frames
    assert [window.index for window in layout.windows] == list(range(layout.count))
    before = layout.windows[-2] if layout.count > 1 else None
    assert before is None or before.first + layout.length - layout.tail < layout.frames  # none too many


@pytest.mark.parametrize(("frames", "length", "overlap"), [(0, 5, 0), (5, 0, 0), (5, 5, 5), (5, 5, -1)])
def test_layouts_that_cannot_be(frames, length, overlap):
    with pytest.raises(SettingsError, match=r"at least one frame|cannot overlap"):
        WindowLayout(frames, length, overlap)


@pytest.mark.parametrize("tail", [-1, 3, 5])
def test_tails_that_leave_nothing_new(tail):
    with pytest.raises(SettingsError, match="cannot lose"):
        WindowLayout(9, 5, 2, tail)


@pytest.mark.parametrize("plan", ["sequence", "recursive"])
def test_frames_at_the_end_of_a_window_are_made_again_by_the_next(plan):
    """The last two numbers of every window are no motion: none is kept, none given to the next window."""
    layout, told = WindowLayout(30, 10, 3 if plan == "recursive" else 0, 2), []

    def model(window, given):
        told.append(given)
        made = torch.arange(10.0)[None, :, None] + window.first
        made[:, 8:] = 1000
        return WindowModel(lambda x, t: made.expand(x.shape))

    start = torch.zeros(1, 10 * layout.count, 1)
    sampling = ClipSampling(make_sampler("ddim", SCHEDULE, 3), noise_of(1), lambda *_: None)
    if plan == "sequence":
        clip = sample_in_sequence(layout, model, start, sampling, context=4)
    else:
        clip = sample_recursively(layout, model, start, sampling)
    assert clip.flatten().tolist() == pytest.approx(list(range(30)), abs=1e-4)
    for window, seen in zip(layout.windows[1:], told[1:], strict=True):
        last = window.first + layout.overlap - 1
        assert seen.flatten().tolist() == pytest.approx(
            list(range(last + 1 - seen.shape[1], last + 1)), abs=1e-4
        )


def run(plan, layout, sampling, takes, seed=0):
    """Any plan with a model that takes the noise for the motion."""
    start = torch.randn(takes, layout.count * layout.length, 2, generator=torch.Generator().manual_seed(seed))
    if plan == "sequence":
        layout = WindowLayout(layout.frames, layout.length)
        start = start[:, : layout.count * layout.length]
        context = min(3, layout.length)
        return sample_in_sequence(layout, lambda *_: WindowModel(damp), start, sampling, context=context)
    if plan == "recursive":
        layout = WindowLayout(layout.frames, layout.length, max(layout.overlap, 1))
        start = start.repeat(1, layout.count, 1)[:, : layout.count * layout.length]
        return sample_recursively(layout, lambda *_: WindowModel(damp), start, sampling)
    return sample_together(layout, damp, start, sampling, plan)


def damp(x, t):
    return 0.5 * x


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PLANS),
    st.sampled_from(["ddpm", "ddim", "dpmpp"]),
    st.integers(1, 60),
    st.integers(2, 12),
    st.data(),
)
def test_the_clip_is_as_long_as_asked_for_and_handed_over_without_gaps(plan, kind, frames, length, data):
    overlap = data.draw(st.integers(0, length // 2))
    layout = WindowLayout(frames, length, overlap)
    parts = []
    sampling = ClipSampling(
        make_sampler(kind, NoiseSchedule.make("linear", 6), 3),
        SeededNoise.from_seed(0, 2),
        lambda *_: None,
        on_window=lambda first, motion: parts.append((first, motion)),
    )
    clip = run(plan, layout, sampling, takes=2)
    assert clip.shape == (2, frames, 2)
    assert [first for first, _ in parts] == [
        sum(part.shape[1] for _, part in parts[:k]) for k in range(len(parts))
    ]
    assert torch.equal(torch.cat([part for _, part in parts], dim=1), clip)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(PLANS),
    st.sampled_from(["ddpm", "ddim", "dpmpp"]),
    st.integers(1, 40),
    st.data(),
)
def test_held_numbers_come_out_exactly_in_every_plan(plan, kind, frames, data):
    layout = WindowLayout(frames, 8, data.draw(st.integers(0, 4)))
    held = torch.tensor(data.draw(st.lists(st.booleans(), min_size=2 * frames, max_size=2 * frames)))
    held = held.view(frames, 2)
    values = torch.randn(frames, 2, generator=torch.Generator().manual_seed(3))
    known = Known(held, torch.where(held, values, torch.nan))  # what is not held need not be known

    def sampling(known):
        sampler = make_sampler(kind, NoiseSchedule.make("linear", 6), 3)
        return ClipSampling(sampler, SeededNoise.from_seed(0, 2), lambda *_: None, known=known)

    clip = run(plan, layout, sampling(known), takes=2)
    assert clip.isfinite().all()
    for take in clip:
        assert torch.equal(take[held], values[held])
    nothing = Known(torch.zeros(frames, 1), torch.zeros(frames, 2))
    assert torch.equal(
        run(plan, layout, sampling(nothing), takes=2), run(plan, layout, sampling(None), takes=2)
    )


@pytest.mark.parametrize("kind", ["ddpm", "dpmpp"])
def test_windows_in_sequence_continue_each_other(kind):
    layout, noise = WindowLayout(27, 10), noise_of(TAKES)
    start = noise.start(30, 1)
    before = noise.start(1, 1)

    def model(window, given):
        assert given.shape == (TAKES, 1, 1)
        return WindowModel(Process(10, given).predict)

    sampling = sampling_of(noise, kind, None if kind == "ddpm" else 50)
    clip = sample_in_sequence(layout, model, start, sampling, context=1, before=before)
    check_process(clip, layout)


def test_a_context_longer_than_a_window_reaches_further_back():
    seen = []

    def model(window, given):
        seen.append(given)
        return WindowModel(lambda x, t: torch.full_like(x, window.index + 1.0))

    before = torch.arange(-7.0, 0.0).view(1, 7, 1)
    layout = WindowLayout(9, 3)
    sampling = sampling_of(noise_of(1), "ddim", 2)
    clip = sample_in_sequence(layout, model, torch.zeros(1, 9, 1), sampling, context=7, before=before)
    assert clip.flatten().tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [given.flatten().tolist() for given in seen] == [
        [-7, -6, -5, -4, -3, -2, -1],
        [-4, -3, -2, -1, 1, 1, 1],
        [-1, 1, 1, 1, 2, 2, 2],
    ]
    with pytest.raises(SettingsError, match="7 frames needs as many frames before"):
        sample_in_sequence(layout, model, torch.zeros(1, 9, 1), sampling, context=7)


def test_recursive_windows_of_a_model_with_a_first_frame():
    """The model is told its first frame, as it was trained; the duplicate frame is dropped."""
    layout, noise = WindowLayout(28, 10, 1), noise_of(TAKES)
    start, first = noise.start(layout.count * 10, 1), noise.start(1, 1)

    def model(window, given):
        return WindowModel(Process(10, given, first=True).predict)

    clip = sample_recursively(layout, model, start, sampling_of(noise), first=first, edge=None)
    assert torch.allclose(clip[:, :1], first, atol=1e-4)  # the model meets it by itself
    check_process(clip, layout)


@pytest.mark.parametrize(("edge", "least", "most"), [(0, 1.3, 1.8), (6, 0.8, 1.15)])
def test_recursive_windows_of_a_model_that_knows_no_first_frame(edge, least, most):
    """Holding the overlap makes an unconditional model continue; a soft edge after it leaves no seam."""
    layout, noise = WindowLayout(40, 16, 8), noise_of(TAKES)
    start, first = noise.start(layout.count * 16, 1), torch.full((TAKES, 8, 1), 1.5)
    model = WindowModel(Process(16).predict)
    clip = sample_recursively(layout, lambda *_: model, start, sampling_of(noise), first=first, edge=edge)
    assert torch.equal(clip[:, :8], first)
    seams = [window.first + window.fresh - 8 for window in layout.windows[1:]]
    assert least < seam_ratio(clip[:, 8:], seams) < most
    distance = abs(float(clip[:, 8].mean()) - RHO * 1.5)  # the process returns to its mean as RHO^n
    assert distance < (0.25 if edge else 0.45)
    assert float(clip[:, 39].std()) == pytest.approx(1.0, abs=0.1)


def test_a_memory_reaches_back_before_the_frames_that_are_held():
    layout, told = WindowLayout(20, 6, 2), []
    before = torch.arange(-7.0, 2)[None, :, None]  # 7 frames before the clip and its first two

    def model(window, given):
        told.append(given.flatten().tolist())
        return WindowModel(lambda x, t: torch.arange(float(window.first), window.first + 6)[None, :, None])

    sampling = sampling_of(noise_of(1), "ddim", 4)
    start = torch.zeros(1, layout.count * 6, 1)
    clip = sample_recursively(layout, model, start, sampling, first=before, edge=0, memory=7)
    assert clip.flatten().tolist() == [float(frame) for frame in range(20)]
    # Longer than a window: every frame once, up to the last one that the window begins with.
    assert told == [[float(n) for n in range(w.first - 7, w.first + 2)] for w in layout.windows]
    with pytest.raises(SettingsError, match="as many frames before"):
        sample_recursively(layout, model, start, sampling, memory=7)


def test_windows_whose_numbers_are_relative_to_their_first_frame():
    """A model of differences from a frame: held and given frames are moved there and back, exactly."""
    layout = WindowLayout(9, 4, 2)
    values = torch.full((9, 1), 0.1)
    known = Known((torch.arange(9) == 7)[:, None], values)  # 0.1 - 8 + 8 is not 0.1 in float32
    origins = []

    def model(window, given):
        origin = torch.full((1, 1, 1), 5.0) if given is None else given[:, :1]
        origins.append(float(origin))
        return WindowModel(lambda x, t: torch.ones_like(x), origin)

    sampling = sampling_of(noise_of(1), "ddim", 4, known=known)
    clip = sample_recursively(layout, model, torch.zeros(1, 16, 1), sampling, edge=0)
    assert origins == [5.0, 6.0, 7.0, 8.0]
    assert clip[0, 7, 0] == values[7, 0]
    assert clip.flatten()[[0, 3, 4, 5, 6, 8]].tolist() == [6.0, 6.0, 7.0, 7.0, 8.0, 9.0]


@pytest.mark.parametrize(("agreement", "limit"), [("blend", 1.2), ("hand_over", 1.75), (None, 3.3)])
def test_seams_of_windows_sampled_together(agreement, limit):
    """The process is rough, so its seams are at their worst; windows that do not overlap jump."""
    layout, noise = WindowLayout(56, 16, 8 if agreement else 0), noise_of(TAKES)
    start = noise.start(layout.count * 16, 1)
    clip = sample_together(layout, Process(16).predict, start, sampling_of(noise), agreement or "blend")
    assert clip.shape == (TAKES, 56, 1)
    seams = [window.first + window.fresh for window in layout.windows[1:]]
    assert (2.5 if agreement is None else 0.95) < seam_ratio(clip, seams) < limit
    assert float(clip.var()) == pytest.approx(0.9, abs=0.15)
    assert float(clip.mean()) == pytest.approx(0.0, abs=0.05)


def test_blended_windows_share_one_noisy_clip():
    layout, x_t = WindowLayout(12, 8, 4), []

    def predict(x, t):
        x_t.append(x.view(2, 1, 8, 1))
        return torch.cat([torch.full((1, 8, 1), 1.0), torch.full((1, 8, 1), 3.0)])

    noise = SeededNoise.from_seed(0, 1)
    sampling = ClipSampling(make_sampler("ddpm", SCHEDULE, 5), noise, lambda *_: None)
    clip = sample_together(layout, predict, noise.start(16, 1), sampling, "blend")
    assert all(torch.equal(first[:, 4:], second[:, :4]) for first, second in x_t)
    faded = [1 + 2 * k / 3 for k in range(4)]
    assert clip.flatten().tolist() == pytest.approx([1.0] * 4 + faded + [3.0] * 4, abs=1e-5)


def test_overlapping_windows_take_the_same_steps_and_differ_only_in_the_last():
    """After every step but the last, the first half of a window is the second half of the one before."""
    layout, seen = WindowLayout(12, 8, 4), []
    noise = SeededNoise.from_seed(0, 2)

    def observe(window):
        return lambda t, x, prediction, following: seen.append((x, prediction, following))

    sampling = ClipSampling(make_sampler("ddpm", SCHEDULE, 5), noise, lambda *_: None, observe=observe)
    clip = sample_together(layout, Process(8).predict, noise.start(16, 1), sampling, "hand_over")
    for index, (_, _, x) in enumerate(seen):
        first, second = x.view(2, 2, 8, 1)
        assert torch.equal(first[:, 4:], second[:, :4]) == (index < 4)
    first, second = seen[-1][2].view(2, 2, 8, 1)
    fade = torch.tensor([0.0, 1 / 3, 2 / 3, 1.0])[:, None]
    assert torch.equal(clip[:, :4], first[:, :4])
    assert torch.allclose(clip[:, 4:8], (1 - fade) * first[:, 4:] + fade * second[:, :4], atol=1e-6)
    assert torch.equal(clip[:, 8:], second[:, 4:])


def test_cross_fade_of_three_windows():
    layout = WindowLayout(7, 4, 2)
    windows = torch.tensor([1.0, 2.0, 4.0])[:, None, None, None].expand(3, 1, 4, 1)
    assert cross_fade(layout, windows).flatten().tolist() == [1, 1, 1, 2, 2, 4, 4, 4]
    assert cross_fade(WindowLayout(5, 4, 1), windows[:2]).flatten().tolist() == [1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("agreement", ["hand_over", "blend"])
def test_takes_sampled_together_do_not_depend_on_how_many_there_are(agreement):
    layout, model = WindowLayout(20, 8, 4), Process(8)

    def clip(seed, takes):
        noise = SeededNoise.from_seed(seed, takes)
        known = Known(torch.zeros(20, 1).index_fill(0, torch.tensor([9]), 1), torch.ones(20, 1))
        start = noise.start(layout.count * 8, 1)
        return sample_together(layout, model.predict, start, sampling_of(noise, known=known), agreement)

    assert torch.allclose(clip(5, 3)[2:], clip(7, 1), atol=1e-5)


@pytest.mark.parametrize("agreement", ["hand_over", "blend"])
def test_recorded_noise_serves_windows_that_are_sampled_together(agreement):
    layout, steps = WindowLayout(12, 8, 4), make_sampler("ddpm", SCHEDULE, 5).timesteps
    z = torch.randn(2, 4, 1, 8, 1, generator=torch.Generator().manual_seed(1))
    noise = RecordedNoise(torch.randn(1, 16, 1), z, timesteps=steps[:-1])

    def clip(noise):
        return sample_together(
            layout, Process(8).predict, noise.start(16, 1), sampling_of(noise, "ddpm", 5), agreement
        )

    assert torch.equal(clip(noise), clip(noise))
    quiet = RecordedNoise(noise.motion_at_t, torch.zeros_like(z), timesteps=steps[:-1])
    assert not torch.allclose(clip(noise), clip(quiet), atol=0.1)


def test_plans_refuse_layouts_that_do_not_suit_them():
    noise = noise_of(1)
    plain, sampling = torch.zeros(1, 8, 1), sampling_of(noise)
    model = WindowModel(damp)
    with pytest.raises(SettingsError, match="in sequence do not overlap"):
        sample_in_sequence(WindowLayout(4, 4, 1), lambda *_: model, plain, sampling, context=1)
    with pytest.raises(SettingsError, match="overlap by at least one frame"):
        sample_recursively(WindowLayout(4, 4), lambda *_: model, plain, sampling)
    with pytest.raises(SettingsError, match="Give at most 2 frames"):
        sample_together(WindowLayout(4, 4, 3), damp, plain, sampling)
    with pytest.raises(SettingsError, match="lose no frames"):
        sample_together(WindowLayout(4, 6, 2, 1), damp, plain, sampling)


@pytest.mark.parametrize("shape", [(5, 1), (6, 2), (3, 6, 1)])
def test_held_values_of_another_clip(shape):
    known = Known(torch.ones(1, 1), torch.zeros(shape))
    sampling = sampling_of(noise_of(2), known=known)
    with pytest.raises(SettingsError, match=r"this clip needs \(2, 6, 1\), or \(6, 1\)"):
        sample_together(WindowLayout(6, 6), damp, torch.zeros(2, 6, 1), sampling)


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_stops_before_the_next_step(plan):
    steps = []

    def on_step(window, done, total):
        steps.append((window, done, total))
        if len(steps) == 2:
            raise Cancelled

    sampling = ClipSampling(make_sampler("ddim", SCHEDULE, 4), SeededNoise.from_seed(0, 1), on_step)
    with pytest.raises(Cancelled):
        run(plan, WindowLayout(20, 8, 2), sampling, takes=1)
    assert steps == [(0, 0, 4), (0, 1, 4)]
