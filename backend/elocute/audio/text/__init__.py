"""What is said in a transcript: from text as people have it to words with their phones.

* ``reading``: ``read_transcript(transcript, language) -> SpokenText``, the one way in.
* ``spoken_word``: what it gives. Every word keeps its place in the text that was given.
* ``english``, and others beside it: how a language writes what it says, and how its words sound.
"""
