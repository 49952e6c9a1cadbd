"""hama's network as it is computed here, against its own library; and files that are not its own."""

from __future__ import annotations

import json
import struct
import subprocess
import sys

import numpy as np
import pytest

from elocute.audio.phones import hama_recogniser as module
from elocute.audio.phones.engines import choose_recogniser
from elocute.audio.phones.hama_recogniser import HamaRecogniser, hama_recogniser
from elocute.audio.phones.packed_arrays import read_packed_arrays
from elocute.audio.speech_features import SAMPLE_RATE

CODES = {"float32": 0, "float16": 1, "int64": 2, "int32": 3, "uint8": 4}


def packed(arrays) -> bytes:
    table, blob = b"", b""
    for name, value in arrays.items():
        blob += b"\0" * (-len(blob) % 16)
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BB", CODES[str(value.dtype)], value.ndim)
        table += struct.pack(f"<{value.ndim}I", *value.shape) + struct.pack("<QQ", len(blob), value.nbytes)
        blob += value.tobytes()
    head = struct.pack("<6sBBI", b"HAMAPK", 1, 2, len(arrays)) + table
    return head + b"\0" * (-len(head) % 16) + blob


def tuned(seconds: float):
    """Notes that glide, in noise."""
    rng = np.random.default_rng(3)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * k * (120 * time + 20 * np.sin(3 * time))) / k for k in range(1, 12))
    return (0.1 * tone * (1 + np.sin(9 * time)) + 0.01 * rng.standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.1, 0.33, 1.0, 2.717, 9.0])
def test_the_network_gives_what_hamas_library_gives(seconds):
    asr = pytest.importorskip("hama.asr")
    try:
        session = asr.ASRModel().session
    except RuntimeError as error:
        pytest.skip(f"no library of hama here: {error}")
    wave = tuned(seconds)
    feeds = {"waveform": wave[np.newaxis], "waveform_lengths": np.array([len(wave)])}
    theirs = np.array(session.run(["log_probs", "out_lengths"], feeds)[0][0])
    ours = hama_recogniser().hear(wave)
    assert abs(len(ours) - len(theirs)) <= 1
    both = min(len(ours), len(theirs))
    assert np.abs(np.exp(ours[:both]) - np.exp(theirs[:both])).max() < 0.005
    np.testing.assert_allclose(np.exp(ours).sum(axis=1), 1.0, atol=1e-4)


def test_sound_of_any_length_and_level_is_heard_quietly():
    recogniser = hama_recogniser()
    with np.errstate(all="raise", under="ignore"):
        for wave in (
            np.zeros(10, np.float32),
            np.zeros(1601, np.float32),
            np.sign(tuned(1.0)),
            1e-9 * tuned(1.0),
        ):
            heard = recogniser.hear(wave)
            assert len(heard) == -(-len(wave) // 320)
            assert np.isfinite(heard).all()


def test_the_symbols_are_the_packages_own():
    asr = pytest.importorskip("hama.asr")
    tokens = [*asr.Vocabulary.load().decoder, "<wb>", "<blank>"]
    recogniser = hama_recogniser()
    assert tokens[recogniser.blank] == "<blank>"
    assert recogniser.symbols[recogniser.blank] == ""
    spoken = [(own, token) for own, token in zip(recogniser.symbols, tokens, strict=True) if own]
    assert len(spoken) > 100
    assert all(own == token for own, token in spoken)


def test_the_package_is_not_imported():
    program = (
        "import sys; from elocute.audio.phones.engines import choose_recogniser; "
        "assert choose_recogniser().recogniser is not None; assert 'hama' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_arrays_are_read_as_they_were_packed():
    arrays = {
        "one": np.arange(6, dtype=np.float32).reshape(2, 3),
        "two": np.array([0.5, -1.0], np.float16),
        "three": np.array(7, np.int64),
        "none": np.zeros((0, 4), np.uint8),
    }
    found = read_packed_arrays(packed(arrays))
    assert list(found) == list(arrays)
    for name, value in arrays.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype


def test_files_that_are_cut_short_or_other_files_are_damaged():
    whole = packed({"one": np.arange(6, dtype=np.float32), "two": np.ones(3, np.float16)})
    for length in range(len(whole)):
        with pytest.raises(OSError, match="the weights are damaged"):
            read_packed_arrays(whole[:length])
    for other in (b"", b"HAMAPK\x02" + whole[7:], b"x" * 200, whole.replace(b"one", b"\xff\xfe\xfd")):
        with pytest.raises(OSError, match="the weights are damaged"):
            read_packed_arrays(other)


@pytest.mark.parametrize("without", ["mel_fb", "onnx::MatMul_864", "acoustic_model.model.proj.bias"])
def test_another_network_is_not_used_and_said(tmp_path, without, monkeypatch):
    installed = module._installed_folder()
    arrays = dict(read_packed_arrays((installed / "asr_waveform.hama").read_bytes()))
    del arrays[without]
    (tmp_path / "asr_waveform.hama").write_bytes(packed(arrays))
    (tmp_path / "g2p_vocab.json").write_bytes((installed / "g2p_vocab.json").read_bytes())
    with pytest.raises(OSError, match="are not those of hama 1"):
        HamaRecogniser(tmp_path)
    monkeypatch.setattr(module, "_installed_folder", lambda: tmp_path)
    hama_recogniser.cache_clear()
    chosen = choose_recogniser()
    hama_recogniser.cache_clear()
    assert chosen.recogniser is None
    assert chosen.note.startswith("The phone recogniser hama (the files in ")
    assert chosen.makeshift


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [('{"decoder": ["a"]}', "do not belong together"), ("{", "are not those"), ("[]", "are not")],
)
def test_symbols_of_another_network_are_not_used(tmp_path, tokens, sentence):
    (tmp_path / "asr_waveform.hama").write_bytes(
        (module._installed_folder() / "asr_waveform.hama").read_bytes()
    )
    (tmp_path / "g2p_vocab.json").write_text(tokens, encoding="utf-8")
    with pytest.raises(OSError, match=sentence):
        HamaRecogniser(tmp_path)
    assert (
        len(
            json.loads((module._installed_folder() / "g2p_vocab.json").read_text(encoding="utf-8"))["decoder"]
        )
        > 1
    )
