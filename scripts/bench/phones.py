"""Measures what the phone front end hears: python -m scripts.bench.phones [FOLDER ...] [--only mesh ...]

Recordings NAME.wav (flac, ogg ...) with NAME.json (phones with times; a field "reference" says where they
come from) and NAME.txt; by default the committed test speech, whose times are exact. Prints, for each kind of
reference and each way of spoiling the sound, what every mode finds (heard); the lips of the models on the
mesh with it, beside a still and a late mouth (mesh); what is heard in sounds that are no speech (odd); and
processor time and memory of the calling process and of its phone processes for 3 s, 60 s and 10 min (speed).
Figures against a forced alignment are circular with a transcript: its edges come from the same aligner.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from elocute.audio.decode import Audio, load_audio
from elocute.audio.phones.finder import find_phones
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.bench.mesh_closures import COLUMNS, MeshBench, Spoil
from elocute.bench.not_speech import odd_sounds
from elocute.bench.phone_accuracy import (
    MODES,
    SPOILED,
    Mode,
    PhoneScore,
    SpokenLine,
    score_lines,
    score_spread_evenly,
)
from elocute.bench.phone_speed import phone_speeds
from elocute.bench.recordings import recordings_in
from elocute.bench.tables import markdown_table
from elocute.bench.variants import Variant, load_generator
from elocute.face.model import FaceModel
from elocute.models.catalogue import DEFAULT_MODEL, FALLBACK_MODEL
from scripts.bench.data import HEAD, SOUNDS

LINES = Path(__file__).resolve().parents[2] / "tests" / "data" / "speech"
LENGTHS = (3.0, 60.0, 600.0)
TABLES = ("heard", "mesh", "odd", "speed")
MODELS = (FALLBACK_MODEL, DEFAULT_MODEL)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", help="recordings with phones")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=TABLES, help="which tables")
    parser.add_argument("--sounds", nargs="+", choices=[*SPOILED], default=[*SPOILED], help="which sounds")
    parser.add_argument("--modes", nargs="+", choices=[*MODES], default=[*MODES], help="what is heard from")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="ID", help="whose lips are measured")
    parser.add_argument("--takes", type=int, default=1, help="takes of each line for the lips")
    parser.add_argument("--seconds", type=float, nargs="+", default=LENGTHS, help="lengths to time")
    arguments = parser.parse_args()
    lines = [line for folder in arguments.folders or [LINES] for line in _lines(folder)]
    sounds = {name: SPOILED[name] for name in arguments.sounds}
    modes = {name: MODES[name] for name in arguments.modes}
    if "heard" in arguments.only:
        for reference in sorted({line.reference for line in lines}):
            _print_scores(reference, [line for line in lines if line.reference == reference], sounds, modes)
    if "mesh" in arguments.only:
        _print_mesh(lines, sounds, modes, arguments.models, arguments.takes)
    if "odd" in arguments.only:
        _print_odd_sounds(lines[0])
    if "speed" in arguments.only:
        _print_speed(arguments.seconds, arguments.modes)


def _lines(folder: Path) -> Iterable[SpokenLine]:
    for recording in recordings_in(folder):
        told = json.loads(recording.path.with_suffix(".json").read_text(encoding="utf-8"))
        reference = str(told.get("reference", told.get("source", "unknown")))
        samples = load_audio(recording.path).samples
        yield SpokenLine(samples, recording.phones, recording.transcript or "", reference)


def _print_scores(
    reference: str, lines: Sequence[SpokenLine], sounds: Mapping[str, Spoil], modes: Mapping[str, Mode]
) -> None:
    print(f"\nReference: {reference}, {len(lines)} recordings")
    print("| sound | mode | phones | lips | P B M found | false a minute | onset | processor |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for sound, spoil in sounds.items():
        for mode, settings in modes.items():
            _print_score(sound, mode, score_lines(lines, spoil, settings))
    _print_score("any", "right phones, spread evenly", score_spread_evenly(lines))


def _print_score(sound: str, mode: str, score: PhoneScore) -> None:
    onset = "" if score.onset is None else f"{1000 * score.onset:.0f} ms"
    print(
        f"| {sound} | {mode} | {100 * score.phones:.0f} % | {100 * score.lips:.0f} % | "
        f"{score.found} of {score.closures} | {score.invented_a_minute:.1f} | {onset} | "
        f"{score.processor / score.seconds:.3f} |",
        flush=True,
    )


def _print_mesh(
    lines: Sequence[SpokenLine],
    sounds: Mapping[str, Spoil],
    modes: Mapping[str, Mode],
    models: Sequence[str],
    takes: int,
) -> None:
    variants = [Variant(model, load_generator(model)) for model in models]
    bench = MeshBench(lines, variants, FaceModel.load(HEAD), takes)
    print(f"\nLips on the mesh, {len(lines)} recordings, {takes} takes of each:")
    print(markdown_table("sound: phones from: lips of", COLUMNS, dict(bench.rows(sounds, modes))), flush=True)


def _print_odd_sounds(line: SpokenLine) -> None:
    print("\nNo ordinary speech, without a transcript:")
    for name, samples in odd_sounds(line.samples):
        audio = Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, "")
        found = find_phones(audio, MODES["recognised words"](""))
        heard = " ".join(phone.label for phone in found.phones or ())
        print(f"{name}: {found.source}, {heard[:100]}" + "".join(f" ({note})" for note in found.notes))


def _print_speed(lengths: Sequence[float], modes: Sequence[str]) -> None:
    print(
        "\nProcessor time as a share of real time: calling process + its phone processes = together; memory:"
    )
    print("| length | mode | cold | warm | memory |")
    print("| --- | --- | --- | --- | --- |")
    for length in lengths:
        for mode, speed in phone_speeds(SOUNDS, length, modes):
            cold, warm = (
                f"{each.own / length:.3f} + {each.phones / length:.3f} = {each.together / length:.3f}"
                for each in (speed.cold, speed.warm)
            )
            print(
                f"| {length:.0f} s | {mode} | {cold} | {warm} | "
                f"{speed.own_megabytes:.0f} + {speed.phone_megabytes:.0f} MB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
