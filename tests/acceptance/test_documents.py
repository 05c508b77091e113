"""The documents say what the program says: every word of the program has its line, in both languages."""

import glob
import os
import re
import subprocess

import pytest

SOURCE = os.environ.get("HSMD_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENTS = [os.path.relpath(path, SOURCE) for pattern in ("*.md", "docs/**/*.md")
             for path in glob.glob(os.path.join(SOURCE, pattern), recursive=True)]
PAGES = sorted(glob.glob(os.path.join(SOURCE, "docs/man/*.[1-8]")))


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def words(table):
    """The words of one of the program's tables of names."""
    body = re.search(r"NAME_TABLE\(" + table + r",(.*?)\);", read("hsmd/common/names.c"), re.S).group(1)
    return re.findall(r'\] = "(\w+)"', body)


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("handbook", ["docs/operations.md", "docs/operations.zh-CN.md"])
@pytest.mark.parametrize("table", ["device_state_names", "pool_state_names", "service_state_names", "step_names",
                                   "reason_names"])
def test_handbook_has_a_row_for_every_word(handbook, table):
    explained = {word for row in rows(read(handbook)) for word in re.findall(r"^`(\w+)`", row[0])}
    later = {"connect", "decrypt", "encrypt", "mac", "none"} if table == "step_names" else set()
    missing = set(words(table)) - explained - later
    assert missing == set(), f"{handbook} says nothing about {sorted(missing)}"


CATALOGS = {"docs/operations.md": "systemd/hsmd.catalog", "docs/operations.zh-CN.md": "systemd/hsmd.zh_CN.catalog"}


def catalog_entries(path):
    """Message id -> (subject, text)."""
    entries = re.findall(r"(?ms)^-- ([0-9a-f]{32})\nSubject: (.*?)\nDefined-By: hsmd\nSupport: man:[\w.-]+\(\d\)\n\n"
                         r"(.*?)(?=^-- [0-9a-f]{32}$|^# |\Z)", read(path))
    assert len({entry[0] for entry in entries}) == len(entries)
    return {entry[0]: entry[1:] for entry in entries}


def message_ids():
    return [number for path in ("hsmd/journal.h", "hsmd/alarm-catalog.c")
            for number in re.findall(r'"([0-9a-f]{32})"', read(path))]


@pytest.mark.parametrize("catalog", CATALOGS.values())
def test_catalog_has_an_entry_for_every_message_id_and_none_more(catalog):
    assert list(catalog_entries(catalog)) == re.findall(r"(?m)^-- (.*)$", read(catalog)) == message_ids()


@pytest.mark.parametrize("catalog", CATALOGS.values())
def test_catalog_uses_only_fields_that_the_journal_has(catalog):
    written = set(re.findall(r'"(HSM_\w+)"', read("hsmd/journal.c")))
    assert set(re.findall(r"HSM_[A-Z_]+[A-Z]", read(catalog))) <= written


@pytest.mark.parametrize("handbook, catalog", CATALOGS.items())
def test_chapter_of_an_alarm_says_what_its_catalog_entry_says(handbook, catalog):
    def bare(text):
        return re.sub(r"[\s*]", "", text)

    chapters = dict(re.findall(r"(?ms)^### ([a-z0-9-]+)\n(.*?)(?=^### |\Z)", read(handbook)))
    compared = 0
    for subject, text in catalog_entries(catalog).values():
        alarm = re.match(r"(?:Alarm|告警) ([a-z0-9-]+)(?:: |：)(.*)", subject)
        if alarm:
            code, title = alarm.groups()
            stop = "。" if "：" in subject else "."
            said = title[0].upper() + title[1:] + stop + text
            assert bare(chapters[code]) == bare(said), f"{handbook} and {catalog} differ on {code}"
            compared += 1
    assert compared == len(chapters) > 30


@pytest.mark.parametrize("handbook", CATALOGS)
def test_handbook_explains_every_field_of_the_journal(handbook):
    written = set(re.findall(r'"(HSM_\w+)"', read("hsmd/journal.c"))) - {"HSM_"}
    explained = {word for row in rows(read(handbook)) for word in re.findall(r"`(HSM_\w+)`", row[0])}
    assert written - explained == {"HSM_DROPPED"}, "of the line that says how many were lost, in the text below"


def test_glossary_is_the_same_in_both_languages():
    tables = [[row for row in rows(read(path)[read(path).index("| English | 中文 |"):]) if len(row) == 4]
              for path in ("README.md", "README.zh-CN.md")]
    assert len(tables[0]) > 20
    assert tables[0] == tables[1]


def test_tests_that_the_failure_catalogue_names_exist():
    shown = [word for row in rows(read("docs/failures.md")) for word in re.findall(r"`([\w./-]+)`", row[-1])]
    named = [word for word in shown if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){3,}", word)]
    assert [word for word in shown if "/" in word and not os.path.exists(os.path.join(SOURCE, word))] == []
    text = "".join(read(path) for pattern in ("tests/unit/*.c", "tests/integration/**/*.py")
                   for path in glob.glob(os.path.join(SOURCE, pattern), recursive=True))
    assert named
    assert [name for name in named if not re.search(rf"\b{name}\(", text)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    directory = os.path.dirname(os.path.join(SOURCE, document))
    for target in re.findall(r"\]\(([^)#]+)", read(document)):
        if "://" not in target:
            assert os.path.exists(os.path.join(directory, target)), f"{document} links to {target}, which is not there"


def anchors(document):
    """What a heading is linked by: small letters, blanks as hyphens, without punctuation."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", read(document))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_into_a_document_find_their_heading(document):
    directory = os.path.dirname(document)
    for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", read(document)):
        target = os.path.normpath(os.path.join(directory, path)) if path else document
        assert anchor in anchors(target), f"{document} links to {target}#{anchor}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=[os.path.basename(page) for page in PAGES])
def test_man_page_formats_without_a_warning(page):
    done = subprocess.run(["man", "--warnings", "--encoding=UTF-8", "-l", page], env={**os.environ, "MANPAGER": "cat"},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "NAME" in done.stdout


def test_every_program_has_a_man_page():
    names = {os.path.basename(page) for page in PAGES}
    assert {"hsmd.8", "hsmctl.1", "hsmd.conf.5", "hsmd-probe.8", "hsmd-snmp.8"} <= names
