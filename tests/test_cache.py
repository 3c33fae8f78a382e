from pathlib import Path

from hyperface.cache import cache_folder


def test_the_setting_comes_first_then_xdg_then_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == tmp_path
    monkeypatch.delenv("HYPERFACE_CACHE")
    assert cache_folder() == Path("/somewhere/hyperface")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "hyperface"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "hyperface"
