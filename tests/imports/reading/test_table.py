"""Tables, good and bad. Everything is written to a real file and read from it."""

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from service.errors import Invalid, ServiceError, TooLarge
from service.imports.reading.found import Table
from service.imports.reading.limits import Limits
from service.imports.reading.table import read_table

Made = Callable[..., Path]
Rows = Sequence[Sequence[Any]]


def read(path: Path, encoding: str | None = None, **more: Any) -> Table:
    return read_table(path, path.name, encoding=encoding, **{"limits": Limits(), **more})


def refused(path: Path, encoding: str | None = None, **more: Any) -> ServiceError:
    with pytest.raises((Invalid, TooLarge)) as caught:
        read(path, encoding, **more)
    return caught.value


def told(found: Table) -> list[tuple[int, list[str | None]]]:
    return [(row.row, list(row.values.values())) for row in found.rows]


def defects(found: Table) -> list[tuple[int | None, str | None, str, Any]]:
    return [(each.row, each.field, each.reason, each.detail.get("cell")) for each in found.defects]


@pytest.fixture
def xlsx(tmp_path: Path) -> Made:
    """Write a workbook; `change` it before it is saved."""

    def make(rows: Rows, change: Callable[[Workbook], None] = lambda book: None) -> Path:
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        change(book)
        path = tmp_path / "members.xlsx"
        book.save(path)
        return path

    return make


@pytest.fixture
def csv(tmp_path: Path) -> Made:
    def make(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "members.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return make


@pytest.fixture
def with_shared_texts(xlsx: Made, tmp_path: Path) -> Path:
    """A workbook as spreadsheets write it: cells name their texts by number, one text is in two formats."""
    texts = "<si><t>编号</t></si><si><t>姓名</t></si><si><t>M1</t></si>"
    texts += "<si><r><t>示例</t></r><r><rPr/><t>甲</t></r><rPh sb='0' eb='1'><t>shili</t></rPh></si>"
    cells = [
        f'<c r="{place}" t="s"><v>{number}</v></c>' for number, place in enumerate(("A1", "B1", "A2", "B2"))
    ]
    rows = f'<row r="1">{cells[0]}{cells[1]}</row><row r="2">{cells[2]}{cells[3]}</row>'
    path = tmp_path / "shared.xlsx"
    with zipfile.ZipFile(xlsx([["a", "b"]])) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                data = f'<worksheet xmlns="http://x"><sheetData>{rows}</sheetData></worksheet>'
            elif name == "xl/_rels/workbook.xml.rels":
                relation = '<Relationship Id="t" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>'
                data = data.replace("</Relationships>", f"{relation}</Relationships>")
            target.writestr(name, data)
        target.writestr("xl/sharedStrings.xml", f'<sst xmlns="http://x">{texts}</sst>')
    return path


# Workbooks


def test_rows_keep_the_numbers_that_the_spreadsheet_shows(xlsx: Made) -> None:
    found = read(xlsx([["编号", "姓名"], ["M1", " 示例一 "], [], ["M2", None], [None, None]]))
    assert found.columns == ("编号", "姓名")
    assert told(found) == [(2, ["M1", "示例一"]), (4, ["M2", None])]
    assert (found.format, found.sheet, found.defects) == ("XLSX", "Sheet", ())


def test_cells_read_as_a_person_sees_them(xlsx: Made) -> None:
    def formats(book: Workbook) -> None:
        book.worksheets[0]["B2"].number_format = "000000"

    row = [
        440802001,
        42,
        "007",
        date(2027, 1, 31),
        datetime(2027, 1, 31, 8, 30),
        110.35999999999999,
        True,
        1e-7,
    ]
    found = read(xlsx([[f"c{number}" for number in range(len(row))], row], formats))
    assert told(found) == [
        (
            2,
            [
                "440802001",
                "000042",
                "007",
                "2027-01-31",
                "2027-01-31T08:30:00",
                "110.36",
                "true",
                "0.0000001",
            ],
        )
    ]


def test_long_codes_that_are_numbers_keep_fifteen_digits_and_no_more(xlsx: Made, tmp_path: Path) -> None:
    assert told(read(xlsx([["a", "b"], [440802001001, 440802001001123]]))) == [
        (2, ["440802001001", "440802001001123"])
    ]
    found = read(xlsx([["a", "b"], [440802001001001001, "x"]]))
    assert defects(found) == [(2, "a", "digits-lost", "A2")]
    assert told(found) == [(2, [None, "x"])]


def test_a_code_in_exponents_is_written_out(xlsx: Made, tmp_path: Path) -> None:
    path = xlsx([["a", "b"], [440802001001, 1]])
    changed = tmp_path / "exponents.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"440802001001", b"4.40802001001E11"))
    assert told(read(changed)) == [(2, ["440802001001", "1"])]


def test_formulas_and_errors_are_refused_cell_by_cell(xlsx: Made) -> None:
    rows = [["编号", "姓名", "分钟"], ["M1", "示例", "=1+1"], ["=A2", "#N/A", 3]]
    found = read(xlsx(rows))
    assert defects(found) == [
        (2, "分钟", "cell-formula", "C2"),
        (3, "编号", "cell-formula", "A3"),
        (3, "姓名", "cell-error", "B3"),
    ]


def test_a_formula_is_refused_in_the_names_too(xlsx: Made) -> None:
    assert defects(read(xlsx([["a", '="b"'], [1, 2]]))) == [(1, None, "cell-formula", "B1")]


def test_titles_above_the_names_are_passed_over(xlsx: Made) -> None:
    def merge(book: Workbook) -> None:
        book.worksheets[0].merge_cells("A1:C1")

    found = read(xlsx([["二〇二六年花名册"], [None, "示例区填报"], ["a", "b", "c"], [1, 2, 3]], merge))
    assert told(found) == [(4, ["1", "2", "3"])]
    assert [(note.row, note.reason) for note in found.notes] == [(1, "title-skipped"), (2, "title-skipped")]


def test_merged_cells_below_the_names_are_told(xlsx: Made) -> None:
    def merge(book: Workbook) -> None:
        book.worksheets[0].merge_cells("A2:A3")

    found = read(xlsx([["unit", "name"], ["U1", "甲"], ["U2", "乙"]], merge))
    assert told(found) == [(2, ["U1", "甲"]), (3, [None, "乙"])]
    assert [(note.reason, note.detail) for note in found.notes] == [("merged-cells", {"cells": "A2:A3"})]


def test_the_first_sheet_with_anything_is_read_or_the_one_that_is_named(xlsx: Made) -> None:
    def sheets(book: Workbook) -> None:
        for name in ("甲", "乙"):
            book.create_sheet(name).append(["a", name])
            book[name].append([1, name])

    path = xlsx([], sheets)
    assert (read(path).sheet, told(read(path))) == ("甲", [(2, ["1", "甲"])])
    assert told(read(path, sheet="乙")) == [(2, ["1", "乙"])]
    error = refused(path, sheet="丙")
    assert (error.slug, error.params["sheets"]) == ("sheet-unknown", "Sheet, 甲, 乙")


def test_tables_without_names_are_refused(xlsx: Made) -> None:
    assert refused(xlsx([])).slug == "sheet-empty"
    assert refused(xlsx([["only"], ["one"]])).slug == "header-missing"
    error = refused(xlsx([["a", "b", "a"], [1, 2, 3]]))
    assert (error.slug, error.params) == ("columns-repeated", {"columns": "a"})


def test_what_has_no_name_above_it_is_a_defect(xlsx: Made) -> None:
    found = read(xlsx([["a", None, "c"], [1, 2, 3]]))
    assert defects(found) == [(2, None, "cell-outside", "B2")]
    assert told(found) == [(2, ["1", "3"])]


def test_more_than_is_taken_is_refused(xlsx: Made) -> None:
    path = xlsx([["a", "b", "c"], *[[1, 2, "长" * 50]] * 4])
    assert refused(path, limits=Limits(rows=3)).slug == "rows-too-many"
    assert refused(path, limits=Limits(columns=2)).slug == "columns-too-many"
    assert refused(path, limits=Limits(cells=11)).slug == "cells-too-many"
    assert refused(path, limits=Limits(part_bytes=100)).slug == "archive-too-large"
    assert {each.reason for each in read(path, limits=Limits(text=49)).defects} == {"text-too-long"}


def test_texts_that_cells_name_by_number_are_put_together(with_shared_texts: Path) -> None:
    found = read(with_shared_texts)
    assert (found.columns, told(found)) == (("编号", "姓名"), [(2, ["M1", "示例甲"])])
    assert refused(with_shared_texts, limits=Limits(shared_text_bytes=100)).slug == "archive-too-large"


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]
)
def test_entities_are_refused_in_every_part(with_shared_texts: Path, tmp_path: Path, part: str) -> None:
    path = tmp_path / "entities.xlsx"
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    with zipfile.ZipFile(with_shared_texts) as source, zipfile.ZipFile(path, "w") as target:
        assert part in source.namelist()
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                declaration, mark, rest = data.rpartition(b"?>")
                data = declaration + mark + bomb + rest
            target.writestr(name, data)
    assert refused(path).slug == "file-entities"


def test_other_workbooks_are_refused_with_a_sentence(tmp_path: Path, xlsx: Made) -> None:
    macros = xlsx([["a", "b"], [1, 2]])
    with zipfile.ZipFile(macros, "a") as target:
        target.writestr("xl/vbaProject.bin", b"x")
    assert refused(macros).slug == "file-macros"
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refused(old).slug == "file-old-excel"
    document = tmp_path / "text.docx"
    with zipfile.ZipFile(document, "w") as target:
        target.writestr("[Content_Types].xml", "<Types/>")
        target.writestr("word/document.xml", "<x/>")
    assert refused(document).params["found"] == "Office Open XML"
    broken = xlsx([["a", "b"], [1, 2]])
    with zipfile.ZipFile(broken) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(broken, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data[: len(data) // 2] if name == "xl/worksheets/sheet1.xml" else data)
    assert refused(broken).slug == "file-broken"


# CSV


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters_are_found(csv: Made, mark: str) -> None:
    found = read(csv(f'编号{mark}"姓,名;\t"\nM1{mark}"甲{mark}""乙"""\r\n\r\nM2{mark}\n'))
    assert found.columns == ("编号", "姓,名;")
    assert told(found) == [(2, ["M1", f'甲{mark}"乙"']), (4, ["M2", None])]
    assert (found.format, found.encoding_used, found.defects) == ("CSV", "UTF-8", ())


def test_encodings_are_named_or_utf_8(csv: Made) -> None:
    text = "编号,姓名\nM1,示例甲\n"
    for codec, named, used in (
        ("utf-8-sig", None, "UTF-8"),
        ("gbk", "GB2312", "GBK"),
        ("gb18030", "gb18030", "GB18030"),
        ("utf-16", None, "UTF-16"),
    ):
        found = read(csv(text, codec), named)
        assert (told(found), found.encoding_used) == ([(2, ["M1", "示例甲"])], used)
    error = refused(csv(text, "gbk"))
    assert error.slug == "file-encoding-unknown"
    assert "编号,姓名" in error.params["gbk"]
    error = refused(csv("code,name\nM1,\nM2,甲\n"), "gbk")
    assert (error.slug, error.params["row"]) == ("file-encoding-wrong", 3)


def test_ragged_rows_are_named(csv: Made) -> None:
    found = read(csv("a,b,c\n1,2\n1,2,3,\n1,2,3,4\n"))
    assert defects(found) == [(2, None, "row-short", None), (4, None, "cell-outside", "D4")]


def test_rows_count_a_text_of_several_lines_as_one(csv: Made) -> None:
    assert told(read(csv('a,b\n1,"x\ny"\n2,z\n'))) == [(2, ["1", "x\ny"]), (3, ["2", "z"])]


def test_quotes_that_do_not_close_are_named_with_their_row(csv: Made) -> None:
    error = refused(csv('a,b\n1,"x\ny"\n2,"z\n3,w\n'))
    assert (error.slug, error.params["row"], error.params["line"]) == ("csv-quotes", 3, 4)
    assert refused(csv('a,b\n1,"x"y\n')).params["row"] == 2
    assert refused(csv('a,b\n1,"' + "x" * 200_000)).slug == "csv-quotes"


def test_nul_is_refused_with_its_line(csv: Made) -> None:
    error = refused(csv("a,b\n1,2\n3,\x00\n"))
    assert (error.slug, error.params) == ("file-nul", {"line": 3})


def test_shapes_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    assert refused(path).params["found"] == "GeoJSON"
