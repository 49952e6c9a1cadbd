"""Checkpoint folders from the Hugging Face hub, named ``organisation/name`` or with ``@revision``.

Only the files that a checkpoint folder is made of are downloaded, weights as safetensors alone: nothing that
could be executed. They are kept in huggingface_hub's own cache, so a model works offline once it was there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG
from elocute.errors import InputError

HUB_PACKAGES: Final = ("huggingface_hub", "httpx2")
"""Importable packages that :func:`fetch` needs."""
LARGEST: Final = 8 * 2**30
"""Bytes that a model may have."""
_REFERENCE: Final = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
_WANTED: Final = re.compile(
    r"config\.json|README\.md|[\w.-]+\.safetensors|(?:styles/)?[\w. -]+\.npz", re.ASCII
)
"""Names of the files that are downloaded; the hub's patterns would match in any folder."""


@dataclass(frozen=True)
class HubReference:
    """A model on the hub.

    Attributes:
        repository: ``organisation/name``.
        revision: branch, tag or commit; None for the main branch.
    """

    repository: str
    revision: str | None = None


def parse_reference(text: str) -> HubReference | None:
    """``text`` as the name of a model on the hub, or None where it cannot be one."""
    match = _REFERENCE.fullmatch(text)
    if match is None or ".." in text or text.startswith("."):
        return None
    return HubReference(match["repository"], match["revision"])


def fetch(reference: HubReference) -> Path:
    """The folder of a model on the hub; downloads what is not in the cache yet.

    The hub's own environment variables apply: ``HF_ENDPOINT``, ``HF_HOME``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``.

    Raises:
        InputError: there is no such model or revision, it is no checkpoint or too large, or the hub cannot
            be reached and the model was not downloaded before.
        ModuleNotFoundError: one of :data:`HUB_PACKAGES` is not installed.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name, revision = reference.repository, reference.revision
    try:
        try:
            listed = HfApi().model_info(name, revision=revision, files_metadata=True).siblings or []
        except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError):
            raise
        except (HTTPError, OSError) as error:  # the hub cannot be reached
            config = try_to_load_from_cache(name, CONFIG, revision=revision)
            if not isinstance(config, str):
                raise _error(
                    f"The Hugging Face hub cannot be reached, and {name} was not downloaded before.",
                    "Check the network, or give the folder of a checkpoint.",
                ) from error
            return Path(config).parent
        wanted = {file.rfilename: file.size or 0 for file in listed if _WANTED.fullmatch(file.rfilename)}
        _check(name, wanted)
        return Path(snapshot_download(name, revision=revision, allow_patterns=sorted(wanted)))
    except GatedRepoError as error:
        raise _error(
            f"The model {name} on the Hugging Face hub is gated: its owner has to grant access.",
            "Request access on its page, then set HF_TOKEN to your token.",
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise _error(
            f"There is no folder and no model on the Hugging Face hub named {name}.",
            "Check the spelling; for a private model, set HF_TOKEN to your token.",
        ) from error
    except RevisionNotFoundError as error:
        raise _error(f"The model {name} on the Hugging Face hub has no revision {revision}.") from error
    except (HTTPError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise _error(f"The model {name} could not be downloaded: {reason}", "Try again later.") from error


def _check(name: str, files: dict[str, int]) -> None:
    if CONFIG not in files or not any(file.endswith(".safetensors") for file in files):
        raise _error(
            f"The model {name} on the Hugging Face hub is not a checkpoint that Elocute can load.",
            "It needs config.json and weights as safetensors.",
        )
    size = sum(files.values())
    if size > LARGEST:
        raise _error(
            f"The model {name} on the Hugging Face hub has {size / 2**30:.1f} GiB, more than the "
            f"{LARGEST / 2**30:.0f} GiB that are allowed."
        )


def _error(message: str, hint: str = "") -> InputError:
    return InputError(message, hint, code="missing_model")
