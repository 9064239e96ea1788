"""`gpvae show`, `compare` and `list`: what runs are and what came of them."""

import csv
from pathlib import Path
from typing import Any

from gpvae_tf.cli.options import NoOptions
from gpvae_tf.cli.run_files import EVALUATION, EXPERIMENT, read_json, read_run

ABOUT = ("model", "latent_dim", "likelihood", "units", "precision", "learning_rate", "seed")


def show(run: str, options: NoOptions) -> None:
    """Prints a run's data, model, progress and scores.

    Raises:
      RunFolderError: if the folder holds no run.
    """
    path, record = read_run(run)
    config, lines = record["config"], [f"{path}"]
    lines += [f"  data        {config['data']}", f"  made        {record['date']}, commit {record['commit']}"]
    lines += [f"  {name:<11} {config[name]}" for name in ABOUT]
    row = last_row(path)
    if row:
        lines.append(f"  step        {row.get('step')} of {config['steps']}")
        logged = (name for name in ("elbo", "stopping_loss", "best_loss", "skipped") if name in row)
        lines += [f"  {name:<11} {float(row[name]):.6g}" for name in logged]
    finished = read_json(path / "scores.json")
    lines.append(f"  finished    {'yes' if finished else 'no; gpvae fit ... --resume goes on'}")
    for name, value in read_json(path / EVALUATION).get("scores", {}).items():
        lines.append(f"  {name:<18} {value:.5g}")
    lines.append(f"  files       {', '.join(sorted(each.name for each in path.iterdir()))}")
    print("\n".join(lines))


def compare(*arguments: Any) -> None:
    """Prints what differs between runs, and their scores, as a table.

    Raises:
      RunFolderError: if a folder holds no run.
    """
    *runs, _ = arguments
    found = [read_run(run) for run in runs]
    configs = [record["config"] for _, record in found]
    names = [name for name in configs[0] if len({str(config.get(name)) for config in configs}) > 1]
    rows = [["", *(path.name for path, _ in found)]]
    rows += [[name, *(str(config.get(name)) for config in configs)] for name in names if name != "out"]
    rows.append(["step", *(last_row(path).get("step", "0") for path, _ in found)])
    scores = [read_json(path / "scores.json").get("scores", {}) for path, _ in found]
    scores = [{**one, **read_json(path / EVALUATION).get("scores", {})} for one, (path, _) in zip(scores, found)]
    for name in dict.fromkeys(name for each in scores for name in each):
        rows.append([name, *(f"{each[name]:.5g}" if name in each else "-" for each in scores)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print("\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows))


def list_runs(folder: str, options: NoOptions) -> None:
    """Prints the runs in a folder, a line each.

    Raises:
      FileNotFoundError: if there is no such folder.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is no folder")
    records = [(each.parent, read_json(each)) for each in sorted(place.glob("*/config.json"))]
    runs = [(path, record["config"]) for path, record in records if record.get("experiment") == EXPERIMENT]
    for path, config in runs:
        state = "finished" if (path / "scores.json").exists() else f"step {last_row(path).get('step', 0)}"
        print(f"{path.name:<24} {config['model']:<6} {state:<14} {config['data']}")
    if not runs:
        print(f"{place} holds no runs of gpvae fit")


def last_row(path: Path) -> dict[str, str]:
    """The last line of a run's metrics.csv by column; empty if there is none."""
    log = path / "metrics.csv"
    if not log.exists():
        return {}
    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: value for name, value in rows[-1].items() if value} if rows else {}
