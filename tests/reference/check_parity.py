"""Parity once more, from scratch: NumPy in float64, plain HTTP, and nothing of the project but its files.

Reads the bundle (safetensors by hand), every document of the index, and what `recsys-bridge verify --pairs FILE` wrote;
computes query vectors, scores, bounds and verdicts anew and compares each with the bridge's. Asks the cluster itself for some
of the rankings. Prints one JSON object; ends with 1 if anything disagrees, with 0 if not, violations or no violations.

float64 is enough: products of two float32 are exact in it, and k of them add up with an error some 2^29 times smaller than
the bound.

Usage: check_parity.py BUNDLE URL ALIAS PAIRS
"""
import base64
import json
import sys
import urllib.request
from pathlib import Path

import numpy as np

U = 2.0 ** -24
PAGE = 1000
RANKINGS_ASKED = 5
SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"


# ---- the bundle ----

def read_safetensors(path):
    data = Path(path).read_bytes()
    header_length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + header_length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + header_length + offset for offset in entry["data_offsets"])
            tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors


class Model:
    def __init__(self, bundle):
        tensors = read_safetensors(Path(bundle) / "model.safetensors")
        self.vectors = tensors["embeddings.weight"]  # [n, k]
        self.bias = tensors["bias.weight"].reshape(-1)  # [n]
        lines = (Path(bundle) / "features.jsonl").read_text("utf-8").splitlines()
        features = [json.loads(line) for line in lines]
        self.names = [(feature["type"], feature["value"]) for feature in features]
        self.index = {name: i for i, name in enumerate(self.names)}
        self.movies = np.array([i for i, name in enumerate(self.names) if name[0] == "movie"])

    def query(self, profile):
        return query_of([self.vectors[self.index[tuple(name)]] for name in profile], self.vectors.shape[1])


# ---- the cluster ----

def ask(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def read_vector(value):
    """Base64 of big-endian float32, or decimals; the vector, and whether it was base64."""
    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value), ">f4").astype(np.float32), True
    return np.array(value, np.float64).astype(np.float32), False


def read_documents(url, index):
    """_id -> _source of all documents, page by page from one point in time."""
    documents = {}
    pit = ask("POST", f"{url}/{index}/_pit?keep_alive=2m")["id"]
    page = {"size": PAGE, "pit": {"id": pit, "keep_alive": "2m"}, "sort": ["_shard_doc"], "track_total_hits": False,
            "_source": {"includes": ["embedding", "bias", "feature_type", "value", "feature_index"]}}
    while True:
        hits = ask("POST", f"{url}/_search", page)["hits"]["hits"]
        if not hits:
            break
        documents.update((hit["_id"], hit["_source"]) for hit in hits)
        page["search_after"] = hits[-1]["sort"]
    ask("DELETE", f"{url}/_pit", {"id": pit})
    return documents


def document_id(model, meta, i):
    kind, value = model.names[i]
    by_index = meta["doc_ids"] == "feature-index" and kind not in ("user", "movie")
    return f"{kind}_{i if by_index else value}"


def ask_ranking(url, index, query, shift, size):
    body = {"size": size, "_source": ["value"], "sort": [{"_score": "desc"}, {"feature_index": "asc"}],
            "query": {"script_score": {
                "query": {"term": {"feature_type": "movie"}},
                "script": {"source": SCRIPT, "params": {"shift": shift, "query_vector": [float(x) for x in query]}}}}}
    return [(hit["_source"]["value"], np.float32(hit["_score"])) for hit in ask("POST", f"{url}/{index}/_search", body)["hits"]["hits"]]


# ---- documents ----

def compare_documents(model, meta, documents):
    """The ids that are missing, extra or not the bundle's; the stored vectors as far as they can be read."""
    wrong, stored, forms = [], {}, {"base64": 0, "decimals": 0}
    for i in range(len(model.names)):
        name = document_id(model, meta, i)
        source = documents.pop(name, None)
        if source is None or "embedding" not in source:
            wrong.append(name)
            continue
        vector, is_base64 = read_vector(source["embedding"])
        forms["base64" if is_base64 else "decimals"] += 1
        stored[i] = vector
        same = (vector.tobytes() == model.vectors[i].tobytes() and source.get("bias") == float(model.bias[i])
                and (source["feature_type"], source["value"], source["feature_index"]) == (*model.names[i], i))
        if not same:
            wrong.append(name)
    return sorted(wrong + list(documents)), stored, forms


# ---- scores, bounds, verdicts ----

def query_of(vectors, k):
    """The sum of [n, k] vectors; with none, which is the average person's, zero."""
    return np.sum(np.asarray(vectors, np.float64).reshape(-1, k), axis=0).astype(np.float32)


def scores_and_bounds(model, rows, query, shift):
    """S and B of the movies `rows`."""
    products = model.vectors[rows].astype(np.float64) * query.astype(np.float64)  # exact
    bias = model.bias[rows].astype(np.float64)
    k = products.shape[1]
    magnitude = np.abs(products).sum(axis=1)
    score = shift + bias + products.sum(axis=1)
    kernel = k * U / (1 - k * U) * magnitude + k * 2.0 ** -149
    additions = 2.0 ** -50 * (abs(shift) + np.abs(bias) + magnitude + kernel)
    return score, (kernel + additions) * (1 + U) + U * np.abs(score) + 2.0 ** -150


def verdict(lead, bounds):
    return "proved" if lead > bounds else "violated" if -lead > bounds else "within rounding"


def judge(model, line):
    """What the line must say, by the names it has there."""
    query = model.query(line["profile"])
    score, bound = scores_and_bounds(model, model.movies, query, line["shift"])
    at = [int(np.searchsorted(model.movies, model.index["movie", movie])) for movie in line["movies"]]
    answers = np.array(line["scores"]).astype(np.float32).astype(np.float64)
    s, b = score[at], bound[at]
    left_out = np.delete(score - bound, at)
    return {
        "exact": s, "bounds": b, "right": list(np.abs(answers - s) <= b),
        "verdicts": [verdict(s[i] - s[i + 1], b[i] + b[i + 1]) for i in range(len(at) - 1)],
        "sorted": [answers[i] > answers[i + 1] or (answers[i] == answers[i + 1] and at[i] < at[i + 1])
                   for i in range(len(at) - 1)],
        "set": bool(left_out.size == 0 or left_out.max() <= (s + b).min()),
    }


class Comparison:
    def __init__(self, model, stored):
        self.model, self.stored = model, stored
        self.found = {"profiles": 0, "scores": 0, "scores_wrong": 0, "pairs": {"proved": 0, "within rounding": 0, "violated": 0},
                      "pairs_not_sorted": 0, "queries_wrong": 0, "lists_wrong": 0, "sets_wrong": 0}
        self.disagreements = []

    def agree(self, same, line, what):
        if not same:
            self.disagreements.append(f"{what} of {line['profile']}")

    def query_is_right(self, line):
        rows = [self.model.index[tuple(name)] for name in line["profile"]]
        if any(row not in self.stored for row in rows):
            return False
        stored = query_of([self.stored[row] for row in rows], self.model.vectors.shape[1])
        return stored.tobytes() == self.model.query(line["profile"]).tobytes()

    def add(self, line):
        self.found["profiles"] += 1
        right = self.query_is_right(line)
        self.agree(right == line["query"], line, "query vector")
        if not right or not line["list"]:
            self.found["lists_wrong" if right else "queries_wrong"] += 1
            return
        judged = judge(self.model, line)
        for what in ("right", "verdicts", "sorted", "set"):
            self.agree(judged[what] == line[what], line, what)
        self.agree(np.allclose(judged["exact"], line["exact"], rtol=0, atol=1e-6 * judged["bounds"].min()), line, "exact scores")
        self.agree(np.allclose(judged["bounds"], line["bounds"], rtol=1e-9, atol=0), line, "bounds")
        self.found["scores"] += len(judged["right"])
        self.found["scores_wrong"] += judged["right"].count(False)
        self.found["pairs_not_sorted"] += judged["sorted"].count(False)
        self.found["sets_wrong"] += not judged["set"]
        for pair in judged["verdicts"]:
            self.found["pairs"][pair] += 1

    def ask_again(self, url, index, line):
        """What the bridge says that the cluster answered is what it answers."""
        query = self.model.query(line["profile"])
        answer = ask_ranking(url, index, query, line["shift"], len(line["movies"]))
        self.agree(answer == list(zip(line["movies"], np.array(line["scores"]).astype(np.float32))), line, "the cluster's answer")


def main(bundle, url, alias, pairs):
    model = Model(bundle)
    (index, mapping), = ask("GET", f"{url}/{alias}/_mapping").items()
    wrong, stored, forms = compare_documents(model, mapping["mappings"]["_meta"], read_documents(url, index))
    comparison = Comparison(model, stored)
    lines = [json.loads(line) for line in Path(pairs).read_text("utf-8").splitlines()]
    for line in lines:
        comparison.add(line)
    for line in [line for line in lines if line["list"]][:RANKINGS_ASKED]:
        comparison.ask_again(url, index, line)
    print(json.dumps({"agrees": not comparison.disagreements, **comparison.found, "vectors": forms, "documents_wrong": wrong,
                      "disagreements": comparison.disagreements[:10]}))
    return 1 if comparison.disagreements else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
