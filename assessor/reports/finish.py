"""The last touches on a PDF/A-3a that make it PDF/UA-1 as well; works on the objects before they are written."""

import zlib
from collections.abc import Iterator
from typing import Any

import pydyf

UA_DESCRIPTION = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>\
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about=""><pdfaExtension:schemas><rdf:Bag>\
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Indicates the part of the PDF/UA standard</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""

# U+2060, word joiner: nothing is read, and no word is broken.
PART_OF_A_LETTER = b"<2060>"
# Two per cent larger than the highest, in a third of its time.
PACKING = 6


def finish(document: Any, pdf: Any) -> None:
    """Finish `pdf` (a `pydyf.PDF`) of `document` (a `weasyprint.Document`); called by WeasyPrint."""
    _scope_headers(document)
    _set_margins_apart(pdf)
    _describe_links(pdf)
    _map_every_glyph(pdf)
    _state_conformance(pdf)
    _attach_once(pdf)
    _pack(pdf)


def _resolve(pdf: Any, reference: Any) -> Any:
    return pdf.objects[int(bytes(reference).split()[0])]


def _boxes(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        # An absolutely placed box stands behind a placeholder.
        yield from _boxes(getattr(child, "_box", child))


def _scope_headers(document: Any) -> None:
    """Say of every header cell whether it heads a column or a row."""
    for page in document.pages:
        for box in _boxes(page._page_box):
            mark = getattr(box, "mark", None)
            if mark is not None and box.element_tag == "th":
                mark["A"]["Scope"] = "/Row" if box.element.get("scope") == "row" else "/Column"


def _set_margins_apart(pdf: Any) -> None:
    """Mark running headers and footers as pagination artifacts: they are no part of the text."""
    root = _resolve(pdf, pdf.catalog["StructTreeRoot"])
    told = {bytes(root.reference)}
    waiting = list(root["K"])
    while waiting:
        reference = waiting.pop()
        if isinstance(reference, int) or bytes(reference) in told:
            continue
        told.add(bytes(reference))
        kids = _resolve(pdf, reference).get("K", ())
        waiting += [kid for kid in kids if not isinstance(kid, int)]
    numbers = _resolve(pdf, root["ParentTree"])["Nums"]
    for page_number, page_reference in enumerate(pdf.page_references):
        elements = numbers[page_number * 2 + 1]
        apart = {mcid for mcid, element in enumerate(elements) if bytes(element) not in told}
        if apart:
            stream = _resolve(pdf, _resolve(pdf, page_reference)["Contents"])
            _mark_artifacts(stream.stream, apart)
            for mcid in apart:
                elements[mcid] = "null"
    for item in pdf.objects:
        is_element = isinstance(item, pydyf.Dictionary) and item.get("Type") == "/StructElem"
        if is_element and bytes(item.reference) not in told:
            # Emptied and not freed: pydyf counts the places of objects past freed ones, and readers that go by the
            # place (pdf.js, in browsers) would find another object there.
            item.clear()


def _mark_artifacts(operations: list[Any], apart: set[int]) -> None:
    for index, operation in enumerate(operations):
        if isinstance(operation, dict) and operation.get("MCID") in apart and operations[index + 1] == b"BDC":
            operations[index - 1] = "/Artifact"
            operations[index] = pydyf.Dictionary({"Type": "/Pagination"})


def _describe_links(pdf: Any) -> None:
    """Give links that lead within the report a description, as PDF/UA asks."""
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Subtype") == "/Link" and "Contents" not in item:
            item["Contents"] = pydyf.String("Go to this place in the report")


def _map_every_glyph(pdf: Any) -> None:
    """Say of glyphs that are parts of a letter (a dot, a vowel) that they read as nothing: an empty mapping is none."""
    for item in pdf.objects:
        if isinstance(item, dict) and "ToUnicode" in item:
            stream = _resolve(pdf, item["ToUnicode"])
            stream.stream = [line[:-2] + PART_OF_A_LETTER if line.endswith(b" <>") else line for line in stream.stream]


def _state_conformance(pdf: Any) -> None:
    """State PDF/UA-1 beside PDF/A-3a, in metadata that can be read without unpacking."""
    metadata = _resolve(pdf, pdf.catalog["Metadata"])
    metadata.compress = False
    metadata.stream = [part.replace(b"</rdf:RDF>", UA_DESCRIPTION + b"</rdf:RDF>") for part in metadata.stream]


def _attach_once(pdf: Any) -> None:
    """Name every attached file once among the associated files."""
    attached = pdf.catalog.get("AF")
    if attached is not None:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(bytes(one) for one in attached))


def _pack(pdf: Any) -> None:
    """Pack every stream once: pydyf packs anew whenever it is asked for the bytes, for the id and for the file."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.compress:
            item.stream = [zlib.compress(_content(item), PACKING)]
            item.extra["Filter"] = "/FlateDecode"
            item.compress = False


def _content(stream: Any) -> bytes:
    """Return what is in a stream, as pydyf writes it."""
    written: bytes = pydyf.Stream(stream.stream).data
    return written[written.index(b"stream\n") + len(b"stream\n") : -len(b"\nendstream")]
