"""`hsmctl keys`: the matrix, and confirming what was only seen."""

import json
import os
import re
import subprocess

import pytest
from ctl_stub import BIN, environment, hsmctl
from ctl_terminal import Terminal, columns

KEYS_ZH = """\
密钥一致性核对表  省市场监督管理局密码机集群 (bureau)

密钥           bureau-1 bureau-2 bureau-3 bureau-4 bureau-5 bureau-6 bureau-7
1 hsmd-probe   可用     可用     不一致   可用     使用失败 缺失     ?
2 licence-sign 仅存在   仅存在   仅存在   仅存在   仅存在   仅存在   仅存在

1 hsmd-probe  同名而不一致
    密钥        RSA，拨测时签名并验签
    公钥摘要    1f0a9c2277b1d4e8，登记自 hsmd.conf
    bureau-3    不一致 77c2e05b1a9f64d3
    bureau-5    使用失败 1f0a9c2277b1d4e8：签名用登记的公钥验证不通过
    bureau-6    缺失
    bureau-7    状态未知
2 licence-sign  各台一致
    密钥        RSA，业务密钥，只查是否存在，不使用
    公钥摘要    2b9d71e045aa83c6，公钥按首次所见登记，待确认
确认按首次所见登记的公钥：hsmctl keys confirm bureau
"""

KEYS_EN = """\
Key matrix  省政务服务网密码机集群 (portal)

KEY             portal-1  portal-2
1 hsmd-probe    usable    FAILING
2 licence-sign  present   present

1 hsmd-probe  fails on some members
    key         RSA, signs in checks
    fingerprint 1f0a9c2277b1d4e8, on record from hsmd.conf
    portal-2    FAILING: a call returned an error
2 licence-sign  identical on all members
    key         RSA, business key, looked for, not used
    fingerprint 2b9d71e045aa83c6, first sight, to be confirmed
To confirm what was taken at first sight: hsmctl keys confirm portal
"""

PRINT_2 = "2b9d71e045aa83c6 f1d20e7795b84c3a e6610fd8237c9b55 10ee42a7d8f3c614"


def screen(result):
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.fixture
def mixed(stub):
    """A key in every state."""
    stub.command("key", "bureau-3", 1, "mismatch", "key_mismatch")
    stub.command("key", "bureau-5", 1, "failing", "wrong_signature")
    stub.command("key", "bureau-6", 1, "missing", "key_missing")
    stub.command("key", "bureau-7", 1, "unknown", "none")
    stub.command("pool_key", "bureau", 1, "different", "configured")
    stub.command("key", "portal-2", 1, "failing", "call_failed")
    stub.command("pool_key", "portal", 1, "failing", "configured")
    return stub


@pytest.mark.parametrize("lang, pool, expected", [("zh", "bureau", KEYS_ZH), ("en", "portal", KEYS_EN)])
def test_matrix_shows_every_key_on_every_member_and_who_differs(mixed, run, lang, pool, expected):
    assert screen(run("keys", pool, lang=lang)) == expected


def test_without_a_pool_all_are_shown_in_their_order(run):
    text = screen(run("keys"))
    assert text.index("(bureau)") < text.index("(portal)") and text.count("Key matrix") == 2


@pytest.mark.parametrize("width", [40, 60, 79, 80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_members_wrap_into_blocks_and_no_line_is_wider_than_the_screen(mixed, run, width, lang):
    for more in ([], ["-v"]):
        text = screen(run("keys", "bureau", *more, lang=lang, columns=width))
        for line in text.splitlines():
            assert columns(line) <= width, line
        heads = [line for line in text.splitlines() if line.startswith(("KEY ", "密钥 "))]
        assert sum(len(re.findall("bureau-", line)) for line in heads) == 7, "each member stands in one block"
        assert len(heads) == (1 if width >= 79 else 2 if width == 60 else 4)


def test_nothing_is_cut_off_where_there_is_no_terminal(stub):
    text = subprocess.run([BIN / "hsmctl", "--socket", stub.path, "--lang", "en", "keys"], env=environment(),
                          capture_output=True, encoding="utf-8", check=True).stdout
    assert "~" not in text and "2 licence-sign  present   present" in text


def test_members_that_differ_with_nothing_on_record_are_all_shown(stub, run):
    stub.command("key", "portal-2", 1, "mismatch", "none")
    stub.command("key", "portal-2", 1, "usable", "none")  # another public key, and nobody knows whose is right
    stub.command("pool_key", "portal", 1, "different", "none")
    text = screen(run("keys", "portal"))
    assert "nothing on record to compare with" in text
    assert "portal-1    usable 1f0a9c2277b1d4e8\n" in text and "portal-2    usable 77c2e05b1a9f64d3\n" in text


def test_certificates_are_told_when_they_end_soon_and_all_when_asked(stub, run):
    stub.command("certificate", "bureau-2", 2, 12)
    stub.command("certificate", "bureau-4", 2, -3)
    stub.command("certificate", "bureau-6", 2, 400)
    text = screen(run("keys", "bureau"))
    assert re.search(r"bureau-2    its certificate expires on 20\d\d-\d\d-\d\d, in 12 days\n", text)
    assert re.search(r"bureau-4    its certificate expired on 20\d\d-\d\d-\d\d\n", text)
    assert "bureau-6    its" not in text
    assert "in 400 days" in screen(run("keys", "bureau", "-v"))
    assert "还有 12 天" in screen(run("keys", "bureau", lang="zh"))


def test_verbose_shows_whole_fingerprints_and_uses(run):
    text = screen(run("keys", "portal", "-v", columns=100))
    assert PRINT_2 in text
    assert "portal-1    used 1232 times, 2 failed, last 0s ago in 1.2 ms; CKM_SHA256_RSA_PKCS" in text


def test_cells_are_coloured_on_a_terminal(mixed):
    terminal = Terminal("--socket", str(mixed.path), "keys", "bureau")
    try:
        assert terminal.wait_for_end() == 0
        assert b"\x1b[1;31mMISSING" in terminal.raw and b"\x1b[32musable" in terminal.raw
    finally:
        terminal.close()


@pytest.mark.parametrize("form", ["short", "pretty"])
def test_json_has_every_row_of_the_matrix(mixed, run, form):
    matrix = json.loads(screen(run("keys", f"--json={form}")))
    assert list(matrix) == ["pools", "devices", "keys", "pool_keys"]
    assert len(matrix["keys"]) == 18 and len(matrix["pool_keys"]) == 4
    assert matrix["pool_keys"][0] == {
        "pool": 1, "number": 1, "label": "hsmd-probe", "type": "rsa", "exercise": "sign", "business": False,
        "state": "different", "origin": "configured",
        "fingerprint": "1f0a9c2277b1d4e86a5530c9e2f41b7d8c03a69e5f12d7b04488e1c6035a7f90", "members": 7,
        "members_usable": 7, "members_unknown": 0}
    other = next(k for k in matrix["keys"] if (k["device"], k["number"]) == (3, 1))
    assert (other["state"], other["reason"], other["mechanism"]) == ("mismatch", "key_mismatch", "CKM_SHA256_RSA_PKCS")
    missing = next(k for k in matrix["keys"] if (k["device"], k["number"]) == (6, 1))
    assert missing["state"] == "missing" and "fingerprint" not in missing


def confirm(stub, *arguments, answer=None, lang="en"):
    return subprocess.run([BIN / "hsmctl", "--socket", stub.path, "--lang", lang, "--by", "li", "keys", "confirm", *arguments],
                          input=answer, capture_output=True, encoding="utf-8", env=environment(), check=False, timeout=60)


@pytest.mark.parametrize("arguments, asked", [([], "pool= key=0"), (["bureau"], "pool=bureau key=0"),
                                              (["portal", "2"], "pool=portal key=2")])
def test_confirm_shows_whole_fingerprints_asks_and_then_tells_hsmd(stub, arguments, asked):
    result = confirm(stub, *arguments, answer="y\n")
    stub.expect(f"confirm {asked} by=li")
    assert result.returncode == 0 and PRINT_2 in result.stdout and "record of the key's generation" in result.stdout
    assert result.stdout.endswith("2 keys confirmed\n")
    assert "hsmd-probe" not in result.stdout, "what is on record already needs no word"


@pytest.mark.parametrize("answer", ["", "n\n", "\n", "yesterday\n"])
def test_anything_but_yes_confirms_nothing(stub, answer):
    result = confirm(stub, answer=answer)
    assert result.returncode == 3 and "nothing was confirmed" in result.stderr
    stub.command("fleet", "ok")  # had it been asked, this would read that line first


def test_confirm_without_asking(stub):
    result = confirm(stub, "--yes", lang="zh", answer="")
    stub.expect("confirm pool= key=0 by=li")
    assert result.returncode == 0 and "已确认 2 把密钥的公钥" in result.stdout and "[y/N]" not in result.stdout


def test_confirm_warns_when_not_all_machines_hold_that_key(stub):
    stub.command("pool_key", "bureau", 2, "different", "unconfirmed")
    assert "Not all machines hold this key" in confirm(stub, "bureau", answer="n\n").stdout


def test_nothing_waits_to_be_confirmed(stub):
    for pool in ("bureau", "portal"):
        stub.command("pool_key", pool, 2, "identical", "confirmed")
    result = confirm(stub, answer="")
    assert result.returncode == 0 and "no key waits" in result.stdout


def test_confirm_may_be_refused(stub, run):
    result = run("keys", "confirm", "--yes", "--by", "refuse")
    stub.expect("confirm pool= key=0 by=refuse")
    assert result.returncode == 3 and "that would be wrong; right is something else" in result.stderr


@pytest.mark.parametrize("arguments, code, said", [
    (["nowhere"], 2, "bureau portal"), (["confirm", "nowhere"], 2, "bureau portal"),
    (["confirm", "bureau", "9"], 2, "there are: 1 2"), (["confirm", "bureau", "x"], 1, "\"x\""),
    (["confirm", "bureau", "+1"], 1, ""), (["confirm", "bureau", "0"], 1, ""), (["confirm", "bureau", "2x"], 1, ""),
    (["bureau", "1"], 1, "hsmctl keys [POOL]"), (["confirm", "bureau", "1", "2"], 1, "hsmctl")])
def test_wrong_words_are_refused_with_what_would_be_right(stub, run, arguments, code, said):
    for lang in ("en", "zh"):
        result = run("keys", *arguments, lang=lang)
        assert result.returncode == code and result.stdout == "" and result.stderr.startswith("hsmctl")
    assert said in run("keys", *arguments).stderr
    stub.command("fleet", "ok")  # nothing was asked of hsmd


def test_a_hostile_label_drives_no_terminal(stub, run):
    stub.command("hostile", "bureau-7")
    for arguments in (["keys"], ["keys", "-v"]):
        text = screen(run(*arguments))
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or ord(c) in (0x7f, 0x202e)]
        assert "evil" in text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_members_of_the_group_see_the_matrix_and_confirm_nothing(stubs):
    stub = stubs(group="nogroup")
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    assert hsmctl(stub.path, "keys", by=nobody).returncode == 0
    assert hsmctl(stub.path, "keys", "confirm", "--yes", by=nobody).returncode == 6
    stub.command("fleet", "ok")
