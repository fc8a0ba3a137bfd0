"""What a worker is given: how it gets its model, decodes photos and reads scores; knows no page and no model class."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lychee_rerank.photos.decode import Decode
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.judge import Judge, KeptEncodings
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.scoring.quick_look import QuickLookPlan


@dataclass(frozen=True, slots=True)
class Setup:
    """How the worker gets its model and reads scores; `template` takes the place of the readout's own prompt.

    `check` raises ModelUnusable where the model's folder is no longer what was loaded; `device_lost` ends the process;
    `tidy` is called once this process scores for the folder, and after each run.
    """

    load: Callable[[], Judge]
    decode: Decode
    hashes: PhotoHashes = field(default_factory=PhotoHashes)
    memory_bytes: int = 0  # for what the model keeps of photos
    files: KeptEncodings | None = None  # for what it keeps of quick looks beyond the process
    check: Callable[[], None] = lambda: None
    device_lost: Callable[[], None] = lambda: None
    tidy: Callable[[], None] = lambda: None
    readout: Readout = Readout.NUMBER
    template: PromptTemplate | None = None
    calibration: Calibration | None = None
    quick_looks: QuickLookPlan = field(default_factory=QuickLookPlan)
