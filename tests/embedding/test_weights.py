"""Weights that are missing or were tampered with are refused, with a way to mend it."""

import os
import shutil
from pathlib import Path

import pytest

from insights.embedding.minilm import weights
from insights.embedding.minilm.embedder import OnnxMiniLM
from insights.embedding.minilm.weights import WeightsError, WeightsFolder, find_weights, verify


@pytest.fixture
def copy(tmp_path: Path) -> WeightsFolder:
    installed = find_weights()
    shutil.copyfile(installed.model, tmp_path / "model.safetensors")
    shutil.copyfile(installed.tokenizer, tmp_path / "tokenizer.json")
    return WeightsFolder(tmp_path)


def change_one_byte(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 1]))


def test_the_installed_weights_are_the_genuine_ones() -> None:
    assert weights.weights_problem() is None


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_one_changed_byte_is_refused(copy: WeightsFolder, name: str) -> None:
    change_one_byte(copy.path / name)
    with pytest.raises(WeightsError) as refusal:
        verify(copy)
    message = str(refusal.value)
    assert str(copy.path / name) in message
    assert weights.SHA256[name] in message
    assert "make setup" in message


def test_a_file_that_changes_after_it_was_verified_is_refused(copy: WeightsFolder) -> None:
    verify(copy)
    change_one_byte(copy.tokenizer)
    with pytest.raises(WeightsError, match="not the genuine one"):
        verify(copy)


def test_the_embedder_refuses_changed_weights(copy: WeightsFolder) -> None:
    change_one_byte(copy.model)
    with pytest.raises(WeightsError, match="not the genuine one"):
        OnnxMiniLM(weights=copy).embed(["a"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.safetensors cannot be read.*make setup"):
        verify(WeightsFolder(tmp_path))


def test_a_missing_package_is_a_problem_that_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_of_weights")
    problem = weights.weights_problem()
    assert problem is not None
    assert "no_such_package_of_weights" in problem
    assert "make setup" in problem
