"""XMP packets: a new one with a photo's marks, or the marks added to one that is there; knows no picture format.

Source: Adobe, XMP Specification, part 1 (ISO 16684-1). What is there stays as it is written, but for ratings, which all
get the new stars. What comes new is written an element a line: darktable 4.2 finds keywords of photo.xmp in no other
form.
"""

import re
from collections.abc import Sequence
from xml.dom import DOMException, minidom
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.ratings import PERCENT, ROOT_KEYWORD, Marks

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"

# The ratings that programs read, and what they hold for 0 to 5 stars. Windows writes its namespace with a slash at the
# end, exiftool without; ACDSee and digiKam write the last.
_RATINGS = (
    ("xmp", XMP, "Rating", range(6)),
    ("MicrosoftPhoto", "http://ns.microsoft.com/photo/1.0/", "Rating", PERCENT),
    ("MicrosoftPhoto1", "http://ns.microsoft.com/photo/1.0", "Rating", PERCENT),
    ("acdsee", "http://ns.acdsee.com/iptc/1.0/", "rating", range(6)),
)
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n<rdf:RDF xmlns:rdf="{RDF}">\n</rdf:RDF>\n</x:xmpmeta>'
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2

Element = minidom.Element


def build_packet(marks: Marks) -> bytes:
    """A packet with the marks alone, as in a sidecar."""
    return merge_packet(_EMPTY.encode(), marks)


def merge_packet(packet: bytes, marks: Marks) -> bytes:
    """The packet with the rating set and the keywords added, padded to its old length where that is not less.

    Raises MetadataUnreadable where it is no XMP, or declares a document type: nothing in it is ever expanded.
    """
    try:
        rdf, root = _parse(packet)
        _add_marks(rdf, marks)
        text = _write(root)
        ElementTree.fromstring(text)  # stricter than minidom: a "}" in a namespace
    except (ExpatError, ElementTree.ParseError, DOMException, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MetadataUnreadable(f"no XMP: {error}") from error
    begin, end = (_BEGIN + text).encode(), _END.encode()
    return begin + b" " * (len(packet) - len(begin) - len(end)) + end


def _parse(packet: bytes) -> tuple[Element, Element]:
    """The rdf:RDF of a packet, and the element around everything."""
    text = packet.strip(b"\0").decode("utf-8-sig").strip()
    if "<!DOCTYPE" in text:
        raise MetadataUnreadable("no XMP: it declares a document type")
    root = _parse_element(text)
    found = [root] if (root.namespaceURI, root.localName) == (RDF, "RDF") else root.getElementsByTagNameNS(RDF, "RDF")
    if len(found) != 1:
        raise MetadataUnreadable(f"no XMP: {len(found)} rdf:RDF in it")
    return found[0], root


def _parse_element(xml: str) -> Element:
    root = minidom.parseString(xml.encode()).documentElement
    assert root is not None  # expat has refused a document without one
    return root


def _add_marks(rdf: Element, marks: Marks) -> None:
    """Takes every rating out, and adds the marks in a description of their own, with prefixes of their own."""
    descriptions = _elements(rdf, RDF, "Description")
    about = next((_about(one) for one in descriptions), "")
    ratings = _take_ratings(descriptions, marks.stars)
    paths = tuple(f"{ROOT_KEYWORD}|{keyword.replace('|', '/')}" for keyword in marks.keywords)
    arrays = "".join(
        f'<{name} xmlns:{prefix}="{space}">\n<rdf:Bag>\n</rdf:Bag>\n</{name}>\n'
        for name, prefix, space, tag in (
            ("dc:subject", "dc", DC, "subject"),
            ("lr:hierarchicalSubject", "lr", LIGHTROOM, "hierarchicalSubject"),
        )
        if marks.keywords and not any(_elements(one, space, tag) for one in descriptions)
    )
    names = f'xmlns:rdf="{RDF}" rdf:about={quoteattr(about)}'
    _append(rdf, f"<rdf:Description {names}{ratings}>\n{arrays}</rdf:Description>")
    _add_to_array(rdf, DC, "subject", marks.keywords)
    _add_to_array(rdf, LIGHTROOM, "hierarchicalSubject", paths)


def _add_to_array(rdf: Element, space: str, tag: str, texts: tuple[str, ...]) -> None:
    """Adds the texts that the array lacks."""
    if not texts:
        return
    properties = [found for one in _elements(rdf, RDF, "Description") for found in _elements(one, space, tag)]
    arrays = [array for found in properties for kind in ("Bag", "Seq", "Alt") for array in _elements(found, RDF, kind)]
    if len(arrays) != 1:
        raise MetadataUnreadable(f"no XMP: {tag} is no array")
    there = {_text_of(entry) for entry in _elements(arrays[0], RDF, "li")}
    for text in dict.fromkeys(_NO_XML.sub("\ufffd", text) for text in texts):
        if text not in there:
            _append(arrays[0], f'<rdf:li xmlns:rdf="{RDF}">{escape(text)}</rdf:li>')


def _about(description: Element) -> str:
    """What the packet is about: the same in each of its descriptions, and mostly empty."""
    return description.getAttributeNS(RDF, "about") or description.getAttribute("about")


def _take_ratings(descriptions: Sequence[Element], stars: int) -> str:
    """The attributes for xmp:Rating and every other rating that is there, from where it is taken out."""
    return "".join(
        f' xmlns:{prefix}="{space}" {prefix}:{tag}="{values[stars]}"'
        for prefix, space, tag, values in _RATINGS
        if _drop_rating(descriptions, space, tag) or space == XMP
    )


def _drop_rating(descriptions: Sequence[Element], space: str, tag: str) -> bool:
    """Takes the rating out of each; True where one had it."""
    holders = [one for one in descriptions if one.hasAttributeNS(space, tag)]
    for one in holders:
        one.removeAttributeNS(space, tag)
    elements = [(one, rating) for one in descriptions for rating in _elements(one, space, tag)]
    for one, rating in elements:
        one.removeChild(rating)
    return bool(holders or elements)


def _elements(parent: Element, space: str, tag: str) -> list[Element]:
    """The elements of that name right below."""
    return [
        node
        for node in parent.childNodes
        if isinstance(node, Element) and (node.namespaceURI, node.localName) == (space, tag)
    ]


def _append(parent: Element, xml: str) -> None:
    parent.appendChild(_parse_element(xml))
    parent.appendChild(minidom.Document().createTextNode("\n"))


def _text_of(node: minidom.Node) -> str:
    return "".join(child.data for child in node.childNodes if isinstance(child, minidom.Text))


def _write(node: minidom.Node) -> str:
    """The node as XML; minidom's own writer of Python 3.11 loses line breaks in attributes."""
    if isinstance(node, minidom.Text):  # CDATA too
        return escape(node.data, {"\r": "&#13;"})
    if not isinstance(node, Element):
        return node.toxml()
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    return f"<{node.tagName}{attributes}>{''.join(map(_write, node.childNodes))}</{node.tagName}>"
