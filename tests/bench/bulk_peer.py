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
import resource
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
