"""Lines of a scene before they are in it: what tables, subtitles, strips and pauses say of them."""
