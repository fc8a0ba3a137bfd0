"""info: prints which model would be loaded and why, where it would run, and where photos and files lie."""

import argparse

from lychee_rerank.commands.output import EXIT_DONE, add_model_option
from lychee_rerank.model.loader import ModelLoader, find_gpu
from lychee_rerank.settings import Settings
from lychee_rerank.words import Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("info", help="print which model would be loaded, and where it would run")
    add_model_option(parser)


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints a line per fact; loads nothing."""
    if settings.servers:
        print(f"servers {' '.join(settings.servers)}")
        return EXIT_DONE
    choice, gpu = ModelLoader(settings).choose(), find_gpu(settings.device)
    print(f"model   {choice.name}{' (bundled demo model)' if choice.demo else ''}")
    print(f"folder  {choice.folder}")
    print(f"why     {choice.reason.replace('_', ' ')}")
    if gpu.name:
        print(f"device  {gpu.name}, {gpu.free_bytes / 1e9:.1f} of {gpu.total_bytes / 1e9:.1f} GB free")
    else:
        print("device  CPU" + (": the NVIDIA driver is too old for this PyTorch" if gpu.driver_too_old else ""))
    template = settings.template
    print(f"readout {settings.readout} (prompt {template.name}, version {template.version}, {template.text_hash[:12]})")
    if settings.calibration:
        made_for = f"made for {settings.calibration.model_name}, {settings.calibration.readout}"
        print(f"map     {settings.calibration.file} ({made_for}; from {settings.calibration.fit.photos} photos)")
    print(f"images  {settings.images_dir}")
    print(f"data    {settings.data_dir}")
    return EXIT_DONE
