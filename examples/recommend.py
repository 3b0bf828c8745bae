#!/usr/bin/env python3
"""Recommends movies from a release of recsys-loader, with elasticsearch-py (8.12 or newer, and no newer than the server).

Usage: recommend.py [--url URL] [--alias ALIAS] [--size N] [--save FOLDER] TYPE=VALUE…

  recommend.py age=18 gender=M
  recommend.py user=42 --save . && recsys-bridge check-query search.json --answer answer.json

ES_URL, ES_API_KEY and ES_CA_CERT in the environment say where the cluster is, who asks, and what to trust.
"""
import argparse
import base64
import json
import math
import os
import pathlib
import re
import struct
import sys

try:
    from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError
except ImportError:
    sys.exit("recommend.py: elasticsearch-py 8.12 or newer is not installed: pip install 'elasticsearch>=8.12,<9'")

# Exit codes, the ones of the programs of recsys-es; 0 is done.
USAGE, DATA, UNREACHABLE, REFUSED, INCONCLUSIVE = 1, 2, 3, 4, 7
SCRIPT = "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"


def fail(code, message):
    print("recommend.py:", re.sub("//[^/]*@", "//", message), file=sys.stderr)  # without the password of a URL
    sys.exit(code)


def parse_profile(features):
    """["age=18", "gender=M"] is {"age": "18", "gender": "M"}."""
    profile = {}
    for feature in features:
        kind, _, value = feature.partition("=")
        if not kind or not value:
            fail(USAGE, f"{feature}: TYPE=VALUE is expected, such as age=18")
        if kind == "movie":
            fail(USAGE, f"{feature}: movies are what is recommended, not whom for")
        if kind in profile:
            fail(USAGE, f"{kind} is given twice, as {profile[kind]} and as {value}: which one?")
        profile[kind] = value
    return profile or fail(USAGE, "for whom? such as: recommend.py age=18 gender=M")


def document_id(meta, kind, value):
    """age=18 is age_18; in a release with --doc-ids feature-index, metadata goes by the number in `_meta`."""
    if kind == "user":
        return f"{kind}_{value}"
    known = meta["features"].get(kind, {})
    if value not in known:
        numbers = all(re.fullmatch("[0-9]+", other) for other in known)
        listed = ", ".join(sorted(known, key=int if numbers else None)) or "none"
        fail(USAGE, f"there is no {kind} {value} in this release; known: {listed}")
    return f"{kind}_{known[value] if meta['doc_ids'] == 'feature-index' else value}"


def vector(stored):
    """A vector comes back as it was sent: numbers, or big-endian float32 in base64. As float32 in either case."""
    data = base64.b64decode(stored) if isinstance(stored, str) else struct.pack(f">{len(stored)}f", *stored)
    return struct.unpack(f">{len(data) // 4}f", data)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def search_body(meta, query, size):
    # No score may be below zero. <query, movie> is at least -|query| |movie| (Cauchy-Schwarz); a little more for rounding.
    shift = 1.001 * math.sqrt(dot(query, query)) * meta["max_movie_norm"] + 1e-6 - meta["min_movie_bias"]
    return {
        "size": size,
        "track_total_hits": False,
        "_source": ["title"],
        "sort": [{"_score": "desc"}, {"feature_index": "asc"}],
        "query": {"script_score": {
            "query": {"bool": {"filter": [{"term": {"feature_type": "movie"}}]}},
            "script": {"source": SCRIPT, "params": {"shift": max(0.0, shift), "query_vector": query}},
        }},
    }


def attempt(es, alias, profile, size):
    """The body of the search, its answer and a predicted rating for each hit; None if the release changed meanwhile."""
    index, mapping = next(iter(es.indices.get_mapping(index=alias).body.items()))
    meta = mapping["mappings"].get("_meta", {})
    if "model_id" not in meta:
        fail(REFUSED, f"{index} is no release of recsys-loader")

    # 1. What the model knows of the person, from the alias.
    ids = [document_id(meta, kind, value) for kind, value in profile.items()]
    documents = es.mget(index=alias, ids=ids, realtime=False, source_includes=["embedding", "bias", "model_id"])["docs"]
    if any(document["_index"] != index or "error" in document for document in documents):
        return None
    for document, (kind, value) in zip(documents, profile.items()):
        if not document["found"]:
            fail(USAGE, f"there is no {kind} {value} in release {index}")
    sources = [document["_source"] for document in documents]
    if any(source["model_id"] != meta["model_id"] for source in sources):
        return None

    # Added in double, rounded to float32 once.
    vectors = [vector(source["embedding"]) for source in sources]
    query = list(vector([sum(column) for column in zip(*vectors)]))

    # 2. The movies, from the very index that these vectors are of.
    body = search_body(meta, query, size)
    try:
        answer = es.search(index=index, body=body, allow_partial_search_results=False).body
    except NotFoundError:
        return None

    # What is the same for every movie: w0, the biases, and the dot products of the profile's features with each other.
    offset = meta["w0"] + sum(source["bias"] for source in sources) + (dot(query, query) - sum(dot(v, v) for v in vectors)) / 2
    shift = body["query"]["script_score"]["script"]["params"]["shift"]
    ratings = [meta["scale"] / (1 + math.exp(shift - hit["_score"] - offset)) for hit in answer["hits"]["hits"]]
    return body, answer, ratings


def ask(given):
    """The first attempt during which the release did not change."""
    profile = parse_profile(given.features)
    trust = {"ca_certs": os.environ["ES_CA_CERT"]} if "ES_CA_CERT" in os.environ and given.url.startswith("https:") else {}
    try:
        es = Elasticsearch(given.url, api_key=os.environ.get("ES_API_KEY"), **trust)
        attempts = (attempt(es, given.alias, profile, int(given.size)) for _ in range(5))
        found = next((result for result in attempts if result), None)
    except NotFoundError:
        fail(REFUSED, f"nothing is released as {given.alias} at {given.url}")
    except ApiError as error:
        code = UNREACHABLE if error.status_code in (502, 503, 504) else REFUSED
        fail(code, f"{given.url} answers with {error.status_code}: {error}")
    except TransportError as error:
        fail(UNREACHABLE, f"{given.url} cannot be reached: {error.message}")
    except (OSError, ValueError) as error:
        fail(USAGE, f"{given.url}: {error}")
    return found or fail(INCONCLUSIVE, "the release changed five times while it was read; try again")


class Options(argparse.ArgumentParser):
    def error(self, message):
        fail(USAGE, message)


def main():
    usage = Options(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    usage.add_argument("--url", default=os.environ.get("ES_URL", "http://127.0.0.1:9200"))
    usage.add_argument("--alias", default="recsys")
    usage.add_argument("--size", default="10")
    usage.add_argument("--save", type=pathlib.Path, help="folder to write search.json and answer.json to")
    usage.add_argument("features", nargs="*", metavar="TYPE=VALUE")
    given = usage.parse_intermixed_args()
    if not re.fullmatch("[1-9][0-9]{0,4}", given.size) or int(given.size) > 10000:
        fail(USAGE, "--size must be 1 to 10000")

    body, answer, ratings = ask(given)
    try:
        if given.save:
            (given.save / "search.json").write_text(json.dumps(body))
            (given.save / "answer.json").write_text(json.dumps(answer))
    except OSError as error:
        fail(DATA, f"{error.filename}: {error.strerror}")
    for rating, hit in zip(ratings, answer["hits"]["hits"]):
        print(f"{rating:.2f}  {hit['_source']['title']}")


if __name__ == "__main__":
    main()
