"""The guide to several devices and machines: its Python runs, its job scripts are those beside it and well-formed."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf
import yaml

from gpvae_tf.cli import launch
from gpvae_tf.cli.main import parse
from tests.docs.test_readme import run_python
from tests.support.replicas import mirrored

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGE = (GUIDE / "scale.md").read_text(encoding="utf-8")
SERVICE, JOB = yaml.safe_load_all((GUIDE / "kubernetes_job.yaml").read_text(encoding="utf-8"))
SCRIPT = (GUIDE / "slurm_job.sh").read_text(encoding="utf-8")
# Keys that the schemas of Kubernetes 1.27 to 1.37 know, of the parts that the manifest has; kubernetes-validate agreed.
KNOWN = {
    "Job": {"completionMode", "completions", "parallelism", "backoffLimit", "template"},
    "Pod": {"subdomain", "restartPolicy", "terminationGracePeriodSeconds", "containers", "volumes"},
    "Container": {"name", "image", "command", "args", "ports", "resources", "volumeMounts"},
    "Service": {"clusterIP", "publishNotReadyAddresses", "selector", "ports"},
}


def launched(words):
    """The options and the command of a line that begins with gpvae launch, read as they would be."""
    assert words[:2] == ["gpvae", "launch"]
    command, options = parse("launch", words[2:])
    assert launch.as_program(command)
    if command[0] == "fit":
        parse("fit", command[1:])
    return options, command


def test_the_guide_runs(monkeypatch):
    """Without collectives: those of all four devices here would join a group that another test has made of two."""
    strategy = mirrored(2)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: strategy)
    model = run_python(PAGE)["model"]
    assert model.num_steps == 2 and model.num_skipped == 0


def test_its_commands_can_be_read():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.S | re.M)
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    assert len([launched(shlex.split(line)) for line in lines]) == 2


def test_the_manifest_is_a_job_and_a_service():
    """The required fields, no others than there are, and the names by which the pods find each other."""
    pod = JOB["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    parts = {"Job": JOB["spec"], "Pod": pod, "Container": container, "Service": SERVICE["spec"]}
    assert {kind: sorted(set(part) - KNOWN[kind]) for kind, part in parts.items()} == dict.fromkeys(parts, [])
    assert (JOB["apiVersion"], JOB["kind"]) == ("batch/v1", "Job")
    assert (SERVICE["apiVersion"], SERVICE["kind"]) == ("v1", "Service")
    assert pod["restartPolicy"] in ("OnFailure", "Never")  # what a Job may have
    assert pod["subdomain"] == SERVICE["metadata"]["name"] and SERVICE["spec"]["clusterIP"] == "None"
    assert SERVICE["spec"]["selector"] == {"job-name": JOB["metadata"]["name"]}
    assert JOB["spec"]["completionMode"] == "Indexed" and JOB["spec"]["completions"] == JOB["spec"]["parallelism"]
    assert all(isinstance(word, str) for word in container["command"] + container["args"])
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_the_manifest_launches_as_many_workers_as_it_has_pods():
    (container,) = JOB["spec"]["template"]["spec"]["containers"]
    options, command = launched(container["command"] + container["args"])
    assert (options.cluster, options.workers) == ("kubernetes", JOB["spec"]["completions"])
    assert options.service == SERVICE["metadata"]["name"]
    assert options.port == container["ports"][0]["containerPort"] == SERVICE["spec"]["ports"][0]["port"]
    assert "--resume" in command


def test_the_page_shows_the_files():
    assert f"```bash\n{SCRIPT}```" in PAGE
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    assert is_part(yaml.safe_load(shown), JOB)


def is_part(some, whole):
    """Whether mappings and lists have, place by place, what is in others."""
    if isinstance(some, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in some.items())
    return all(map(is_part, some, whole)) if isinstance(some, list) else some == whole


def test_the_batch_script():
    """Bash reads it; SLURM's options are known to sbatch; its step is launched."""
    subprocess.run(["bash", "-n", str(GUIDE / "slurm_job.sh")], check=True)
    options = re.findall(r"^#SBATCH --([\w-]+)", SCRIPT, re.M)
    known = {"job-name", "nodes", "ntasks-per-node", "cpus-per-task", "gpus-per-node", "time", "requeue", "signal"}
    assert set(options) <= known | {"output", "open-mode"}
    (step,) = re.findall(r"^srun [^g]*(gpvae .*)", SCRIPT.replace("\\\n", ""), re.M)
    options, command = launched(shlex.split(step))
    assert options.cluster == "slurm" and "--resume" in command


@pytest.mark.parametrize("change", ["nodes", "containers"])
def test_a_part_that_is_not_there_is_noticed(change):
    assert not is_part({"spec": {change: [1]}}, JOB)
