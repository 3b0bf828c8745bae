"""The peers of the bulk benchmark: elasticsearch-py's helpers, and a replay of prepared bodies.

Usage: bulk_peer.py make DIRECTORY DOCUMENTS FACTORS    (a model and its features, for `recsys-trainer import`)
       bulk_peer.py bulk|parallel_bulk|replay DIRECTORY URL INDEX-DEFINITION

Each of the latter makes an index, sends the documents, checks how many arrived, deletes the index, and prints
"SECONDS CPU-SECONDS BYTES".
"""
import base64
import json
import math
import random
import struct
import sys
import time

DIMS = 120


def make(directory, documents, factors):
    """Normally distributed vectors; 50 movies for every 10 users, as in a MovieLens of this size."""
    rng = random.Random(1)
    n, k = int(documents), int(factors)
    floats = {"w0": 1, "bias.weight": n, "embeddings.weight": n * k}
    shapes = {"w0": [1], "bias.weight": [n, 1], "embeddings.weight": [n, k]}
    header, offset = {}, 0
    for name, size in floats.items():
        header[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": [offset, offset + 4 * size]}
        offset += 4 * size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(directory + "/model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for size in floats.values():
            for _ in range(0, size, 1000):
                part = min(1000, size - _)
                out.write(struct.pack("<%df" % part, *(rng.gauss(0, 0.1) for _ in range(part))))
    with open(directory + "/features.jsonl", "w") as out:
        for index in range(n):
            if index % 6 == 0:
                feature = {"type": "user", "value": str(index)}
            else:
                feature = {"type": "movie", "value": str(index), "title": "Film Number %d, The" % index,
                           "genres": ["Comedy", "Drama"], "year": 1950 + index % 70, "ratings": index % 999}
            out.write(json.dumps({"index": index, **feature}) + "\n")


def read(directory):
    """(id, source without the vector, the vector's bytes) of every document."""
    with open(directory + "/model.safetensors", "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    n, k = header["embeddings.weight"]["shape"]
    bias_at = 8 + size + header["bias.weight"]["data_offsets"][0]
    vectors_at = 8 + size + header["embeddings.weight"]["data_offsets"][0]
    biases = struct.unpack_from("<%df" % n, data, bias_at)
    documents = []
    with open(directory + "/features.jsonl") as lines:
        for line in lines:
            feature = json.loads(line)
            index = feature.pop("index")
            source = {"feature_type": feature.pop("type"), "value": feature.pop("value"), "feature_index": index,
                      "model_id": "0123456789ab", **feature, "bias": biases[index]}
            at = vectors_at + 4 * k * index
            documents.append((source["feature_type"] + "_" + source["value"], source, data[at:at + 4 * k]))
    return documents


def actions_of(documents, index):
    return [{"_index": index, "_id": id, "_source": {**source, "embedding": list(struct.unpack("<%df" % DIMS, vector))}}
            for id, source, vector in documents]


def line_of(source, vector, as_base64):
    if as_base64:
        text = '"%s"' % base64.b64encode(struct.pack(">%df" % DIMS, *struct.unpack("<%df" % DIMS, vector))).decode()
    else:
        text = "[" + ",".join("%.9g" % x for x in struct.unpack("<%df" % DIMS, vector)) + "]"
    return json.dumps(source, separators=(",", ":"))[:-1] + ',"embedding":' + text + "}"


def bodies_of(documents, as_base64, limit=4 << 20):
    bodies, lines, size = [], [], 0
    for id, source, vector in documents:
        lines.append('{"index":{"_id":"%s"}}\n%s\n' % (id, line_of(source, vector, as_base64)))
        size += len(lines[-1])
        if size >= limit:
            bodies.append(("".join(lines).encode(), len(lines)))
            lines, size = [], 0
    return bodies + [("".join(lines).encode(), len(lines))] if lines else bodies


def post(connection, path, body):
    connection.request("POST", path, body, {"Content-Type": "application/x-ndjson"})
    return connection.getresponse().read()


def connect(url):
    import http.client
    return http.client.HTTPConnection(url.split("//")[1].rstrip("/"))


def takes_base64(url, index, documents):
    id, source, vector = documents[0]
    body = '{"index":{"_id":"%s"}}\n%s\n' % (id, line_of(source, vector, True))
    return b'"errors":false' in post(connect(url), "/%s/_bulk" % index, body.encode())


def replay(url, index, bodies):
    """Two threads, each with a connection of its own, and nothing to do but send; every item of the answers is counted."""
    import threading
    path = "/%s/_bulk?filter_path=items.index.status,items.index.error.reason" % index
    queue, answers = list(reversed(bodies)), []

    def work():
        connection = connect(url)
        while True:
            try:
                body, _ = queue.pop()
            except IndexError:
                return
            answers.append(post(connection, path, body))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answer.count(b'"status":20') for answer in answers)


def run(how, directory, url, definition):
    from elasticsearch import Elasticsearch, helpers
    client = Elasticsearch(url, request_timeout=120)
    index = "bench-peer-%d" % time.time()
    documents = read(directory)
    with open(definition) as file:
        mappings = json.load(file)
    client.indices.create(index=index, mappings=mappings, settings={
        "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"})
    try:
        if how == "replay":
            bodies = bodies_of(documents, takes_base64(url, index, documents))
            send = lambda: replay(url, index, bodies)  # noqa: E731
            size = sum(len(body) for body, _ in bodies)
        else:
            actions, size = actions_of(documents, index), 0
            if how == "bulk":
                send = lambda: helpers.bulk(client, actions)[0]  # noqa: E731
            else:
                send = lambda: sum(ok for ok, _ in helpers.parallel_bulk(client, actions, thread_count=2))  # noqa: E731
        started, cpu = time.perf_counter(), time.process_time()
        acknowledged = send()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        client.indices.refresh(index=index)
        there = client.count(index=index)["count"]
        if there != len(documents) or acknowledged != len(documents):
            sys.exit("%s: %d acknowledged, %d there, %d sent" % (how, acknowledged, there, len(documents)))
        print("%.4f %.4f %d" % (seconds, cpu, size))
    finally:
        client.indices.delete(index=index)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(*sys.argv[2:])
    else:
        run(*sys.argv[1:])
