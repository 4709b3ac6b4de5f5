#!/usr/bin/env python3
"""Runs the code cells of a notebook in a kernel and prints what they gave, as JSON.

Usage: run_notebook.py NOTEBOOK KERNEL SECONDS

Outputs that come after a cell is idle count, too: the kernel of Deno sends results late,
and runners that stop listening at once lose some of them.
"""

import json
import os
import queue
import sys
import time

from jupyter_client.manager import start_new_kernel

# Seconds without an output of its own after which an idle cell has ended. Pictures that
# change meanwhile do not count: what goes on in the background changes them all the time.
QUIET = 0.6

OUTPUTS = {
    "display_data": "display",
    "execute_result": "result",
    "stream": "stream",
    "error": "error",
}


def output_of(kind, content):
    """An output as the tests read it: MIME types with their values, or text."""
    if kind == "stream":
        return {"kind": kind, "name": content["name"], "text": content["text"]}
    if kind == "error":
        return {"kind": kind, "text": "\n".join(content["traceback"])}
    return {"kind": kind, "data": content["data"]}


def run_cell(client, manager, source, seconds, shown):
    """Runs a cell; `shown` are the outputs of all cells that can be updated, by their id."""
    began = heard = time.time()
    asked = client.execute(source)
    outputs, updates, is_idle = [], 0, False
    while time.time() - began < seconds:
        left = heard + QUIET - time.time() if is_idle else 5
        try:
            if left <= 0:
                raise queue.Empty
            message = client.get_iopub_msg(timeout=left)
        except queue.Empty:
            if is_idle:
                return {"outputs": outputs, "updates": updates}
            if not manager.is_alive():
                outputs.append({"kind": "error", "text": "the kernel died"})
                return {"outputs": outputs, "updates": updates}
            continue
        content = message["content"]
        name = content.get("transient", {}).get("display_id")
        if message["msg_type"] == "update_display_data":
            updates += 1
            if name in shown:
                shown[name]["data"] = content["data"]
        # What an earlier cell still does belongs to that one.
        if message["parent_header"].get("msg_id") != asked:
            continue
        if message["msg_type"] != "update_display_data":
            heard = time.time()
        if message["msg_type"] == "status":
            is_idle = content["execution_state"] == "idle"
        elif message["msg_type"] in OUTPUTS:
            output = output_of(OUTPUTS[message["msg_type"]], content)
            outputs.append(output)
            if name is not None:
                shown[name] = output
    outputs.append({"kind": "error", "text": f"not done after {seconds} s"})
    return {"outputs": outputs, "updates": updates}


def main():
    path, kernel, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    folder = os.path.dirname(os.path.abspath(path))
    manager, client = start_new_kernel(kernel_name=kernel, cwd=folder)
    ran, shown = [], {}
    try:
        for cell in cells:
            if cell["cell_type"] != "code":
                continue
            source = "".join(cell["source"])
            done = run_cell(client, manager, source, seconds, shown)
            ran.append({"source": source, **done})
            if any(output["kind"] == "error" for output in done["outputs"]):
                break
    finally:
        manager.shutdown_kernel(now=True)
    json.dump(ran, sys.stdout)


main()
