"""The DiffPoseTalk family. Nothing here imports torch before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from elocute.checkpoint.device_names import check_device_name
from elocute.checkpoint.folder import CONFIG, preset_names, read_config
from elocute.errors import InputError
from elocute.generator import Generator, ModelInfo
from elocute.models.diffposetalk.config import FAMILY as NAME
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.description import describe
from elocute.models.diffposetalk.files import has_graphs
from elocute.models.family import (
    ONNX_RUNTIME,
    PYTORCH,
    Converter,
    ConverterValues,
    ExtractedStyle,
    FileArgument,
    LoadOptions,
    Training,
    not_compiled,
)
from elocute.motion.clip import MotionClip
from elocute.optional_packages import missing_package

if TYPE_CHECKING:
    from elocute.finishing.lip_contacts.probe import MouthProbe
    from elocute.models.diffposetalk.engine import ModelParts

_TRAINING: Final = "elocute.training.diffposetalk.commands"


class DiffPoseTalkFamily:
    """Windowed diffusion of expression, jaw and head pose; published checkpoints and our own."""

    name = NAME
    built_in: tuple[ModelInfo, ...] = ()
    trainings = (
        Training(
            "denoiser",
            "the denoiser; needs a style encoder",
            f"{_TRAINING}:run_denoiser",
            ("geometry", "mask", "guidance", "style"),
        ),
        Training("style", "the style encoder", f"{_TRAINING}:run_style"),
        Training(
            "actor",
            "the bundled model on an actor's recordings",
            "elocute.training.elocute_lite.actor:run_actor",
        ),
    )

    @property
    def converters(self) -> tuple[Converter, ...]:
        """One, for what the published program saves."""
        arguments = (
            FileArgument("checkpoint", "denoiser, iter_*.pt", "CKPT.pt"),
            FileArgument("stats", "stats_train.npz"),
            FileArgument(
                "audio-encoder",
                "speech encoder it was trained with: a folder that holds config.json, or a hub id such as "
                "facebook/hubert-base-ls960 (only its configuration is read)",
                "FOLDER_OR_ID",
                text=True,
            ),
            FileArgument("style-encoder", "style encoder, iter_*.pt", "SE.pt", required=False),
            FileArgument(
                "face",
                "your FLAME head as `elocute convert flame` wrote it: makes exact lip contacts possible",
                "FACE.npz",
                required=False,
            ),
        )
        return (
            Converter("diffposetalk", "an official DiffPoseTalk checkpoint (iter_*.pt)", arguments, _convert),
        )

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """Those of what computes it, and transformers where speech is encoded by HuBERT or Wav2Vec2.

        Raises:
            InputError: the folder is damaged.
        """
        own = ("onnxruntime" if _engine(folder, LoadOptions()) == ONNX_RUNTIME else "torch", "safetensors")
        phonetic = folder is None or _read(folder).audio.hears_phones
        return own if phonetic else (*own, "transformers")

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """What the checkpoint is.

        Raises:
            InputError: the folder is damaged.
        """
        engine = _engine(folder, LoadOptions())
        return describe(_read(folder), name, preset_names(folder), engine)

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model in ``folder``; ONNX Runtime computes it where it can, else PyTorch.

        Raises:
            InputError: the folder is damaged.
            SettingsError: there is no such device, or it is to be compiled.
            ImportError: torch is there, but a library of the system is not.
        """
        if folder is None:
            raise InputError(f"The family {self.name} has no built-in model.", code="missing_model")
        if options.compiled:
            raise not_compiled(name)
        if _engine(folder, options) == ONNX_RUNTIME:
            from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
            from elocute.models.diffposetalk.onnx_folder import load_onnx_folder

            return DiffPoseTalkGenerator(load_onnx_folder(folder, name), options)
        if _no_torch():
            check_device_name(options.device)
        try:
            from elocute.models.diffposetalk.folder import load_folder
        except OSError as error:
            raise ImportError(f"PyTorch does not load ({_first_line(error)})") from error
        from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator

        return DiffPoseTalkGenerator(load_folder(folder, name), options)

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """The style of one window of a clip.

        Raises:
            SettingsError: the model has no style encoder, or the clip no such frame.
            InputError: the clip does not fit the model.
        """
        from elocute.models.diffposetalk.style_file import style_content
        from elocute.models.diffposetalk.styles import extract_style

        model = _parts(folder, name)
        style = extract_style(model, clip, start)
        frames = min(clip.frames - start, model.config.denoiser.motions)
        facts = {"source": source, "start": start, "frames": frames, "model": model.name}
        return ExtractedStyle(style_content(style, facts), frames, len(style))


def _engine(folder: Path | None, options: LoadOptions) -> str:
    """What computes the checkpoint: ONNX Runtime on the processor where the folder has graphs.

    It is as quick as PyTorch there, starts sooner and takes less memory. Where it is
    not installed PyTorch does it, as on every other device and in every other arithmetic.
    """
    if folder is None or not has_graphs(folder) or options != LoadOptions():
        return PYTORCH
    return ONNX_RUNTIME if missing_package(("onnxruntime",)) is None or _no_torch() else PYTORCH


def _no_torch() -> bool:
    return missing_package(("torch",)) is not None


def _parts(folder: Path, name: str) -> ModelParts:
    if _engine(folder, LoadOptions()) == ONNX_RUNTIME:
        from elocute.models.diffposetalk.onnx_folder import load_onnx_folder

        return load_onnx_folder(folder, name)
    from elocute.models.diffposetalk.folder import load_folder

    return load_folder(folder, name)


def _read(folder: Path) -> DiffPoseTalkConfig:
    return DiffPoseTalkConfig.from_json(read_config(folder), str(folder / CONFIG))


def _mouth_probe(path: Path) -> MouthProbe:
    """The measure of a head's mouth; only a head of the basis that published checkpoints move will do."""
    from elocute.face.model import FaceModel
    from elocute.finishing.lip_contacts.probe import MouthProbe

    probe, published = MouthProbe.from_face(FaceModel.load(path)), DiffPoseTalkConfig().basis
    if probe.basis != published:
        raise InputError(
            f"The head {path} is in basis {probe.basis}; published checkpoints move {published}.",
            "Leave --face out, or give a head that elocute convert flame made of that year's model.",
            code="wrong_basis",
        )
    return probe


def _convert(values: ConverterValues, out: Path) -> tuple[str, ...]:
    from elocute.finishing.needs import PROBE
    from elocute.models.diffposetalk.convert import convert_official

    paths = {name: None if value is None else Path(value) for name, value in values.items()}
    checkpoint, stats = paths["checkpoint"], paths["stats"]
    if checkpoint is None or stats is None:
        raise AssertionError("the command line asks for required arguments")
    probe = None if paths["face"] is None else _mouth_probe(paths["face"])
    config = convert_official(checkpoint, stats, str(values["audio-encoder"]), paths["style-encoder"], out)
    if probe is not None:
        probe.save(out / PROBE)
    guided = ", ".join(config.guiding) or "nothing"
    return (
        f"{config.steps} steps, {config.schedule} schedule, {config.audio.kind}, guided by {guided}; "
        f"head motion: {'yes' if config.layout.head else 'no'}.",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


FAMILY: Final = DiffPoseTalkFamily()
