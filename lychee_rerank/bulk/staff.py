"""How many workers a run has, and what each of them gets of its machine; knows no Ray and no model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine of a cluster has."""

    cpus: int
    gpus: int


@dataclass(frozen=True, slots=True)
class Staff:
    """So many workers with so much each, and how many of them one machine has at most."""

    workers: int
    cpus: int
    gpus: int
    per_machine: int


def choose_staff(machines: Sequence[Machine], wanted: int | None, *, on_gpu: bool, small: bool) -> Staff:
    """A worker for each GPU; without one, for each core where the model is `small`, else for each machine.

    Fewer where fewer are `wanted`, and on CPUs more, up to one for each core. A worker on a CPU has its share of the
    cores.
    """
    gpus = sum(machine.gpus for machine in machines)
    if on_gpu and gpus:
        workers = min(wanted or gpus, gpus)
        return Staff(workers, cpus=0, gpus=1, per_machine=min(workers, max(machine.gpus for machine in machines)))
    machines = [machine for machine in machines if machine.cpus] or list(machines)
    cores = sum(machine.cpus for machine in machines)
    workers = max(1, min(wanted or (cores if small else len(machines)), cores))
    per_machine = math.ceil(workers / len(machines))
    return Staff(
        workers, cpus=max(1, min(machine.cpus for machine in machines) // per_machine), gpus=0, per_machine=per_machine
    )
