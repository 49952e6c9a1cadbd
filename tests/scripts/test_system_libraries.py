"""The sentence about missing system libraries names exactly the packages to install."""

from __future__ import annotations

from scripts.system_libraries import DEBIAN_PACKAGES, missing_libraries, missing_sentence, packages_for


def test_only_missing_libraries_are_named():
    absent = {"libXi.so.6", "libSM.so.6"}
    libraries = missing_libraries(lambda library: library not in absent, platform="linux")
    assert set(libraries) == absent
    sentence = missing_sentence(libraries)
    assert "libxi6" in sentence
    assert "libsm6" in sentence
    assert "libxrender1" not in sentence
    assert "\n" not in sentence


def test_a_machine_that_has_everything_and_other_systems_miss_nothing():
    assert missing_libraries(lambda _: True, platform="linux") == []
    assert missing_libraries(lambda _: False, platform="darwin") == []


def test_packages_include_a_software_opengl_driver():
    assert packages_for(list(DEBIAN_PACKAGES))[0] == "libegl1"
    assert "libgl1-mesa-dri" in packages_for(["libX11.so.6"])
