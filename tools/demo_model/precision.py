"""What training computes in: BF16 where the CPU multiplies it, float32 where that would take many times as long."""

import torch
from torch import Tensor
from torch.optim import _muon

KIND = torch.bfloat16 if "AVX512" in torch.backends.cpu.get_cpu_capability() else torch.float32


def orthogonalise(grad: Tensor, ns_coefficients: tuple[float, float, float], ns_steps: int, eps: float) -> Tensor:
    """The Newton-Schulz steps of Muon as torch takes them, which knows BF16 alone, in `KIND`."""
    a, b, c = ns_coefficients
    tall = grad.size(0) > grad.size(1)
    found = (grad.T if tall else grad).to(KIND)
    found = found / found.norm().clamp(min=eps)
    for _ in range(ns_steps):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.T if tall else found


_muon._zeropower_via_newtonschulz = orthogonalise
