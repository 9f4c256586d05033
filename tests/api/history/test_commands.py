"""``mission-kg releases --diff``, ``backup`` and ``restore``, as a person runs them."""

import json


def test_what_changed_in_words(command):
    code, out, _ = command("releases", "--diff", "previous", "latest")
    assert code == 0
    assert "1 initiative removed" in out
    assert "removed    Initiative 1 (initiative)" in out
    assert 'changed    Target 0 (target): target value "all of it" -> "half of <it>"' in out
    assert "Not reviewed -> Curator-checked" in out


def test_what_changed_as_json(command):
    code, out, _ = command("releases", "--diff", "20260101", "20260501", "--json", "--limit", "0")
    data = json.loads(out)
    assert code == 0
    assert data["lists"]["claims"]["total"] == len(data["lists"]["claims"]["items"])
    assert data["claims"]["corrected"] == 1


def test_a_list_is_cut_and_says_so(command):
    _, out, said = command("releases", "--diff", "20260101", "latest", "--limit", "2")
    assert out.count("\n  added ") + out.count("\n  removed ") <= 4
    assert "more claims; --limit 0 gives all" in said


def test_wrong_names(command):
    code, _, said = command("releases", "--diff", "2026", "latest")
    assert code == 1
    assert "no release '2026'" in said
    code, _, said = command("releases", "--diff", "latest", "previous")
    assert code == 1
    assert "--diff 20260301" in said


def test_a_home_goes_to_another_place(command, past, tmp_path):
    file = tmp_path / "home.zip"
    code, out, _ = command("backup", str(file))
    assert code == 0
    assert "3 releases" in out
    code, _, said = command("backup", str(file))
    assert code == 1
    assert "there already" in said
    there = tmp_path / "there"
    code, out, _ = command("restore", str(file), home=there)
    assert code == 0
    _, here, _ = command("releases", "--json")
    _, moved, _ = command("releases", "--json", home=there)
    strip = [{**each, "path": ""} for each in json.loads(here)]
    assert strip == [{**each, "path": ""} for each in json.loads(moved)]
    code, _, said = command("restore", str(file), home=there)
    assert code == 1
    assert "is there already" in said


def test_a_damaged_backup(command, tmp_path):
    file = tmp_path / "home.zip"
    command("backup", str(file), "--newest")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    code, _, said = command("restore", str(file), home=tmp_path / "there")
    assert code == 1
    assert "releases/20260501" in said
    assert "nothing was changed" in said
    assert "Traceback" not in said
    assert not (tmp_path / "there").exists()
