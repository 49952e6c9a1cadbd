"""From samples to motion: conditions, guidance branches and windows around the denoiser.

K takes, B guidance branches, W windows, L frames a window, Lp before it, C width, D numbers a frame.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

import torch
from torch import Tensor

from elocute.arrays import like
from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Branch, Guidance, Guided, dynamic_threshold
from elocute.diffusion.joint_calls import JointCalls
from elocute.diffusion.loop import Observe, Predict
from elocute.diffusion.noise import NoiseSource
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.windows import (
    ClipSampling,
    OnWindow,
    Window,
    WindowLayout,
    WindowModel,
    sample_in_sequence,
)
from elocute.models.diffposetalk.audio_context import encode_clip
from elocute.models.diffposetalk.audio_input import (
    WindowPlan,
    fill_windows,
    normalise,
    plan_frames,
    plan_windows,
)
from elocute.models.diffposetalk.conditions import Conditions
from elocute.models.diffposetalk.denoiser import Denoiser, Memory, Step
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.models.diffposetalk.local_network import LocalStep
from elocute.models.diffposetalk.local_sampling import LocalSampler
from elocute.models.diffposetalk.sampling_settings import AudioContext, Precision, SamplingSettings
from elocute.models.diffposetalk.start_noise import shaped
from elocute.models.diffposetalk.torch_local_network import TorchLocalNetwork
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_encoder import with_margins
from elocute.speech_encoders.phonetic_input import PhoneticInput


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
        self._conditions: Final = Conditions(model)

    def side_by_side(
        self, clips: int
    ) -> tuple[list[DiffPoseTalkSampler], JointCalls[Step | LocalStep, Tensor]]:
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.side_by_side`.

        On a processor a clip's numbers then differ in the last bits from those of the clip sampled alone.
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
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.sample`."""

        def hand_over(first: int, motion: Tensor) -> None:
            if on_window is not None:
                with torch.inference_mode(False):  # a copy that its receiver may change
                    on_window(first, motion.clone().cpu())

        if isinstance(self._denoiser, LocalDenoiser):
            network = TorchLocalNetwork(self._network, self._denoiser, self._denoise, self._device)
            local = LocalSampler(self.model, network)
            made: Tensor = local.sample(voice, settings, noise, progress, observe, hand_over, known)
            return made.cpu()
        sampler, guidance = self.check(settings, styled=voice.style is not None)
        people = torch.from_numpy(self._conditions.people(voice, guidance)).to(self._device)
        plan, audio = self._encode(voice.sound, settings.audio_context, progress)
        layout = WindowLayout(plan.frames, self.model.config.denoiser.motions)

        def tell(window: int, done: int, steps: int) -> None:
            words = f"window {window + 1} of {layout.count}, step {done + 1} of {steps}"
            progress.report("motion", (window + done / steps) / layout.count, words)

        sampling = ClipSampling(sampler, noise, tell, known, observe=observe, on_window=hand_over)
        motion = self._sample_windows(layout, audio, people, guidance, settings, sampling)
        progress.report("motion", 1.0)
        return motion.cpu()

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
        drawn = like(sampling.noise.start(repeats * frames, config.layout.width), audio)
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
        made: Tensor = sample_in_sequence(layout, model, start, sampling, context=context, before=before)
        return made

    def check(self, settings: SamplingSettings, *, styled: bool) -> tuple[Sampler, Guidance]:
        """See :meth:`~elocute.models.diffposetalk.engine.ClipSampler.check`."""
        return self._conditions.check(settings, styled=styled)

    def _encode(
        self, sound: Tensor | PhoneticInput, context: AudioContext, progress: Progress
    ) -> tuple[WindowPlan, Tensor]:
        """How the clip falls into windows, and its audio features (1, W * L, C)."""
        config = self.model.config
        motions = config.denoiser.motions
        if config.audio.hears_phones != isinstance(sound, PhoneticInput):
            raise TypeError(f"a {config.audio.kind} speech encoder was given {type(sound).__name__}")
        if isinstance(sound, PhoneticInput):
            progress.report("audio", 0.0)
            plan = plan_frames(sound.frames, motions)
            reach: int = self._network.audio_encoder.config.reach  # type: ignore[union-attr, assignment]
            told = with_margins(sound, reach, plan.pad_frames + reach, self._device)
            features, _ = self._network.encode_phonetic(*told)
            return plan, features[:, reach : reach + plan.windows * motions]
        samples = torch.as_tensor(sound)
        plan = plan_windows(len(samples), config.fps, motions)
        ready = fill_windows(normalise(samples), plan, config.padding or "zero").to(self._device)
        return plan, encode_clip(self._network, ready, plan.windows, context, progress)

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
