"""Which parts a model can be measured without is asked of the model, not known of its family."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.bench.style_extractor import style_extractor, style_vector
from elocute.bench.variants import NO_STYLE, model_variants
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.folder import save_folder
from elocute.motion.head1_basis import EXPRESSION_NAMES, HEAD_NAMES
from tests.backend.diffposetalk.tiny_model import tiny_model
from tests.backend.evaluation.lines import speech


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A checkpoint of the published architecture: it hears sound only and has no mouth probe."""
    folder = tmp_path_factory.mktemp("models") / "official"
    save_folder(folder, tiny_model(), "")
    return folder


def test_rules_can_do_without_phones():
    whole, deaf = model_variants("rules", ["phones"], ())
    assert (whole.name, deaf.name) == ("rules", "rules, sound alone")
    line = speech()
    first, second = (variant.make(line, None, 0, 1)[0].expression for variant in (whole, deaf))
    face = len(EXPRESSION_NAMES)
    assert (first[:, :face] != second[:, :face]).any()
    assert (first.shape[1], second.shape[1]) == (len(HEAD_NAMES), face), "without phones there is no tongue"
    with pytest.raises(SettingsError, match="rules has no sampling steps"):
        model_variants("rules", (), [4])


@pytest.mark.parametrize("part", ["phones", "contacts"])
def test_parts_that_a_model_lacks_are_refused(official, part):
    with pytest.raises(SettingsError, match=f"official cannot be measured without {part}"):
        model_variants(str(official), [part], ())


def test_a_model_that_hears_sound_alone_cannot_do_without(official):
    with pytest.raises(SettingsError, match="needs the sound"):
        model_variants(str(official), ["sound"], ())


def test_scales_are_measured_where_they_differ_from_the_models_own(official):
    names = [variant.name for variant in model_variants(str(official), ["style", "audio-guidance"], [2])]
    own = model_variants(str(official), (), ())[0].generator.info.options["audio_scale"].default
    scales = [f"official, audio scale {value:g}" for value in (0.0, 1.0, 2.0) if value != own]
    assert names == ["official", "official, no style", *scales, "official, 2 steps"]


def test_a_style_extractor_is_the_style_encoder_of_the_family():
    assert style_extractor("rules") is None
    extract = style_extractor("elocute-lite")
    assert extract is not None
    clip = model_variants("rules", (), ())[0].make(speech(), "calm", 0, 1)[0]
    heard = style_vector(extract(clip))
    assert heard.shape == (64,)
    assert np.isfinite(heard).all()
    with pytest.raises(InputError, match="holds no style"):
        style_vector(b"nothing")


def test_variants_of_the_bundled_model_do_what_they_are_called():
    whole, styleless, loose = model_variants("elocute-lite", ["style", "contacts"], ())
    line = speech()

    def expression(variant, style):
        return variant.make(line, style, 0, 1)[0].expression

    np.testing.assert_array_equal(expression(styleless, "lively"), expression(whole, NO_STYLE))
    assert (expression(styleless, "lively") != expression(whole, "lively")).any()
    asked = [variant.make(line, None, 0, 1)[0].meta["lip_contacts"] for variant in (whole, loose)]
    assert asked == [True, False]
