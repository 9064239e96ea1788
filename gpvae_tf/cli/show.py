"""`gpvae show`, `compare` and `list`: what runs are and what came of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpvae_tf.cli.options import FitOptions, NoOptions
from gpvae_tf.cli.run_files import EXPERIMENT, all_scores, evaluated_how, evaluation, read_log, read_run
from gpvae_tf.files import expanded
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.flags.options import options_of
from gpvae_tf.training.run_record import RunFolderError, read_record
from gpvae_tf.training.scores import SCORES, read_scores

ABOUT = ("model", "latent_dim", "likelihood", "kernel", "units", "precision", "learning_rate", "seed")


def show(run: str, options: NoOptions) -> None:
    """Prints a run's data, model, progress and scores.

    Raises:
      RunFolderError, DamagedFileError: if the folder holds no run, or a file of it is damaged.
    """
    path, record = read_run(run)
    config, lines = record["config"], [f"{path}"]
    lines += [f"  data        {config['data']}", f"  made        {record['date']}, commit {record['commit']}"]
    lines += [f"  {name:<11} {config[name]}" for name in told(config)]
    log = read_log(path)
    if log:
        lines.append(f"  step        {log['step'][-1]:.0f} of {config['steps']}")
        logged = (name for name in ("elbo", "stopping_loss", "best_loss", "skipped") if name in log)
        lines += [f"  {name:<11} {log[name][-1]:.6g}" for name in logged]
    lines.append(f"  finished    {'no; gpvae fit ... --resume goes on' if read_scores(path) is None else 'yes'}")
    lines += [f"  evaluated   {how}"] if (how := evaluated_how(path)) else []
    lines += [f"  {name:<18} {value:.5g}" for name, value in evaluation(path).items()]
    lines.append(f"  files       {', '.join(sorted(each.name for each in path.iterdir()))}")
    print("\n".join(lines))


def told(config: Mapping[str, Any]) -> list[str]:
    """Names of the options that say what a run is: `ABOUT`, and what else has not its default."""
    plain = {name: field.default for name, (field, about) in options_of(FitOptions).items() if not about.may_change}
    return [name for name, default in plain.items() if name in config and (name in ABOUT or config[name] != default)]


def compare(*arguments: Any) -> None:
    """Prints what differs between runs, and their scores, as a table.

    Raises:
      RunFolderError, DamagedFileError: if a folder holds no run, or a file of it is damaged.
    """
    *runs, _ = arguments
    found = [read_run(run) for run in runs]
    configs = [record["config"] for _, record in found]
    names = [name for name in configs[0] if len({str(config.get(name)) for config in configs}) > 1]
    heads = [path.name for path, _ in found]
    rows = [["", *(heads if len(set(heads)) == len(heads) else (str(path) for path, _ in found))]]
    rows += [[name, *(str(config.get(name)) for config in configs)] for name in names if name != "out"]
    rows.append(["step", *(last_step(path) for path, _ in found)])
    ways = [evaluated_how(path) for path, _ in found]
    rows += [["evaluated", *(way or "-" for way in ways)]] if len({*ways} - {""}) > 1 else []
    scores = [all_scores(path) for path, _ in found]
    for name in dict.fromkeys(name for each in scores for name in each):
        rows.append([name, *(f"{each[name]:.5g}" if name in each else "-" for each in scores)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print("\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows))


def list_runs(folder: str, options: NoOptions) -> None:
    """Prints the runs in a folder, a line each.

    Raises:
      FileNotFoundError: if there is no such folder.
    """
    place = expanded(folder)
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is no folder")
    found = 0
    for path in (each.parent for each in sorted(place.glob("*/config.json"))):
        try:
            if read_record(path)["experiment"] == EXPERIMENT:
                config, found = read_run(str(path))[1]["config"], found + 1
                state = "finished" if (path / SCORES).exists() else f"step {last_step(path)}"
                print(f"{path.name:<24} {config['model']:<6} {state:<14} {config['data']}")
        except (RunFolderError, DamagedFileError) as error:
            print(f"{path.name:<24} {error}")
    if not found:
        print(f"{place} holds no runs of gpvae fit")


def last_step(folder: Path) -> str:
    """The last step in a run's log.

    Raises:
      DamagedFileError: see `read_log`.
    """
    log = read_log(folder)
    return f"{log['step'][-1]:.0f}" if log else "0"
