"""Executes a notebook in a Jupyter kernel and prints the values to check as JSON: run_notebook.py <notebook>."""

import json
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

CHECKED = """
print(json.dumps({
    "status": ended.status,
    "curves": [list(map(float, line.get_xdata())) for line in (loss, train_accuracy, test_accuracy)],
    "service": [each.probability for each in sorted(predictions, key=lambda each: each.index)],
    "pytorch": probabilities,
}))
"""


class CountingClient(NotebookClient):
    """Counts how often a cell updates a display."""

    updates = 0

    def process_message(self, msg, cell, cell_index):
        self.updates += msg["msg_type"] == "update_display_data"
        return super().process_message(msg, cell, cell_index)


path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
notebook.cells.append(nbformat.v4.new_code_cell(CHECKED))
client = CountingClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
client.execute()
*outputs, checked = [output for cell in notebook.cells for output in cell.get("outputs", [])]
print(
    json.dumps(
        {
            "updates": client.updates,
            "images": sum("image/png" in output.get("data", {}) for output in outputs),
            "text": "".join(output.get("text", "") for output in outputs),
            **json.loads(checked.text),
        }
    )
)
