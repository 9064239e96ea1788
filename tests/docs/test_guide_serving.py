"""The guide to serving: its Python and its curl lines run against a stand-in, and what they get is the model's own."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import grpc
import numpy as np
import pytest
import tensorflow as tf
import yaml

from gpvae_tf.serving import Limits, warm_up
from tests.docs.test_readme import run_python
from tests.support import curl
from tests.support.stand_in import serving_models

PAGE = curl.PAGE.read_text(encoding="utf-8")
FOLDER = curl.PAGE.parent / "serving"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]["stations"]
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """What the page's Python leaves, the folder it ran in, and a server that goes on."""
    folder = tmp_path_factory.mktemp("guide")
    before, after = PAGE.split("## Start a server")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        names = run_python(before)
        with serving_models(folder / "served") as ports:
            page = after.replace("localhost:8501", f"127.0.0.1:{ports.rest}")
            page = page.replace("localhost:8500", f"127.0.0.1:{ports.grpc}")
            yield run_python(page + "```python\nNONE = 'epochs=50'\n```", **names), folder, ports


def context(inputs, row=None):
    """What a model is conditioned on by a request: all data sets, or the observed points of one."""
    parts = {name: np.array(inputs[f"context_{name}"], np.float32) for name in ("observations", "inputs")}
    if row is None:
        return parts
    there = np.array(inputs["context_mask"])[row].all(axis=-1)
    return {name: part[row : row + 1, there] for name, part in parts.items()}


def test_rows_are_the_models_means(guide):
    names, *_ = guide
    (row,) = names["ROWS"]["instances"]
    given = {name: [value] for name, value in row.items()}
    query = np.array(given["query_inputs"], np.float32)
    predictor = names["model"].condition_on(context(given))
    (found,) = names["rows"]
    np.testing.assert_allclose(found["observations"], predictor.generate(query)[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["latent_variance"], predictor.predict_f(query).variance[0], rtol=1e-4)


def test_columns_and_messages_are_the_models_intervals(guide):
    """Of each data set alone, up to the draws, which depend on how many data sets share them."""
    names, *_ = guide
    asked = names["COLUMNS"]["inputs"]
    for row in range(2):
        query = np.array(asked["query_inputs"], np.float32)[row : row + 1]
        alone = names["model"].condition_on(context(asked, row)).predict_y(query, 4000, 1, quantiles=(0.05, 0.95))
        for name, value in {"mean": alone.mean, "lower": alone.quantiles[0], "upper": alone.quantiles[1]}.items():
            np.testing.assert_allclose(names["columns"][name][row], value[0], atol=0.5 * np.max(alone.stddev))
        assert np.all(np.array(names["columns"]["lower"][row]) < names["columns"]["upper"][row])
    np.testing.assert_allclose(names["lower"], names["columns"]["lower"], rtol=1e-6)
    np.testing.assert_allclose(
        names["served"]("predict_interval", **asked)["lower"], names["columns"]["lower"], rtol=1e-6
    )


def test_the_curl_lines_are_written_of_the_same_requests(guide):
    names, _, ports = guide
    assert curl.with_lines(PAGE) == PAGE, "write the lines anew: python -m tests.support.curl"
    sent = [shlex.split(line) for line in curl.lines(PAGE).splitlines()]
    assert [words[:2] + words[3:] for words in sent] == [["curl", "--data", curl.URL]] * 2
    answers = [post(ports.rest, words[2]) for words in sent]
    assert answers == [{"predictions": names["rows"]}, {"outputs": names["columns"]}]


def post(port, body, path="/v1/models/stations:predict"):
    with urlopen(Request(f"http://127.0.0.1:{port}{path}", body.encode())) as response:
        return json.load(response)


def test_a_request_that_is_refused_says_why(guide):
    names, _, ports = guide
    nan = json.dumps(names["ROWS"]).replace("0.9", "NaN")
    empty = json.dumps({"inputs": names["ROWS"]["instances"][0]})
    text = json.dumps(names["ROWS"]).replace("0.9", '"a"')
    twice = json.dumps({"instances": names["ROWS"]["instances"] * 2} | {"inputs": {}})
    for body, message in (
        (nan, "context_observations holds NaN"),
        (empty, "context_observations: shape"),
        (text, "context_observations: JSON value is not of expected type: float32"),
        (twice, "Both keys"),
    ):
        with pytest.raises(HTTPError) as caught:
            post(ports.rest, body)
        assert caught.value.code == 400 and message in json.load(caught.value)["error"]
    with pytest.raises(HTTPError, match="400"):
        post(ports.rest, json.dumps(names["ROWS"]), "/v1/models/stations/versions/2:predict")
    assert post(ports.rest, json.dumps(names["ROWS"]), "/v1/models/stations/versions/1:predict")["predictions"]
    assert names["refusal"] == "predict: context_observations has dtype float64; expected float32"


def test_a_message_of_another_dtype_is_refused(guide):
    names, _, ports = guide
    stub = names["prediction_service_pb2_grpc"].PredictionServiceStub
    request = names["predict_pb2"].PredictRequest()
    request.CopyFrom(names["request"])
    request.inputs["interval"].CopyFrom(tf.make_tensor_proto(np.float64(0.9)))
    with grpc.insecure_channel(f"127.0.0.1:{ports.grpc}") as channel, pytest.raises(grpc.RpcError) as caught:
        stub(channel).Predict(request, timeout=10.0)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "float" in caught.value.details()


def test_warm_up_requests_lie_where_the_page_says(guide):
    _, folder, _ = guide
    assert str(warm_up.FILE) in PAGE and (folder / "served" / "stations" / "1" / warm_up.FILE).is_file()


def test_the_limits_are_those_of_the_page():
    limits = Limits()
    for number, what in (
        (limits.points, "points in a data set"),
        (limits.values, "numbers in an input"),
        (limits.samples, "draws. Other"),
    ):
        assert f"{number:,} {what}" in PAGE


def test_container_files_agree_with_each_other_and_with_the_page():
    image = re.search(r"^FROM (\S+)$", DOCKERFILE, re.M)[1]
    assert COMPOSE["image"] == image and re.fullmatch(r"tensorflow/serving:2\.\d+\.\d+", image)
    assert f"TensorFlow Serving {image.rpartition(':')[2].rpartition('.')[0]}" in PAGE
    folder, place, _ = COMPOSE["volumes"][0].split(":")
    model = COMPOSE["environment"]["MODEL_NAME"]
    assert place == f"{COMPOSE['environment']['MODEL_BASE_PATH']}/{model}" == f"/models/{model}"
    assert f"COPY {folder.removeprefix('./')} {place}\n" in DOCKERFILE and f'model.export("{folder[2:]}")' in PAGE
    assert f"MODEL_NAME={model}\n" in DOCKERFILE and f"/v1/models/{model}:predict" in curl.URL
    assert {port.rpartition(":")[2] for port in COMPOSE["ports"]} == {"8500", "8501"}
    assert COMPOSE["user"] in DOCKERFILE and f'"{model}"' in PAGE


def test_the_dockerfile_is_clean():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "-"], input=DOCKERFILE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    wrong = subprocess.run([hadolint, "-"], input="FROM tensorflow/serving", capture_output=True, text=True)
    assert wrong.returncode == 1 and "DL3006" in wrong.stdout  # no tag
