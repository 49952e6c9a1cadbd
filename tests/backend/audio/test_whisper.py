"""The code for Whisper, run on a checkpoint of random weights."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phones.finder import PhoneSettings, find_phones
from elocute.audio.words.choice import choose_words
from elocute.audio.words.engine import WordsFailed
from elocute.audio.words.whisper import WhisperEngine
from tests.backend.audio.tiny_whisper import write_tiny_whisper

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
SOUND = np.random.default_rng(0).standard_normal(24000).astype(np.float32) * 0.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def engine(folder) -> WhisperEngine:
    return WhisperEngine(str(folder))


def test_each_piece_has_the_probability_that_the_model_gives_it(engine):
    heard = engine.transcribe(SOUND, "de")
    processor, model = engine._processor, engine._model
    numbers = processor.tokenizer.encode(heard.text, add_special_tokens=False)
    named = ("<|startoftranscript|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>")
    prompt = [processor.tokenizer.convert_tokens_to_ids(name) for name in named]
    features = processor(SOUND, sampling_rate=16000, return_tensors="pt").input_features
    with torch.no_grad():
        logits = model(features, decoder_input_ids=torch.tensor([prompt + numbers])).logits[0]
    logits[:, model.generation_config.suppress_tokens] = -float("inf")
    expected = torch.log_softmax(logits, dim=-1)[len(prompt) - 1 : -1]
    told = [expected[place, number].item() for place, number in enumerate(numbers)]
    assert len(heard.pieces) == len(numbers) > 3
    assert [piece.log_probability for piece in heard.pieces] == pytest.approx(told, abs=1e-4)
    assert heard.probability == pytest.approx(np.exp(np.mean(told)), rel=1e-3)
    assert [(piece.start, piece.end) for piece in heard.pieces] == [(n, n + 1) for n in range(len(numbers))]
    assert heard.doubt(0, 2) == pytest.approx(-min(told[:2]), abs=1e-4)


def test_a_checkpoint_of_many_languages_finds_out_the_language_or_is_told(engine):
    assert engine.detects
    assert engine.understands("auto")
    for language in ("auto", "en", "fr"):
        assert engine.transcribe(SOUND, language).pieces
    with pytest.raises(WordsFailed):
        engine.transcribe(SOUND, "haw")


def test_an_english_checkpoint_is_asked_for_english_alone(tmp_path):
    engine = WhisperEngine(str(write_tiny_whisper(tmp_path, multilingual=False)))
    assert not engine.detects
    assert engine.understands("en")
    assert not engine.understands("de")
    assert engine.transcribe(SOUND, "en").pieces


def test_what_it_makes_up_is_not_believed(folder, waffles):
    found = find_phones(waffles.audio, PhoneSettings(words=str(folder)))
    assert found.source == "allphone"
    assert found.notes == ("No words were recognised with confidence, so the sounds alone were heard.",)


def test_a_folder_that_lacks_a_file_costs_a_sentence(tmp_path):
    write_tiny_whisper(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    chosen = choose_words(str(tmp_path), "de")
    assert chosen.engine is None
    assert f"{tmp_path} cannot be used as a Whisper checkpoint" in chosen.note
