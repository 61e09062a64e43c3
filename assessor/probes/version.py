"""Which catalogue a result was made with: the newest date of a row, and a hash over every file."""

from functools import lru_cache

from assessor.content import content_hash
from assessor.probes.aliases import aliases
from assessor.probes.attribution import attribution_hash
from assessor.probes.authorities import authorities, public_list
from assessor.probes.known_models import models_hash
from assessor.probes.products import FILES, catalogue


@lru_cache(maxsize=1)
def catalogue_version() -> str:
    """Return the newest date of a row and the first 12 digits of the hash of all rows.

    The table of networks is not in it: each result names that table's own date and source.
    """
    files = [catalogue(group) for group in FILES]
    newest = max(row.date for file in files for row in file.products)
    whole = [*(file.model_dump(mode="json") for file in files), attribution_hash(), models_hash()]
    whole += [*(row.model_dump(mode="json") for row in aliases()), authorities().model_dump(mode="json")]
    whole += [content_hash(public_list())]
    return f"{newest}+{content_hash(whole)[:12]}"
