import numpy as np
import pytest

from elocute.corpus.corpus import read_corpus, write_list
from elocute.corpus.packed import pack_corpus, unpack_corpus
from elocute.errors import InputError
from tests.backend.training.spoken_world import make_corpus


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    corpus = make_corpus(folder / "corpus", lines=3)
    shares = []
    assert pack_corpus(corpus, folder / "corpus.npz", shares.append) == 3
    assert shares[-1] == 1.0
    return folder


def test_what_was_packed_is_there_again(packed, tmp_path):
    again = read_corpus(unpack_corpus([packed / "corpus.npz"], tmp_path / "again"))
    before = read_corpus(packed / "corpus")
    assert again.settings == before.settings
    assert [one.facts for one in again.entries] == [one.facts for one in before.entries]
    for old, new in zip(before.utterances("train"), again.utterances("train"), strict=True):
        one, other = old.load(), new.load()
        assert other.frames == one.frames
        assert other.found_as == one.found_as
        for source, phones in one.phones.items():
            assert [p.label for p in other.phones[source]] == [p.label for p in phones]
            ends = np.array([[p.end, q.end] for p, q in zip(phones, other.phones[source], strict=True)])
            assert np.abs(np.diff(ends, axis=1)).max() < 0.001
        loud = one.log_mel.astype(float) > other.log_mel.astype(float).min() + 0.5
        assert np.abs(one.log_mel.astype(float) - other.log_mel)[loud].max() <= 0.26
        for name in ("heard", "clean"):
            old_prosody, new_prosody = getattr(one, name), getattr(other, name)
            assert np.abs(old_prosody.energy_db - new_prosody.energy_db).max() < 0.126
            assert np.array_equal(old_prosody.pitch_hz > 0, new_prosody.pitch_hz > 0)
            assert np.allclose(old_prosody.pitch_hz, new_prosody.pitch_hz, rtol=0.004)
            assert np.abs(old_prosody.voicing - new_prosody.voicing).max() < 0.006


def test_the_file_is_small(packed):
    loose = sum(path.stat().st_size for path in (packed / "corpus" / "utterances").iterdir())
    assert (packed / "corpus.npz").stat().st_size < 0.35 * loose


def test_files_that_are_none(packed, tmp_path):
    with pytest.raises(InputError):
        unpack_corpus([tmp_path / "missing.npz"], tmp_path / "out")
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes((packed / "corpus.npz").read_bytes()[:-2000])
    with pytest.raises(InputError, match="not a packed corpus"):
        unpack_corpus([damaged], tmp_path / "out")
    np.savez(tmp_path / "other.npz", told=np.zeros(4, np.uint8))
    with pytest.raises(InputError, match="not a packed corpus"):
        unpack_corpus([tmp_path / "other.npz"], tmp_path / "out")


def test_a_corpus_in_several_files_is_one_again(packed, tmp_path):
    parts = [tmp_path / f"part-{number}.npz" for number in (1, 2)]
    counts = [
        pack_corpus(packed / "corpus", part, lambda share: None, number, 2)
        for number, part in enumerate(parts, start=1)
    ]
    assert counts == [2, 1]
    whole = read_corpus(unpack_corpus([packed / "corpus.npz"], tmp_path / "whole"))
    # in either order
    again = read_corpus(unpack_corpus(parts[::-1], tmp_path / "again"))
    assert again.settings == whole.settings
    assert [one.facts for one in again.entries] == [one.facts for one in whole.entries]
    for one, other in zip(whole.utterances("train"), again.utterances("train"), strict=True):
        assert np.array_equal(one.load().log_mel, other.load().log_mel)
        assert one.load().phones == other.load().phones


def test_files_of_two_corpora_are_refused(packed, tmp_path):
    other = make_corpus(tmp_path / "other", lines=2)
    write_list(other, {"made": "for another test"}, [one.facts for one in read_corpus(other).entries])
    pack_corpus(other, tmp_path / "other.npz", lambda share: None)
    with pytest.raises(InputError, match="of another corpus"):
        unpack_corpus([packed / "corpus.npz", tmp_path / "other.npz"], tmp_path / "out")


def test_a_file_that_is_given_twice_is_refused(packed, tmp_path):
    with pytest.raises(InputError, match="Give every file once"):
        unpack_corpus([packed / "corpus.npz"] * 2, tmp_path / "out")


def test_a_part_without_utterances_is_refused(packed, tmp_path):
    with pytest.raises(InputError, match="too few utterances for 4 files"):
        pack_corpus(packed / "corpus", tmp_path / "part.npz", lambda share: None, 4, 4)
    assert not (tmp_path / "part.npz").exists()
