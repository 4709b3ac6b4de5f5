"""The pre-training step of LocalMIM with FreezeOut in PyTorch, to measure against.

    python3 torch_step.py --form fixed SPEC      times rounds of steps, as bench/peers.ts asks
    python3 torch_step.py --form fixed --check tests/golden/tiny
    python3 torch_step.py --form fixed --count MODEL

SPEC and MODEL are JSON; `bench/peers.ts` writes them. `--check` compares losses,
gradients and updates with recorded numbers and ends with 1 if they differ; `--count`
prints how many numbers train for each number of frozen layers.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

sys.dont_write_bytecode = True


def _arguments() -> Namespace:
    parser = ArgumentParser(description="The pre-training step in PyTorch.")
    parser.add_argument("--form", choices=["reference", "fixed"], required=True)
    work = parser.add_mutually_exclusive_group(required=True)
    work.add_argument("spec", nargs="?", metavar="SPEC", help="what is timed, as JSON")
    work.add_argument("--check", metavar="FOLDER", type=Path, help="recorded numbers")
    work.add_argument("--count", metavar="MODEL", help="sizes of a model, as JSON")
    return parser.parse_args()


def _count(form: str, fields: dict) -> list[int]:
    """Trained numbers with 0, 1, … all but one layer frozen."""
    from localmim_torch.freezing import Freezing
    from localmim_torch.local_mim import LocalMim, trainable_count
    from localmim_torch.model_spec import model_spec

    model = model_spec(fields)
    return [
        trainable_count(LocalMim(model, Freezing(form, frozen)))
        for frozen in range(model.depth + 1)
    ]


def _check(form: str, folder: Path) -> bool:
    """Prints a line for each recorded situation; whether all hold."""
    from localmim_torch.check_fixture import check_fixture

    rows = check_fixture(folder, form)
    for row in rows:
        print(json.dumps(row))
    return all(row["holds"] for row in rows)


def main() -> int:
    arguments = _arguments()
    try:
        import torch  # noqa: F401
    except ImportError:
        print(json.dumps({"missing": f"{sys.executable} has no torch (Debian: python3-torch)"}))
        return 0
    if arguments.check is not None:
        return 0 if _check(arguments.form, arguments.check) else 1
    if arguments.count is not None:
        print(json.dumps(_count(arguments.form, json.loads(arguments.count))))
        return 0
    from localmim_torch.blas_library import blas_library
    from localmim_torch.serve_rounds import serve_rounds

    if blas_library() is None:
        print(json.dumps({"missing": "PyTorch has only the plain BLAS (Debian: libopenblas0-pthread)"}))
        return 0
    serve_rounds(arguments.form, json.loads(arguments.spec))
    return 0


if __name__ == "__main__":
    sys.exit(main())
