"""The examples of docs/how-to/scripts_and_agents.md, run from top to bottom."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "scripts_and_agents.md"
MARK = "<!-- run by tests/ui/api/test_examples.py, against a server -->\n```python"


def test_the_examples_run(api_url, tmp_path, monkeypatch, capsys):
    text = PAGE.read_text(encoding="utf-8")
    codes = re.findall(re.escape(MARK) + r"[^\n]*\n(.*?)```", text, re.DOTALL)
    assert len(codes) == text.count("```python") == 5
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in codes:
        exec(compile(code.replace("http://127.0.0.1:7860", api_url), PAGE.name, "exec"), names)
    names["client"].close()
    printed = capsys.readouterr().out
    assert re.search(r"pack-\S+: done\nfrom \d+° to \d+° between", printed)
    assert re.search(r"^100 % ", printed, re.MULTILINE)
    assert "done 40 identities" in printed
    assert re.search(r"^identity 0 at \d+°$", printed, re.MULTILINE)
    assert re.search(r"^\d+\.\d % \(0\.\d+ to 0\.\d+\)$", printed, re.MULTILINE)
    assert len(list(tmp_path.glob("person-0-*.png"))) == 2
