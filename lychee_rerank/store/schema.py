"""The tables, as a list of steps from an empty file to today's; a step that was shipped never changes."""

# Times are seconds since 1970. A path is bytes: relative to the data folder where it lies in it.
_FIRST = (
    """CREATE TABLE scores (
        key TEXT PRIMARY KEY, photo TEXT NOT NULL, value REAL NOT NULL, expected REAL NOT NULL,
        label_mass REAL NOT NULL, answer TEXT NOT NULL, rule TEXT NOT NULL, kept_s REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE blamed (photo TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE galleries (id TEXT PRIMARY KEY, owner TEXT NOT NULL, begun_s REAL NOT NULL) WITHOUT ROWID",
    """CREATE TABLE uploads (
        gallery TEXT NOT NULL REFERENCES galleries ON DELETE CASCADE, upload TEXT NOT NULL, place INTEGER NOT NULL,
        name TEXT NOT NULL, path BLOB NOT NULL, PRIMARY KEY (gallery, upload)
    ) WITHOUT ROWID""",
    "CREATE INDEX uploads_by_path ON uploads (path)",
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, gallery TEXT, query TEXT NOT NULL, status TEXT NOT NULL,
        begun_s REAL NOT NULL, elapsed_s REAL NOT NULL, key TEXT NOT NULL, demo INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX runs_by_owner ON runs (owner, begun_s)",
    """CREATE TABLE run_photos (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, place INTEGER NOT NULL, name TEXT NOT NULL,
        path BLOB NOT NULL, score TEXT, photo TEXT, reason TEXT, kind TEXT, PRIMARY KEY (run, place)
    ) WITHOUT ROWID""",
    "CREATE INDEX run_photos_by_score ON run_photos (score)",
    "CREATE INDEX run_photos_by_path ON run_photos (path)",
    "CREATE TABLE files (path BLOB PRIMARY KEY, state TEXT NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID",
)
_SECOND = (
    """CREATE TABLE explanations (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, place INTEGER NOT NULL, score REAL NOT NULL,
        text TEXT NOT NULL, PRIMARY KEY (run, place)
    ) WITHOUT ROWID""",
)
_THIRD = (
    """CREATE TABLE list_rows (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, line INTEGER NOT NULL, text TEXT NOT NULL,
        place INTEGER, fits INTEGER, file TEXT, problem TEXT, PRIMARY KEY (run, line)
    ) WITHOUT ROWID""",
)
_FOURTH = (
    """CREATE TABLE picks (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, place INTEGER NOT NULL, PRIMARY KEY (run, place)
    ) WITHOUT ROWID""",
)
_FIFTH = ("CREATE TABLE cleared (run TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE) WITHOUT ROWID",)
_SIXTH = (
    "ALTER TABLE runs ADD COLUMN passed_over TEXT",  # counts by reason, JSON
    """CREATE TABLE passed_over (
        gallery TEXT NOT NULL REFERENCES galleries ON DELETE CASCADE, upload TEXT NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (gallery, upload)
    ) WITHOUT ROWID""",
)
_SEVENTH = (
    "ALTER TABLE run_photos ADD COLUMN quick TEXT",  # the key of the score from a quick look
    "CREATE INDEX run_photos_by_quick ON run_photos (quick)",
)
_EIGHTH = (
    "ALTER TABLE scores ADD COLUMN raw REAL",  # the model's own score, where `value` is a calibrated one
    """CREATE TABLE facts (
        photo TEXT PRIMARY KEY, version INTEGER NOT NULL, width_px INTEGER NOT NULL, height_px INTEGER NOT NULL,
        taken TEXT, camera TEXT NOT NULL, fingerprint BLOB NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE stars (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, place INTEGER NOT NULL, stars INTEGER NOT NULL,
        PRIMARY KEY (run, place)
    ) WITHOUT ROWID""",
    "CREATE INDEX run_photos_by_photo ON run_photos (photo)",
    "CREATE INDEX scores_by_photo ON scores (photo)",
)
_NINTH = (
    "ALTER TABLE runs ADD COLUMN example TEXT",  # SHA-256 of the bytes of the query's example
    "ALTER TABLE runs ADD COLUMN example_name TEXT",
    "ALTER TABLE runs ADD COLUMN example_path BLOB",
)

UNDER_WAY = "(status IN ('waiting', 'running'))"
KEPT = "(id NOT IN (SELECT run FROM cleared))"  # a run that is cleared can be restored until it is deleted
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    *(_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH),
    _NINTH,
)
