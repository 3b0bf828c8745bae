"""The peers of the bridge's benchmark: elasticsearch-py's helpers.scan with NumPy, and NumPy's ranking.

Usage: bridge_peer.py make DIRECTORY MOVIES USERS FACTORS    (a model and its features, for `recsys-trainer import`)
       bridge_peer.py documents BUNDLE URL INDEX    "SECONDS CPU-SECONDS DOCUMENTS VIOLATIONS"
       bridge_peer.py rank BUNDLE ROUNDS            "SECONDS", the best of ROUNDS
"""
import json
import sys
import time

import numpy as np

TOP = 10
TEXTS = ("feature_type", "value", "title", "genres", "year", "ratings")


def make(directory, movies, users, factors):
    """Normally distributed vectors of users, then movies, in the order that the trainer has."""
    movies, users, k = int(movies), int(users), int(factors)
    n, random = movies + users, np.random.default_rng(1)
    shapes = {"w0": [1], "bias.weight": [n, 1], "embeddings.weight": [n, k]}
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(directory + "/model.safetensors", "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for size in (1, n) + (k,) * n:
            out.write((random.standard_normal(size, np.float32) * np.float32(0.1)).tobytes())
    with open(directory + "/features.jsonl", "w") as out:
        for index in range(n):
            feature = {"index": index, "type": "user", "value": str(index)}
            if index >= users:
                feature.update(type="movie", title="Film Number %d, The" % index, genres=["Comedy", "Drama"],
                               year=1950 + index % 70, ratings=index % 999)
            out.write(json.dumps(feature) + "\n")


def read(bundle):
    """Vectors [n, k], biases [n], and the features' fields, in index order."""
    with open(bundle + "/model.safetensors", "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        return np.frombuffer(data[8 + size + begin:8 + size + end], "<f4").reshape(header[name]["shape"])

    with open(bundle + "/features.jsonl") as lines:
        features = [json.loads(line) for line in lines]
    return tensor("embeddings.weight"), tensor("bias.weight")[:, 0], features


def documents(bundle, url, index):
    """Every document: id, fields and model_id, and vector and bias by their stored bits."""
    from elasticsearch import Elasticsearch, helpers
    vectors, biases, features = read(bundle)
    with open(bundle + "/manifest.json") as file:
        model_id = json.load(file)["model_id"]
    client = Elasticsearch(url, request_timeout=120)
    expected = {"%s_%s" % (f["type"], f["value"]): f for f in features}
    started, cpu = time.perf_counter(), time.process_time()
    seen, wrong = set(), 0
    query = {"_source": {"excludes": ["embedding"]}, "docvalue_fields": ["embedding", "bias"], "sort": ["_doc"]}
    for hit in helpers.scan(client, index=index, query=query, size=1000, preserve_order=True):
        feature = expected.get(hit["_id"])
        if feature is None or hit["_id"] in seen:
            wrong += 1
            continue
        seen.add(hit["_id"])
        at, source = feature["index"], hit["_source"]
        vector = np.asarray(hit["fields"]["embedding"], np.float32).reshape(-1)
        same = (source["feature_type"] == feature["type"] and source["value"] == feature["value"]
                and source["feature_index"] == at and source["model_id"] == model_id
                and source.get("title", "") == feature.get("title", "")
                and source.get("genres", []) == feature.get("genres", [])
                and source.get("year", 0) == feature.get("year", 0)
                and source.get("ratings", 0) == feature.get("ratings", 0)
                and hit["fields"]["bias"][0] == float(biases[at])
                and np.array_equal(vector.view(np.uint32), vectors[at].view(np.uint32)))
        wrong += not same
    wrong += len(expected) - len(seen)
    print("%.4f %.4f %d %d" % (time.perf_counter() - started, time.process_time() - cpu, len(seen), wrong))


def rank(bundle, rounds):
    """Scores by a float32 matrix-vector product, the best by argpartition."""
    vectors, biases, features = read(bundle)
    movies = np.array([f["index"] for f in features if f["type"] == "movie"])
    rows, bias = np.ascontiguousarray(vectors[movies]), np.ascontiguousarray(biases[movies])
    best = float("inf")
    for turn in range(int(rounds)):
        query = vectors[turn % len(vectors)]
        started = time.perf_counter()
        scores = rows @ query + bias
        top = np.argpartition(-scores, TOP)[:TOP]
        top = top[np.argsort(-scores[top])]
        best = min(best, time.perf_counter() - started)
    print("%.7f" % best)


if __name__ == "__main__":
    {"make": make, "documents": documents, "rank": rank}[sys.argv[1]](*sys.argv[2:])
