"""From samples to motion: conditions, guidance branches and windows around the denoiser.

K takes, B guidance branches, W windows, L frames a window, Lp before it, C width, D numbers a frame.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, cast

import torch
from torch import Tensor

from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Branch, Guidance, Guided, dynamic_threshold
from elocute.diffusion.joint_calls import JointCalls
from elocute.diffusion.loop import Observe, Predict
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler, make_sampler
from elocute.diffusion.stretches import sample_in_stretches
from elocute.diffusion.windows import (
    ClipSampling,
    OnWindow,
    Window,
    WindowLayout,
    WindowModel,
    sample_in_sequence,
)
from elocute.errors import SettingsError
from elocute.models.diffposetalk.audio_context import AudioContext, encode_clip
from elocute.models.diffposetalk.audio_input import (
    WindowPlan,
    fill_windows,
    normalise,
    plan_frames,
    plan_windows,
)
from elocute.models.diffposetalk.config import CONDITIONS
from elocute.models.diffposetalk.denoiser import Denoiser, Memory, Step
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser, LocalStep
from elocute.models.diffposetalk.local_sampling import LocalPredictor, stretches_of
from elocute.models.diffposetalk.mouth import Keep, MouthTold, keeping_mouth
from elocute.models.diffposetalk.sampling_settings import (
    Precision,
    SamplingSettings,
    resolve_scales,
    resolve_steps,
)
from elocute.models.diffposetalk.start_noise import shaped
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_encoder import with_margins
from elocute.speech_encoders.phonetic_input import PhoneticInput


@dataclass(frozen=True)
class Voice:
    """What is constant over a clip.

    Attributes:
        sound: (n,) float32 mono audio at 16 kHz, or what a phonetic speech encoder is told.
        shape: (S,) identity coefficients, or None for the average of the training data.
        style: (style_dim,) style, (T, style_dim) of each frame for a local denoiser, or None for the learned
            null style.
        mouth: what a local denoiser's mouth keeps to; None leaves it alone.
    """

    sound: Tensor | PhoneticInput
    shape: Tensor | None = None
    style: Tensor | None = None
    mouth: MouthTold | None = None


class DiffPoseTalkSampler:
    """A loaded model ready to sample; holds no state between calls."""

    def __init__(
        self, model: LoadedModel, precision: Precision = "float32", device: torch.device | str = "cpu"
    ) -> None:
        """Prepare ``model`` for ``device`` (its network moves there) and an arithmetic."""
        self.model: Final = model
        self._device: Final = torch.device(device)
        self._network: Final = model.network.to(self._device)
        self._denoiser: Denoiser | LocalDenoiser = model.network.denoising_net
        if precision == "bfloat16":
            self._denoiser = copy.deepcopy(self._denoiser)
            self._denoiser.use_dtype(torch.bfloat16)
        self._denoise: Callable[[Step | LocalStep], Tensor] = self._denoise_alone

    def side_by_side(
        self, clips: int
    ) -> tuple[list[DiffPoseTalkSampler], JointCalls[Step | LocalStep, Tensor]]:
        """This sampler for several clips that are sampled at the same time, each on a thread of its own.

        At every step the network sees all of them as one batch. On a processor a clip's numbers then differ
        in the last bits from those of the clip sampled alone. Each thread leaves the joint calls when it is
        done.

        Returns:
            A sampler for each clip, and the joint calls in which it is the member of its number.
        """
        together = cast(
            "Callable[[Sequence[Step | LocalStep]], list[Tensor]]", self._denoiser.denoise_together
        )
        calls = JointCalls(clips, torch.inference_mode()(together))
        samplers = [copy.copy(self) for _ in range(clips)]
        for number, one in enumerate(samplers):
            one._denoise = partial(calls.ask, number)
        return samplers, calls

    def _denoise_alone(self, step: Step | LocalStep) -> Tensor:
        return self._denoiser.denoise(step.motion, step.embedding, step.memory)  # type: ignore[arg-type]

    @torch.inference_mode()
    def sample(
        self,
        voice: Voice,
        settings: SamplingSettings,
        noise: NoiseSource,
        progress: Progress,
        observe: Callable[[int], Observe] | None = None,
        on_window: OnWindow | None = None,
        known: Known | None = None,
    ) -> Tensor:
        """Make motion for a clip.

        Args:
            voice: audio, shape and style.
            settings: how to sample.
            noise: gives x_T of K takes (the same for every window, as published) and the steps' noise.
            progress: told about every step; cancelling stops before the next step.
            observe: given a window's index, returns what watches its steps.
            on_window: given each window's motion as soon as it is final, on the CPU.
            known: frames or channels that are held, as normalised motion over the whole clip.

        Returns:
            (K, T, D) normalised motion, on the CPU.

        Raises:
            InputError: the audio is shorter than a frame.
            SettingsError: steps, scales, style, noise or held values that the model cannot take.
            Cancelled: ``progress`` was cancelled.
        """
        config = self.model.config
        sampler, guidance = self.check(settings, styled=voice.style is not None)
        people = self._people(voice, guidance)
        plan, audio, likely = self._encode(voice.sound, settings.audio_context, progress)
        whole = plan.frames if config.local is not None else None
        layout = WindowLayout(plan.frames, config.denoiser.motions)

        def tell(part: int, done: int, steps: int) -> None:
            count = layout.count if whole is None else len(list(stretches_of(whole)))
            progress.report(
                "motion",
                (part + done / steps) / count,
                f"window {part + 1} of {count}, step {done + 1} of {steps}",
            )

        def hand_over(first: int, motion: Tensor) -> None:
            if on_window is not None:
                with torch.inference_mode(False):  # a copy that its receiver may change
                    on_window(first, motion.clone().cpu())

        sampling = ClipSampling(sampler, noise, tell, known, observe=observe, on_window=hand_over)
        if whole is not None:
            start = shaped(noise.start(whole, config.layout.width).to(audio), config)
            keep = None
            if voice.mouth is not None and likely is not None:
                keep = keeping_mouth(self.model, voice.mouth, likely.cpu().numpy())
            motion = self._sample_along(start, audio, people, guidance, settings, sampling, keep)
        else:
            motion = self._sample_windows(layout, audio, people, guidance, settings, sampling)
        progress.report("motion", 1.0)
        return motion.cpu()

    def _sample_along(
        self,
        start: Tensor,
        audio: Tensor,
        people: Tensor,
        guidance: Guidance,
        settings: SamplingSettings,
        sampling: ClipSampling,
        keep: Keep | None,
    ) -> Tensor:
        """With a local denoiser: (K, T, D)."""
        assert isinstance(self._denoiser, LocalDenoiser)  # noqa: S101 - asked by the caller
        predictor = LocalPredictor(
            self._network,
            self._denoiser,
            self._denoise,
            audio,
            people,
            guidance,
            sampling.sampler,
            settings.threshold,
            self._together(len(start)),
            keep,
        )
        return sample_in_stretches(stretches_of(start.shape[1]), predictor.at, start, sampling)

    def _sample_windows(
        self,
        layout: WindowLayout,
        audio: Tensor,
        people: Tensor,
        guidance: Guidance,
        settings: SamplingSettings,
        sampling: ClipSampling,
    ) -> Tensor:
        """With the published denoiser, window after window: (K, T, D)."""
        config, frames = self.model.config, layout.length
        context = config.denoiser.previous_motions
        first_audio, first_motion = self._network.start_audio_feat, self._network.start_motion_feat
        assert first_audio is not None  # noqa: S101 - windows have it
        assert first_motion is not None  # noqa: S101
        repeats = 1 if config.sampling.repeat_noise else layout.count
        drawn = sampling.noise.start(repeats * frames, config.layout.width).to(audio)
        start = shaped(drawn, config).repeat(1, layout.count // repeats, 1)

        def model(window: Window, previous_motion: Tensor | None) -> WindowModel:
            assert previous_motion is not None  # the first window's is learned  # noqa: S101
            heard: Tensor = first_audio
            if window.index:
                heard = audio[:, window.first - context : window.first]
            indicator = audio.new_ones(1, frames)
            indicator[:, window.end :] = 0
            sound = audio[:, window.first : window.first + frames]
            memories = [
                self._remember(sound, heard, before_it, people, indicator, guidance, settings)
                for before_it in torch.split(previous_motion, self._together(len(previous_motion)))
            ]
            return WindowModel(self._predictor(memories, guidance, settings, sampling.sampler))

        before = first_motion.expand(len(drawn), -1, -1)
        return sample_in_sequence(layout, model, start, sampling, context=context, before=before)

    def check(self, settings: SamplingSettings, *, styled: bool) -> tuple[Sampler, Guidance]:
        """What ``settings`` come to for this model, with or without a style.

        Raises:
            SettingsError: steps, scales, threshold or conditions that the model cannot take.
        """
        config = self.model.config
        sampler = make_sampler(
            settings.sampler, self.model.schedule, resolve_steps(settings, config), config.target
        )
        dynamic_threshold(torch.zeros(1, 1, 1), settings.threshold)  # refuses a wrong ratio
        return sampler, self._guidance(settings, styled)

    def _guidance(self, settings: SamplingSettings, styled: bool) -> Guidance:
        config = self.model.config
        scales = resolve_scales(settings, config)
        guide = config.guiding if settings.guide is None else settings.guide
        if unknown := [name for name in guide if name not in config.guiding]:
            raise SettingsError(f"This model cannot be guided by {', '.join(unknown)}.")
        if settings.guide is None and not styled:
            guide = tuple(name for name in guide if name != "style")
        elif "style" in guide and not styled:
            raise SettingsError("Guidance by style needs a style.")
        for name in CONDITIONS:  # also of those that do not guide, so a typing error is seen
            Guidance(scales={name: scales[name]})
        mode = settings.guidance or config.guidance or "incremental"
        return Guidance(mode, {name: scales[name] for name in CONDITIONS if name in guide})

    def _people(self, voice: Voice, guidance: Guidance) -> Tensor:
        """(B, S + style_dim) identity and style of each branch, or (B, T, S + style_dim)."""
        config, stats = self.model.config, self.model.stats
        raw = stats.shape_mean if voice.shape is None else voice.shape
        if raw.shape != stats.shape_mean.shape:
            raise SettingsError(
                f"The shape has {raw.numel()} coefficients; this model takes {len(stats.shape_mean)}."
            )
        branches = guidance.needed()
        person = stats.normalise_shape(raw).expand(len(branches), -1)
        if not config.denoiser.style_dim:
            if voice.style is not None:
                raise SettingsError("This model has no styles.", "Leave the style out.")
            return person.to(self._device)
        null = self._network.null_style_feat
        if voice.style is None and null is None:
            raise SettingsError("This model needs a style.", "Give one with --style.")
        if voice.style is not None and voice.style.shape[-1] != config.denoiser.style_dim:
            raise SettingsError(
                f"The style has {voice.style.shape[-1]} numbers; this model takes "
                f"{config.denoiser.style_dim}."
            )
        if voice.style is not None and voice.style.ndim != 1 and config.local is None:
            raise SettingsError("The style of this model cannot change.", "Give one style.")
        rows = []
        for present in branches:
            dropped = voice.style is None or ("style" in guidance.conditions and "style" not in present)
            row = null[0, 0].cpu() if dropped and null is not None else voice.style
            assert row is not None  # a model without a null style was given one  # noqa: S101
            rows.append(row if voice.style is None else row.expand_as(voice.style))
        styles = torch.stack(rows)
        if styles.ndim == 3:
            person = person[:, None].expand(-1, styles.shape[1], -1)
        return torch.cat([person, styles], dim=-1).to(self._device)

    def _encode(
        self, sound: Tensor | PhoneticInput, context: AudioContext, progress: Progress
    ) -> tuple[WindowPlan, Tensor, Tensor | None]:
        """How the clip falls into windows, its audio features (1, W * L, C), and for a local denoiser how
        likely each phone is by the sound (T, L)."""
        config = self.model.config
        motions = config.denoiser.motions
        if config.audio.hears_phones != isinstance(sound, PhoneticInput):
            raise TypeError(f"a {config.audio.kind} speech encoder was given {type(sound).__name__}")
        if isinstance(sound, PhoneticInput):
            progress.report("audio", 0.0)
            plan = plan_frames(sound.frames, motions)
            if config.local is not None:
                return plan, *self._told_features(sound)
            reach: int = self._network.audio_encoder.config.reach  # type: ignore[union-attr, assignment]
            told = with_margins(sound, reach, plan.pad_frames + reach, self._device)
            features, _ = self._network.encode_phonetic(*told)
            return plan, features[:, reach : reach + plan.windows * motions], None
        plan = plan_windows(len(sound), config.fps, motions)
        ready = fill_windows(normalise(sound), plan, config.padding or "zero").to(self._device)
        return plan, encode_clip(self._network, ready, plan.windows, context, progress), None

    def _told_features(self, told: PhoneticInput) -> tuple[Tensor, Tensor]:
        """(1, T, C) features of a clip, where it has phones partly those of the phones alone; and (T, L)."""
        features, logits = self._network.encode_phonetic(*with_margins(told, 0, 0, self._device))
        likely = logits[0].float().softmax(dim=-1)
        share = self.model.config.sampling.sound_share
        if share == 1.0 or not told.heard or not told.source.any():
            return features, likely
        deaf = with_margins(replace(told, heard=False), 0, 0, self._device)
        alone, _ = self._network.encode_phonetic(*deaf)
        return share * features + (1.0 - share) * alone, likely

    def _remember(
        self,
        audio: Tensor,
        previous_audio: Tensor,
        previous_motion: Tensor,
        people: Tensor,
        indicator: Tensor,
        guidance: Guidance,
        settings: SamplingSettings,
    ) -> Memory:
        """The memory of one window for B * K rows, branch by branch."""
        takes = len(previous_motion)
        branches = guidance.needed()
        silent = ["audio" in guidance.conditions and "audio" not in present for present in branches]
        sounds, rows = [audio], [0] * len(branches)
        if any(silent):
            null = self._network.null_audio_feat
            assert null is not None  # audio guides only models that have it  # noqa: S101
            sounds.append(null.expand(1, audio.shape[1], -1))
            rows = [int(gone) for gone in silent]
        assert isinstance(self._denoiser, Denoiser)  # noqa: S101 - windows are its own
        memory = self._denoiser.remember(
            torch.cat(sounds),
            people,
            previous_motion,
            previous_audio.expand(len(sounds), -1, -1),
            indicator,
            shortcut=settings.shortcut,
        )
        return memory.spread(
            audio_rows=torch.tensor(rows).repeat_interleave(takes),
            person_rows=torch.arange(len(branches)).repeat_interleave(takes),
            context_rows=torch.arange(takes).repeat(len(branches)),
        )

    def _together(self, takes: int) -> int:
        """How many takes the network sees at once.

        Matrix products of other sizes round differently. On a processor every take is computed alone, so that
        it is the same to the last bit however many are made; four at once would be a fifth quicker there.
        """
        return 1 if self._device.type == "cpu" else takes

    def _predictor(
        self, memories: list[Memory], guidance: Guidance, settings: SamplingSettings, sampler: Sampler
    ) -> Predict:
        """The model of one window, which has a memory for each group of takes that is computed together."""
        denoiser = self._denoiser
        assert isinstance(denoiser, Denoiser)  # noqa: S101 - windows are its own
        embeddings = denoiser.embed_steps(torch.tensor(sampler.timesteps))
        place = {t: index for index, t in enumerate(sampler.timesteps)}

        def denoise(x: Tensor, t: int, branches: tuple[Branch, ...]) -> Tensor:
            # The memories are of these branches.
            groups = torch.split(x, len(x) // len(memories))
            told = [
                self._denoise(Step(group, embeddings[place[t]], memory))
                for group, memory in zip(groups, memories, strict=True)
            ]
            if len(told) == 1:
                return told[0]
            return torch.cat([one.view(len(branches), -1, *one.shape[1:]) for one in told], dim=1).flatten(
                0, 1
            )

        limit = partial(dynamic_threshold, ratio=settings.threshold)
        return Guided(denoise, guidance, sampler.timesteps, limit, "branches")
