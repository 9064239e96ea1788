"""A stand-in for TensorFlow Serving on this machine's loopback, since the server itself is no Python package."""

import contextlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from gpvae_tf import serving
from gpvae_tf.files import versions
from tests.support import rest


class Ports(NamedTuple):
    """Where it listens."""

    rest: int
    grpc: int


@contextlib.contextmanager
def serving_models(base: Path) -> Iterator[Ports]:
    """Serves every folder of versions in `base` under its name while the block runs, newest version first."""
    models = {path.name: {number: serving.load(path, number) for number in versions(path)} for path in base.iterdir()}

    def signatures(name: str, version: int | None) -> dict:
        if name not in models or version not in (None, *models[name]):
            raise rest.Refused(f"Servable not found for request: {name}, version {version}")
        return models[name][version or max(models[name])].signatures

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked, body = rest.PATH.fullmatch(self.path), self.rfile.read(int(self.headers["Content-Length"]))
            try:
                if not asked:
                    raise rest.Refused(f"Malformed request: POST {self.path}")
                status = 200
                found = rest.answer(signatures(asked["name"], asked["version"] and int(asked["version"])), body)
            except rest.Refused as error:
                status, found = 400, {"error": str(error)}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_):
            """Says nothing."""

    class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            spec = request.model_spec
            try:
                function = signatures(spec.name, spec.version.value or None)[spec.signature_name or "serving_default"]
                found = function(**{key: tf.constant(tf.make_ndarray(part)) for key, part in request.inputs.items()})
            except (rest.Refused, KeyError) as error:
                context.abort(grpc.StatusCode.NOT_FOUND, str(error))
            except (TypeError, tf.errors.InvalidArgumentError) as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            response = predict_pb2.PredictResponse(model_spec=spec)
            for key, value in found.items():
                response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
            return response

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    remote = grpc.server(ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Prediction(), remote)
    port = remote.add_insecure_port("127.0.0.1:0")
    remote.start()
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield Ports(web.server_port, port)
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
        remote.stop(None).wait()
