"""Features of a recording at the motion's frame rate, by an encoder that is told the sound alone.

Models that are given phones apart from the sound use these: what the phones add is then theirs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from elocute.audio.speech_features import SpeechFeatures
from elocute.checkpoint.folder import WEIGHTS, read_config
from elocute.checkpoint.weights import built_strictly, read_weights
from elocute.errors import InputError
from elocute.progress import Progress
from elocute.speech_encoders.encoder import Heard, SpeechEncoder
from elocute.speech_encoders.phonetic_config import PhoneticEncoderConfig
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder, PhoneticSpeech
from elocute.speech_encoders.phonetic_input import phonetic_input, sound_rows
from elocute.speech_encoders.resampling import resampled
from elocute.speech_encoders.sources import SpeechConfig

_PREFIX: Final = "audio_encoder."


def phonetic_of(folder: Path) -> PhoneticEncoder:
    """The phonetic encoder of a checkpoint that holds one, such as the bundled model.

    Raises:
        InputError: the folder is damaged, or has none.
    """
    audio = read_config(folder).get("audio")
    if not isinstance(audio, dict) or audio.get("kind") != "phonetic":
        raise InputError(f"The model {folder} has no phonetic speech encoder.", code="bad_audio_encoder")
    config = PhoneticEncoderConfig.from_options(audio.get("options", {}))
    path = folder / WEIGHTS
    own = {
        name.removeprefix(_PREFIX): value
        for name, value in read_weights(path).items()
        if name.startswith(_PREFIX)
    }
    network = built_strictly(lambda: PhoneticEncoder(config), own, str(path))
    return network.eval().requires_grad_(False)


def read_phonetic(path: Path, config: SpeechConfig) -> PhoneticEncoder:
    """A phonetic encoder from a file of its own.

    Raises:
        InputError: the file is missing or damaged, or of other sizes.
    """
    sizes = PhoneticEncoderConfig.from_options(config.options)
    if sizes.width != config.width:
        raise InputError(
            f"The model's speech encoder gives features of {sizes.width} numbers, not {config.width}.",
            code="bad_checkpoint",
        )
    network = built_strictly(lambda: PhoneticEncoder(sizes), read_weights(path), str(path))
    return network.eval().requires_grad_(False)


def load_encoder(
    config: SpeechConfig,
    phonetic: PhoneticEncoder | None,
    device: torch.device | str = "cpu",
    *,
    local_only: bool = False,
) -> SpeechEncoder:
    """The encoder of a model, ready to work.

    Args:
        config: of the model.
        phonetic: its own phonetic encoder, for that kind.
        device: where to compute.
        local_only: never ask the hub.

    Raises:
        InputError: it is not to be had, or gives features of another width.
    """
    if config.kind == "phonetic":
        if phonetic is None:
            raise InputError("The model lacks its speech encoder.", code="bad_checkpoint")
        return PhoneticSpeech("phonetic", phonetic, device)
    from elocute.speech_encoders.pretrained import load_speech_encoder

    encoder = load_speech_encoder(config.source, local_only=local_only, device=device)
    if encoder.width != config.width:
        raise InputError(
            f"The speech encoder {encoder.name} gives features of {encoder.width} numbers; the model needs "
            f"{config.width}.",
            "Give the encoder that the model was trained with.",
            code="bad_audio_encoder",
        )
    return encoder


def frame_features(encoder: SpeechEncoder, speech: SpeechFeatures, progress: Progress) -> Tensor:
    """(T, C) float32 features of the sound, one for each frame of motion.

    Raises:
        InputError: the sound is too short, or its samples were not kept and the encoder needs them.
        Cancelled: ``progress`` was cancelled.
    """
    if isinstance(encoder, PhoneticSpeech):
        told = phonetic_input(replace(speech, phones=None))
        return encoder.encode(Heard(phonetic=told), progress)
    if speech.samples is None:
        raise InputError("The speech features lack the samples that this model needs.")
    found = encoder.encode(Heard(torch.from_numpy(speech.samples.copy())), progress)
    return resampled(found.T[None], speech.frames)[0].T.contiguous()


def mel_rows(speech: SpeechFeatures) -> Tensor:
    """(T, SOUND_WIDTH) float32 mel bands of a frame's 10 ms steps, made comparable between recordings, with
    level, pitch and voicing (:func:`~elocute.speech_encoders.phonetic_input.sound_rows`)."""
    return torch.from_numpy(sound_rows(speech.log_mel, speech.energy_db, speech.pitch_hz, speech.voicing))
