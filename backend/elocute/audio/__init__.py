"""From a sound file to per-frame speech features and phones.

What other packages import:

* ``elocute.audio.decode``: ``load_audio(path_or_bytes) -> Audio`` (mono, 16 kHz, float32).
* ``elocute.audio.analysis``: ``analyse_speech(audio, transcript=..., language=..., phones=...,
  progress=...) -> SpeechFeatures``, everything a generator is told about the sound.
* ``elocute.audio.phones.finder``: ``find_phones(audio, PhoneSettings(...)) -> PhoneResult``, phones alone.
* ``elocute.audio.textgrid``: ``write_textgrid(path, phones, words, seconds)`` and ``textgrid_text``.
* ``elocute.audio.phone_json``: ``write_phone_json`` and ``read_phone_json``.

This module itself imports nothing, so that the phone process starts fast.
"""
