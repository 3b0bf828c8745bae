"""Models travel both ways: what one side writes the other reads, with the same predictions.

    python torch_exchange.py RECSYS_TRAINER RECSYS_BRIDGE

Prints TAP. Each direction compares predictions that both sides compute for themselves.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from fm_model import SCALE, FMModel

trainer, bridge = sys.argv[1:3]
PROFILE = {"age": "18", "gender": "M"}


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def local_ratings(bundle, size):
    """Predicted ratings by movie, from the C scorer."""
    options = [word for type, value in PROFILE.items() for word in (f"--{type}", value)]
    answer = json.loads(run(bridge, "score", str(bundle), *options, "--size", str(size), "--json"))
    return {movie["movie"]: movie["rating"] for movie in answer["movies"]}


def torch_ratings(model, features):
    """The same from PyTorch: the profile's rows and each movie's."""
    profile = [f["index"] for f in features if PROFILE.get(f["type"]) == f["value"]]
    movies = [f for f in features if f["type"] == "movie"]
    rows = torch.tensor([[*profile, movie["index"]] for movie in movies])
    with torch.no_grad():
        return dict(zip((movie["value"] for movie in movies), model(rows).tolist()))


def largest_difference(ours, theirs):
    assert ours.keys() == theirs.keys()
    return max(abs(ours[movie] - theirs[movie]) for movie in ours)


def invent_features(users, movies):
    rows = [("user", str(i + 1)) for i in range(users)]
    rows += [("movie", str(10 * i)) for i in range(movies)]
    rows += [("age", "1"), ("age", "18"), ("gender", "F"), ("gender", "M"), ("occupation", "7")]
    features = [{"index": i, "type": t, "value": v} for i, (t, v) in enumerate(rows)]
    for feature in features:
        if feature["type"] == "movie":
            feature |= {"title": f"Été {feature['value']} (1999)", "genres": ["Drama"],
                        "year": 1999, "ratings": 3}
    return features


def from_torch(folder, factors):
    """A PyTorch model, imported: the largest difference of a predicted rating."""
    torch.manual_seed(factors)
    features = invent_features(20, 33)
    model = FMModel(len(features), factors)
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(std=0.3)
    save_file(model.state_dict(), folder / "model.safetensors")
    with open(folder / "features.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(feature) + "\n" for feature in features)
    run(trainer, "import", str(folder / "model.safetensors"), str(folder / "features.jsonl"),
        str(folder / "bundle"))
    return largest_difference(local_ratings(folder / "bundle", 33), torch_ratings(model, features))


def to_torch(folder, factors):
    """A model of the C trainer, loaded in PyTorch."""
    run(trainer, "synth", str(folder / "data"), "--users", "60", "--movies", "50", "--ratings", "2000")
    run(trainer, "train", str(folder / "data"), str(folder / "bundle"), "--epochs", "3", "--plain",
        "--factors", str(factors))
    state = load_file(folder / "bundle" / "model.safetensors")
    model = FMModel(*state["embeddings.weight"].shape)
    model.load_state_dict(state)
    with open(folder / "bundle" / "features.jsonl", encoding="utf-8") as file:
        features = [json.loads(line) for line in file]
    return largest_difference(local_ratings(folder / "bundle", 50), torch_ratings(model, features))


def main():
    checks = [(from_torch, k) for k in (1, 7, 120)] + [(to_torch, k) for k in (5, 120)]
    print(f"1..{len(checks)}")
    failed = 0
    for number, (check, factors) in enumerate(checks, start=1):
        with tempfile.TemporaryDirectory() as folder:
            difference = check(Path(folder), factors)
        # PyTorch adds some hundred terms in float32 (γ of 4 (k + 1) terms, each of size below 1 here).
        bound = SCALE * 4 * (factors + 1) * 2.0**-24
        good = difference <= bound
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {check.__name__} with {factors} factors: "
              f"ratings differ by {difference:.2g}, bound {bound:.2g}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
