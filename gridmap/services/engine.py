"""Whether the engines are ready to run."""

from functools import cache
from pathlib import Path
from threading import Thread

from gridmap import planning
from gridmap.covering.siting_search import load_kernels
from gridmap.planning.recombination import improve


def is_compiled() -> bool:
    """Tell whether machine code of every module with kernels lies in numba's cache, newer than its source.

    It is a hint for people who wait: a change of numba or of the processor is not seen.
    """
    if improve.stats.cache_path is None:
        return False
    cache = Path(improve.stats.cache_path)
    sources = [
        source
        for source in Path(planning.__file__).parent.glob("*.py")
        if "@njit(" in source.read_text(encoding="utf-8")
    ]
    return all(
        any(index.stat().st_mtime >= source.stat().st_mtime for index in cache.glob(f"{source.stem}.*.nbi"))
        for source in sources
    )


@cache
def warm_siting() -> None:
    """Load what siting has compiled, or compile it, while the reader still fills the form; once a process."""
    Thread(target=load_kernels, name="warm-siting", daemon=True).start()
