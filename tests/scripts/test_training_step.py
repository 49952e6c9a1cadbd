from argparse import Namespace

from elocute.training.core.settings import save_settings
from scripts.bench import training_step
from tests.backend.training.spoken_world import make_corpus, teach_corpus
from tests.backend.training.test_phonetic_training import SETTINGS


def test_the_parts_of_an_update_are_told_for_each_size_of_batch(tmp_path, capsys):
    corpus = make_corpus(tmp_path / "corpus")
    teach_corpus(corpus, tmp_path / "lessons")
    config = tmp_path / "settings.json"
    save_settings(config, SETTINGS)
    training_step.run(
        Namespace(
            config=config, corpus=corpus, lessons=tmp_path / "lessons", lines=2, batches="1,2", updates=2
        )
    )
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert [row.split("|")[1].strip() for row in rows] == ["1", "2"]
    for row in rows:
        everything, *parts = (float(cell) for cell in row.split("|")[2:-1])
        assert len(parts) == len(training_step.PARTS)
        assert abs(sum(parts) - everything) < 0.1 * len(parts)
        assert parts[training_step.PARTS.index("gradients")] > 0
