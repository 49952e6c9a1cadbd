"""The table of readers that damaged files are given to. Another reader is one line here."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import torch

from addon.core.clip.clip import read_clip
from addon.core.clip.face_model import read_face_model
from addon.core.clip.identity import read_identity
from addon.core.errors import UserError as AddonError
from addon.core.headless.shots import TABLE, find_shots
from addon.core.retarget.rig_map_file import read_map
from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.phone_json import read_phone_json
from elocute.batch.manifest import read_manifest
from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config
from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.checkpoint.vector import read_vector
from elocute.dataset.actor.recordings import INDEX, ActorRecording, read_index
from elocute.dataset.statistics import CoefficientStats
from elocute.dataset.store import DATA_FILE, RecordingStore, read_split
from elocute.diffusion.noise import RecordedNoise
from elocute.errors import UserError
from elocute.exchange.captures import read_capture
from elocute.exchange.head_points import read_head_points
from elocute.face.bfm_import import convert_bfm
from elocute.face.flame_import import FlameSources, convert_flame
from elocute.face.flame_import.landmark_file import read_landmarks
from elocute.face.flame_import.regions import read_masks
from elocute.face.model import FaceModel
from elocute.face.picture import read_image, read_image_points
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import FinishingNeeds
from elocute.models.diffposetalk.files import STATS, STYLE_WEIGHTS
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_file import read_style_file
from elocute.models.registry import family
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.motion.official import load_motion
from elocute.motion.track_files import read_table
from elocute.renderers.film_reader import Film
from elocute.renderers.mtov.driving import read_pose
from elocute.renderers.mtov.folder import read_folder_config
from elocute.speech_encoders.transformers_encoder import build, read_encoder_config
from scripts.fuzzing import capture_samples, samples
from scripts.fuzzing.archives import mutated_npy, mutated_npz
from scripts.fuzzing.json_files import mutated_json
from scripts.fuzzing.other_files import mutated_glb, mutated_lmdb, mutated_safetensors, mutated_text
from scripts.fuzzing.pickles import mutated_object_npy, mutated_pickle, mutated_torch
from scripts.fuzzing.scramble import scrambled

Mutation = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Reader:
    """Something that reads files of users.

    Attributes:
        name: in tables.
        file: what the file is called.
        valid: makes files that are read without an error.
        mutate: makes another file of such a one.
        read: reads a file; what it returns is only looked at for being returned.
        errors: what it may raise.
    """

    name: str
    file: str
    valid: tuple[Callable[[], bytes], ...]
    mutate: Mutation
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...] = (UserError,)


def _head_points(path: Path) -> object:
    return read_head_points(path.read_bytes())


def _flame(path: Path) -> object:
    return convert_flame(FlameSources(path))


def _actor_index(path: Path) -> object:
    return read_index(path.parent)


def _store(path: Path) -> object:
    store = RecordingStore(path.parent)
    return [
        (store.frames(name), store.coefficients(name), store.read(name, 0, 1)) for name in store.names()[:20]
    ]


def _split(path: Path) -> object:
    return read_split(path.parent, "train")


def _described(path: Path) -> object:
    own = family(str(read_config(path.parent).get("architecture")))
    return own.packages(path.parent), own.describe(path.parent, "x")


def _model_folder(path: Path) -> object:
    """The file in a folder whose other files are right."""
    folder = path.parent / "model"
    if not folder.is_dir():
        samples.write_model_folder(folder)
    before = (folder / path.name).read_bytes()
    try:
        shutil.copyfile(path, folder / path.name)
        return load_folder(folder)
    finally:
        (folder / path.name).write_bytes(before)


def _encoder(path: Path) -> object:
    """Built without memory, as it is before weights are compared with it."""
    found = read_encoder_config(str(path))
    with torch.device("meta"):
        return build(found.kind, found.options)


def _manner(path: Path) -> object:
    styles = path.parent / "styles"
    styles.mkdir(exist_ok=True)
    shutil.copyfile(path, styles / path.name)
    return FinishingNeeds.from_folder(path.parent)


def _identity_of_rows(path: Path) -> object:
    return read_vector(path, "shape")


def _sound(name: str, *made: Callable[[], bytes]) -> Reader:
    return Reader(f"sound, {name}", f"a.{name}", made, scrambled, decode_sound)


def _model_file(name: str, mutate: Mutation) -> Reader:
    return Reader(f"model folder, {name}", name, (partial(samples.model_file, name),), mutate, _model_folder)


_ADDON: Final = (AddonError,)


def _style_file(path: Path) -> object:
    return read_style_file(path, path.name, 16)


def _image_points(path: Path) -> object:
    return read_image_points(path, 100)


def _renderer(path: Path) -> object:
    return read_folder_config(path.parent)


def _image(kind: str) -> Reader:
    name = kind.lower()
    return Reader(f"image, {name}", f"a.{name}", (partial(samples.image, kind),), scrambled, read_image)


def _landmarks(path: Path) -> object:
    return read_landmarks([path], samples.VERTICES)


def _masks(path: Path) -> object:
    return read_masks(path, samples.VERTICES)


def _shots(path: Path) -> object:
    return find_shots(path.parent)


def _pose(path: Path) -> object:
    return read_pose(path, Film(np.zeros((2, 16, 16, 3), np.uint8), 25.0))


def _split_list() -> bytes:
    return b"p/a\np/b\n"


_wave, _film = samples.sound, samples.film_sound
_MOTIONS: Final = (samples.clip, samples.official_motion)

READERS: Final[tuple[Reader, ...]] = (
    Reader("clip, backend", "a.npz", (samples.clip,), mutated_npz, MotionClip.load),
    Reader("clip, add-on", "a.npz", (samples.clip,), mutated_npz, read_clip, _ADDON),
    Reader("clip or official motion", "a.npz", _MOTIONS, mutated_npz, load_motion),
    Reader("landmark track", "a.npz", (samples.landmark_track,), mutated_npz, LandmarkTrack.load),
    Reader("landmark table", "a.csv", (samples.landmark_table,), mutated_text, read_table),
    Reader("pose of a film", "a.npz", (samples.pose_coefficients,), mutated_npz, _pose),
    Reader("face, backend", "a.npz", (samples.face,), mutated_npz, FaceModel.load),
    Reader("head points", "a.npz", (samples.head_points,), mutated_npz, _head_points),
    Reader("face, add-on", "a.npz", (samples.face,), mutated_npz, read_face_model, _ADDON),
    Reader("identity, add-on", "a.npz", _MOTIONS, mutated_npz, read_identity, _ADDON),
    Reader("identity .npy, add-on", "a.npy", (samples.vector,), mutated_npy, read_identity, _ADDON),
    Reader("identity .npy, backend", "a.npy", (samples.vector,), mutated_npy, _identity_of_rows),
    Reader("style", "a.npz", (samples.style,), mutated_npz, partial(read_vector, what="style")),
    Reader("style at intensities", "a.npz", (samples.style_steps,), mutated_npz, _style_file),
    Reader("style's eyes", "a.npz", (samples.style,), mutated_npz, _manner),
    Reader("recorded noise", "a.npz", (samples.noise,), mutated_npz, RecordedNoise.load),
    Reader("statistics of a model", "a.npz", (samples.statistics,), mutated_npz, MotionStats.load_npz),
    Reader("statistics of a dataset", "a.npz", (samples.statistics,), mutated_npz, CoefficientStats.load),
    Reader("mouth probe", "a.npz", (samples.probe,), mutated_npz, MouthProbe.load),
    Reader("recording of an actor", "a.npz", (samples.actor_recording,), mutated_npz, ActorRecording.load),
    Reader("index of an actor", INDEX, (samples.actor_index,), mutated_json, _actor_index),
    Reader("FLAME .pkl", "flame2020.pkl", (samples.flame_model,), mutated_pickle, _flame),
    Reader("FLAME .npz", "flame2020.npz", (samples.flame_npz,), mutated_npz, _flame),
    Reader("BFM .mat", "front.mat", (samples.bfm_model, samples.bfm_plain), scrambled, convert_bfm),
    Reader("FLAME masks", "a.pkl", (samples.flame_masks,), mutated_pickle, _masks),
    Reader("FLAME landmarks", "a.npy", (samples.flame_landmarks,), mutated_object_npy, _landmarks),
    Reader("dataset, LMDB", DATA_FILE, (samples.lmdb_store,), mutated_lmdb, _store),
    Reader("dataset, split", "train.txt", (_split_list,), mutated_text, _split),
    Reader("PyTorch archive", "a.pt", (samples.torch_archive,), mutated_torch, read_torch_archive),
    Reader("model, described", CONFIG, (partial(samples.model_file, CONFIG),), mutated_json, _described),
    _model_file(CONFIG, mutated_json),
    _model_file(WEIGHTS, mutated_safetensors),
    _model_file(STATS, mutated_safetensors),
    _model_file(STYLE_WEIGHTS, mutated_safetensors),
    Reader("speech encoder", CONFIG, (samples.encoder_config,), mutated_json, _encoder),
    Reader("phones, JSON", "a.json", (samples.phone_json,), mutated_json, read_phone_json),
    Reader("rig map, add-on", "a.json", (samples.rig_map,), mutated_json, read_map, _ADDON),
    Reader("batch, table", "a.csv", (samples.manifest_table,), mutated_text, read_manifest),
    Reader("batch, JSON lines", "a.jsonl", (samples.manifest_lines,), mutated_text, read_manifest),
    Reader("Live Link Face", "a.csv", (capture_samples.live_link_take,), mutated_text, read_capture),
    Reader("Audio2Face", "a.json", (capture_samples.audio2face,), mutated_json, read_capture),
    Reader("MediaPipe", "a.json", (capture_samples.mediapipe,), mutated_json, read_capture),
    Reader("Face Cap", "a.txt", (capture_samples.face_cap,), mutated_text, read_capture),
    Reader("iFacialMocap", "a.txt", (capture_samples.ifacialmocap,), mutated_text, read_capture),
    Reader(
        "VRM animation",
        "a.vrma",
        (capture_samples.vrma, capture_samples.vrma_perfect_sync),
        mutated_glb,
        read_capture,
    ),
    Reader("keyed character", "a.glb", (capture_samples.gltf_shapes,), mutated_glb, read_capture),
    Reader(
        "Rhubarb, lines",
        "a.tsv",
        (capture_samples.rhubarb_tsv, capture_samples.rhubarb_dat),
        mutated_text,
        read_capture,
    ),
    Reader("Rhubarb, XML", "a.xml", (capture_samples.rhubarb_xml,), mutated_text, read_capture),
    Reader("Rhubarb, JSON", "a.json", (capture_samples.rhubarb_json,), mutated_json, read_capture),
    Reader("TextGrid", "a.TextGrid", (capture_samples.textgrid,), mutated_text, read_capture),
    Reader("image's landmarks", "a.csv", (samples.image_points,), mutated_text, _image_points),
    Reader("film renderer", CONFIG, (samples.renderer_config,), mutated_json, _renderer),
    *(_image(kind) for kind in ("PNG", "JPEG", "WEBP", "BMP")),
    Reader("shots, add-on", TABLE, (samples.shot_table,), mutated_text, _shots, _ADDON),
    _sound("wav", *(partial(_wave, "WAV", kind) for kind in ("PCM_16", "FLOAT", "IMA_ADPCM", "ULAW"))),
    _sound("flac", partial(_wave, "FLAC")),
    _sound("ogg", partial(_wave, "OGG"), partial(_wave, "OGG", "OPUS")),
    _sound("mp3", partial(_wave, "MP3")),
    _sound("aiff", partial(_wave, "AIFF"), partial(_wave, "AIFF", "FLOAT")),
    _sound("m4a", partial(_film, "ipod", "aac"), partial(_film, "mp4", "alac")),
    _sound("webm", partial(_film, "webm", "libopus")),
    _sound("ac3", partial(_film, "ac3", "ac3")),
    _sound("aac", partial(_film, "adts", "aac")),
    _sound("mkv", partial(_film, "matroska", "pcm_s16le"), partial(_film, "matroska", "flac")),
)


def reader_named(name: str) -> Reader:
    """The reader of that name.

    Raises:
        KeyError: there is none.
    """
    return {reader.name: reader for reader in READERS}[name]


def made_input(reader: Reader, seed: int, number: int) -> bytes:
    """Input ``number`` of a reader: the same bytes for the same seed, whatever was made before."""
    random = Random(f"{seed}/{reader.name}/{number}")  # noqa: S311 - not for secrets
    return reader.mutate(_made(random.choice(reader.valid)), random)


@functools.cache
def _made(valid: Callable[[], bytes]) -> bytes:
    return valid()
