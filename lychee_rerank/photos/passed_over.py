"""Which files are no photos of the user's by where they lie and what they are called; opens none, knows no ending.

What systems and programs call such folders is theirs, in any case:
    Synology   https://kb.synology.com: #recycle, #snapshot, @eaDir with SYNOPHOTO_THUMB_*.jpg
    QNAP       @Recycle, @Recently-Snapshot, .@__thumb (github.com/Sonarr/Sonarr leaves them out)
    Samba      .recycle, https://www.samba.org/samba/docs/current/man-html/vfs_recycle.8.html; TrueNAS and Unraid use it
    ZFS        .zfs/snapshot; NetApp .snapshot and ~snapshot; snapper .snapshots; Syncthing .stversions
    Linux      .Trash-1000, https://specifications.freedesktop.org/trash-spec; .thumbnails; lost+found
    Android    .trashed-1700000000-IMG_1.jpg (MediaStore); MIUI .globalTrash
    macOS      .Trashes, __MACOSX, ._IMG_1.JPG (AppleDouble), Network Trash Folder
    Windows    $RECYCLE.BIN, RECYCLER, System Volume Information, Thumbs.db
    Photos, iPhoto and Aperture keep originals in originals/ or Masters/ of their libraries (osxphotos), Lightroom in
    originals/ below a folder per account, and previews in *.lrdata; digiKam .dtrash; Picasa .picasaoriginals
    Nextcloud  files_trashbin, files_versions, appdata_oc*/preview
    Takeout    Google Photos/Trash, or Bin (github.com/andyjohnson0/TakeoutExtractor/issues/20)
"""

import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from lychee_rerank.problems import PassedOver
from lychee_rerank.records import PassedOverFiles

Place = tuple[str, ...]  # the names that lead from a folder to what is below it

_CALLED = (  # the first that fits counts, so that what is deleted is told as deleted though its folder is hidden
    (PassedOver.DELETED, ("#recycle", "@recycle", "$recycle.bin", "recycler", "recycled", ".recycle*", ".trash*")),
    (PassedOver.DELETED, (".globaltrash", ".dtrash", "files_trashbin", "network trash folder")),
    (PassedOver.SNAPSHOT, ("#snapshot", "@recently-snapshot", ".snapshot", ".snapshots", "~snapshot", ".zfs")),
    (PassedOver.SNAPSHOT, (".stversions", "files_versions", "backups.backupdb")),
    (PassedOver.DERIVED, ("@eadir", "synophoto?thumb*", "synofile?thumb*", "@__thumb", ".@__thumb")),
    (PassedOver.DERIVED, (".thumbnails", ".thumbs", ".picasaoriginals", "*.lrdata", "ipod photo cache", "appdata_oc*")),
    (PassedOver.SYSTEM, ("system volume information", "lost+found", "found.000", "__macosx", ".appledouble", "._*")),
    (PassedOver.SYSTEM, (".ds_store", ".apdisk", ".spotlight-v100", ".fseventsd", ".temporaryitems")),
    (PassedOver.SYSTEM, ("thumbs.db", "ehthumbs*.db", "desktop.ini", "icon\r")),
    (PassedOver.HIDDEN, (".*",)),
)
_PATTERNS = tuple((reason, re.compile("|".join(map(translate, names)))) for reason, names in _CALLED)
_LIBRARY = re.compile(r".*\.(?:photoslibrary|(?:migrated)?photolibrary|aplibrary|lrlibrary)")
_ORIGINALS = ("originals", "masters")
_TAKEOUT, _TAKEOUT_TRASH = ("google photos", "google fotos", "google foto"), ("trash", "bin")
_THUMBNAILS = ("thumb", "thumbs", "thumbnail", "thumbnails")


def find_reason(place: Place, *, beside: frozenset[str] = frozenset()) -> PassedOver | None:
    """Why what lies there is passed over whatever it is; None where its ending has to say.

    `beside` are the stems of the photos in the folder above its own.
    """
    names = tuple(name.casefold() for name in place)
    for n, name in enumerate(names):
        reason = _called(name)
        if reason is not None:
            return reason
        if _LIBRARY.fullmatch(name) and n + 1 < len(names) and not _leads_to_originals(name, names[n + 1 :]):
            return PassedOver.DERIVED
        if name in _TAKEOUT_TRASH and n + 1 < len(names) and n and names[n - 1] in _TAKEOUT:
            return PassedOver.DELETED
    return PassedOver.DERIVED if holds_thumbnails(place[:-1]) and stem(place[-1]) in beside else None


def is_library(name: str) -> bool:
    """True for a folder that a program keeps photos in among much else."""
    return _LIBRARY.fullmatch(name.casefold()) is not None


def holds_thumbnails(place: Place) -> bool:
    """True for a folder whose pictures may be small ones of those above it."""
    return bool(place) and place[-1].casefold() in _THUMBNAILS


def stem(name: str) -> str:
    """The name without its ending, the same in any case."""
    return name.rpartition(".")[0].casefold()


def count_reasons(passed_over: Iterable[PassedOverFiles], *, within: str = "") -> dict[PassedOver, int]:
    """How many files were passed over for each reason, in that folder and below it; in all folders for an empty one."""
    counts: Counter[PassedOver] = Counter()
    for files in passed_over:
        if f"{files.folder}/".startswith(f"{within}/") or not within:
            counts[files.reason] += files.files
    return {reason: counts[reason] for reason in PassedOver if counts[reason]}


@lru_cache(maxsize=4096)
def _called(name: str) -> PassedOver | None:
    return next((reason for reason, pattern in _PATTERNS if pattern.fullmatch(name)), None)


def _leads_to_originals(library: str, inside: Place) -> bool:
    """True for what lies below the folder of originals; Lightroom has one per account."""
    depth = library.endswith(".lrlibrary")
    return len(inside) > depth and inside[depth] in _ORIGINALS
