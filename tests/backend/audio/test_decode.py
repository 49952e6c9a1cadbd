from __future__ import annotations

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from elocute.audio.decode import load_audio
from elocute.errors import Cancelled, InputError
from elocute.progress import Progress

pytestmark = pytest.mark.usefixtures("either_way")


def tone(rate: int, seconds: float = 0.5, hertz: float = 440.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def peak_hertz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * 16000 / len(samples))


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("plain.wav", 16000, 1, "PCM_16"),
        ("studio.wav", 48000, 6, "PCM_24"),
        ("float.wav", 44100, 2, "FLOAT"),
        ("double.wav", 96000, 1, "DOUBLE"),
        ("phone.wav", 8000, 1, "ULAW"),
        ("odd.wav", 11025, 1, "PCM_U8"),
        ("line.flac", 44100, 2, "PCM_24"),
        ("line.ogg", 48000, 2, "VORBIS"),
        ("line.mp3", 44100, 1, "MPEG_LAYER_III"),
        ("line.aiff", 22050, 1, "PCM_16"),
    ],
)
def test_every_format_becomes_16_khz_mono(tmp_path, name, rate, channels, subtype):
    path = tmp_path / name
    soundfile.write(path, np.repeat(tone(rate)[:, None], channels, axis=1), rate, subtype=subtype)
    audio = load_audio(path)
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert len(audio.samples) == round(audio.seconds * 16000)
    assert audio.seconds == pytest.approx(0.5, abs=0.06 if name.endswith("mp3") else 1e-4)
    assert (audio.source_rate, audio.channels) == (rate, channels)
    assert peak_hertz(audio.samples) == pytest.approx(440.0, abs=3.0)
    middle = audio.samples[2000:6000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_audio(path.read_bytes()).sha256 == audio.sha256


def write_m4a(path: Path, planes: np.ndarray) -> None:
    """Two channels (2, N) at 44.1 kHz."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(planes.astype(np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def test_m4a_is_read_with_ffmpeg(tmp_path):
    path = tmp_path / "line.m4a"
    write_m4a(path, np.repeat(tone(44100, 1.0)[None], 2, axis=0))
    audio = load_audio(path)
    assert (audio.source_rate, audio.channels) == (44100, 2)
    assert audio.seconds == pytest.approx(1.0, abs=0.1)
    assert peak_hertz(audio.samples) == pytest.approx(440.0, abs=3.0)


def refused(source: Path | bytes, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        load_audio(source, **options)
    assert caught.value.message.endswith(".")
    return caught.value


def test_what_is_no_sound_is_refused_in_a_sentence(tmp_path):
    text = tmp_path / "notes.wav"
    text.write_text("Dear diary, this is not a recording.\n" * 50)
    assert refused(text).code == "not_audio"
    assert "notes.wav" in refused(text).message
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert refused(empty).code == "empty_file"
    assert refused(b"").code == "empty_file"
    assert refused(tmp_path).code == "is_folder"
    assert refused(tmp_path / "gone.wav").code == "missing_file"
    assert refused(np.random.default_rng(0).bytes(5000)).code == "not_audio"


def test_a_file_without_samples_is_refused(tmp_path):
    path = tmp_path / "header.wav"
    soundfile.write(path, np.zeros(0), 16000)
    assert refused(path).code == "no_samples"


def test_broken_samples_are_silenced_and_noted(tmp_path):
    path = tmp_path / "broken.wav"
    samples = tone(16000).astype(np.float32)
    samples[100:110] = np.nan
    samples[200] = np.inf
    soundfile.write(path, samples, 16000, subtype="FLOAT")
    audio = load_audio(path)
    assert np.isfinite(audio.samples).all()
    assert "11 invalid samples" in audio.notes[0]
    soundfile.write(path, np.full(9000, np.nan), 16000, subtype="FLOAT")
    assert refused(path).code == "bad_samples"


def test_a_wav_cut_short_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, tone(16000, 1.0), 16000)
    path.write_bytes(path.read_bytes()[:16044])
    audio = load_audio(path)
    assert audio.seconds == pytest.approx(0.5)
    assert "cut short" in audio.notes[0]
    assert "0.50 s of 1.00 s" in audio.notes[0]


@pytest.mark.parametrize("samples", [1, 800, 4799])
def test_what_is_shorter_than_a_syllable_is_refused(tmp_path, samples):
    path = tmp_path / "tick.wav"
    soundfile.write(path, np.full(samples, 0.1), 16000)
    error = refused(path)
    assert error.code == "too_short"
    assert "0.3 s" in error.message
    soundfile.write(path, np.full(4800, 0.1), 16000)
    assert load_audio(path).seconds == 0.3


def test_too_long_is_refused_and_the_limit_can_be_set(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(16000 * 3), 16000)
    assert load_audio(path, max_seconds=3.0).seconds == 3.0
    error = refused(path, max_seconds=2.0)
    assert error.code == "too_long"
    assert "--max-minutes" in error.hint


def test_silence_offset_and_clipping_are_accepted(tmp_path):
    path = tmp_path / "any.wav"
    soundfile.write(path, np.zeros(8000), 16000)
    assert not load_audio(path).samples.any()
    soundfile.write(path, np.clip(tone(16000) * 10, -1, 1) * 0.5 + 0.4, 16000)
    assert abs(load_audio(path).samples.mean()) < 1e-6


def test_channels_that_cancel_out_give_one_channel(tmp_path):
    path = tmp_path / "inverted.wav"
    wave = tone(16000)
    soundfile.write(path, np.stack([wave, -wave], axis=1), 16000)
    audio = load_audio(path)
    assert np.sqrt(np.mean(audio.samples**2)) > 0.3
    assert "cancel" in audio.notes[0]


def test_speech_of_surround_sound_is_in_its_centre(tmp_path):
    path = tmp_path / "film.wav"
    speech, music = tone(48000, 1.0, 300.0, 0.2), tone(48000, 1.0, 2000.0, 0.3)
    for channels in (6, 8):
        planes = np.stack([music, music, speech, *[music] * (channels - 3)], axis=1)
        soundfile.write(path, planes, 48000)
        audio = load_audio(path)
        assert peak_hertz(audio.samples) == pytest.approx(300.0, abs=3.0)
        assert np.abs(audio.samples).max() == pytest.approx(0.2, rel=0.05)
        assert audio.notes == (f"Of the {channels} channels of film.wav only the centre is used.",)
        planes[:, 2] *= 0.01  # a centre that is nearly silent
        soundfile.write(path, planes, 48000)
        assert peak_hertz(load_audio(path).samples) == pytest.approx(2000.0, abs=3.0)
        assert load_audio(path).notes == ()


def test_two_people_in_two_channels_are_mixed_with_a_note(tmp_path):
    path = tmp_path / "call.wav"
    first = tone(8000, 8.0) * np.repeat([1.0, 0.01, 1.0, 0.01], 16000)
    second = tone(8000, 8.0, 300.0) * np.repeat([0.01, 1.0, 0.01, 0.5], 16000)
    soundfile.write(path, np.stack([first, second], axis=1), 8000)
    audio = load_audio(path)
    assert "call.wav hold a voice each" in audio.notes[0]
    assert np.abs(audio.samples[:32000]).max() == pytest.approx(np.abs(first).max() / 2, rel=0.1)
    for other in (first * 0.2, first, np.zeros_like(first), 0.9 * first + 0.1 * second):
        soundfile.write(path, np.stack([first, other], axis=1), 8000)
        assert load_audio(path).notes == ()


@pytest.mark.parametrize("ending", ["wav", "m4a"])
def test_one_channel_can_be_chosen(tmp_path, ending):
    path = tmp_path / f"call.{ending}"
    planes = np.stack([tone(44100, 2.0), tone(44100, 2.0, 300.0)])
    if ending == "wav":
        soundfile.write(path, planes.T, 44100)
    else:
        write_m4a(path, planes)
    for channel, hertz in ((1, 440.0), (2, 300.0)):
        audio = load_audio(path, channel=channel)
        assert peak_hertz(audio.samples) == pytest.approx(hertz, abs=3.0)
        assert audio.notes == ()
    with pytest.raises(InputError, match="has 2 channels, so there is no channel 3") as refused:
        load_audio(path.read_bytes(), name="call", channel=3)
    assert refused.value.code == "no_channel"


def test_integers_in_a_float_file_are_scaled(tmp_path):
    path = tmp_path / "integers.wav"
    soundfile.write(path, tone(16000) * 32768, 16000, subtype="FLOAT")
    audio = load_audio(path)
    assert np.abs(audio.samples).max() == pytest.approx(1.0)
    assert audio.notes


def test_decoding_can_be_cancelled(tmp_path):
    path = tmp_path / "line.wav"
    soundfile.write(path, tone(16000), 16000)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        load_audio(path, progress=progress)
