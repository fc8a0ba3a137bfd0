"""Stars and keywords: packets that XMP readers understand, and nothing lost of what was there."""

import xml.etree.ElementTree as ET

import pytest

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.ratings import DEFAULT_STARS, Marks, Xmp, XmpForm, count_stars, parse_stars
from lychee_rerank.export.xmp import build_packet, merge_packet
from lychee_rerank.records import StarsByHand
from tests.finished import finish

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP = "{http://ns.adobe.com/xap/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LR = "{http://ns.adobe.com/lightroom/1.0/}"

EARLIER = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="camera">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:1" xmlns:xap="http://ns.adobe.com/xap/1.0/" xmlns:GCamera="http://ns.google/x/"
    xap:Rating="1" xap:CreatorTool="Tool &amp; &quot;Co&quot;" GCamera:MotionPhoto="1" GCamera:Note="a&#10;b">
   <xap:Rating>2</xap:Rating><!-- kept -->
   <dc:subject xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Bag><rdf:li>旅行</rdf:li></rdf:Bag></dc:subject>
   <dc:title xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Alt><rdf:li xml:lang="x-default">A &lt; B&#13;
C</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def ratings(packet: bytes) -> list[str]:
    """Every xmp:Rating in the packet, attribute or element."""
    root = ET.fromstring(packet)
    found = [node.attrib[f"{XMP}Rating"] for node in root.iter() if f"{XMP}Rating" in node.attrib]
    return found + [node.text or "" for node in root.iter(f"{XMP}Rating")]


def texts(packet: bytes, tag: str) -> list[str | None]:
    """The entries of an array."""
    return [entry.text for holder in ET.fromstring(packet).iter(tag) for entry in holder.iter(f"{RDF}li")]


@pytest.mark.parametrize(
    ("score", "stars"),
    [(0.0, 0), (1.9, 0), (2.0, 1), (4.0, 2), (5.9, 2), (6.0, 3), (8.0, 4), (8.99, 4), (9.0, 5), (10.0, 5)],
)
def test_scores_become_stars_and_never_a_rejection(score: float, stars: int) -> None:
    assert count_stars(score) == stars


def test_the_lines_between_stars_can_be_set() -> None:
    assert parse_stars("2,4,6,8,9") == parse_stars("2，4、6, 8，9") == DEFAULT_STARS
    assert count_stars(5.0, parse_stars("1, 2, 3, 4, 5")) == 5
    assert parse_stars("0,1,2,3,10") == (0, 1, 2, 3, 10)
    for wrong in ("", "1,2,3", "1,2,3,4,x", "5,4,3,2,1", "1,1,2,3,4", "-1,2,3,4,5", "1,2,3,4,11", "nan,2,3,4,5"):
        with pytest.raises(ValueError, match=r".*"):
            parse_stars(wrong)


def test_the_query_is_written_only_where_it_is_wanted() -> None:
    (photo,) = finish([8.51234]).ranked
    assert Xmp(XmpForm.EMBEDDED).marks_of(photo, StarsByHand()) == Marks(4)
    marks = Xmp(XmpForm.EMBEDDED, "  沙发 +\n灯泡 ").marks_of(photo, StarsByHand())
    assert marks == Marks(4, ("沙发 + 灯泡", "score 8.51234"))


def test_a_new_packet_holds_the_rating_and_nothing_else() -> None:
    packet = build_packet(Marks(4))
    assert ratings(packet) == ["4"]
    assert b"subject" not in packet.lower()


def test_keywords_are_flat_and_in_a_place_of_their_own() -> None:
    packet = build_packet(Marks(0, ("a | b & <c>", "score 1.5")))
    assert ratings(packet) == ["0"]
    assert texts(packet, f"{DC}subject") == ["a | b & <c>", "score 1.5"]
    assert texts(packet, f"{LR}hierarchicalSubject") == ["lychee|a / b & <c>", "lychee|score 1.5"]


def test_each_element_of_a_new_packet_has_a_line_of_its_own() -> None:
    lines = build_packet(Marks(1, ("a", "b"))).decode().splitlines()
    assert all(line.count("<") <= 2 for line in lines)  # an entry ends on its line
    assert sum("<rdf:li" in line for line in lines) == 4


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert texts(build_packet(Marks(1, ("a\x00\x1b\ud800\ufffeb",))), f"{DC}subject") == ["a\ufffd\ufffd\ufffd\ufffdb"]


def test_merging_replaces_the_rating_adds_keywords_and_keeps_the_rest() -> None:
    packet = merge_packet(EARLIER, Marks(5, ("sofa", "旅行")))
    assert ratings(packet) == ["5"]
    assert texts(packet, f"{DC}subject") == ["旅行", "sofa"]
    assert texts(packet, f"{LR}hierarchicalSubject") == ["lychee|sofa", "lychee|旅行"]
    assert texts(packet, f"{DC}title") == ["A < B\r\nC"]
    root = ET.fromstring(packet)
    first, second = root.iter(f"{RDF}Description")
    assert first.attrib == {
        f"{RDF}about": "uuid:1",
        f"{XMP}CreatorTool": 'Tool & "Co"',
        "{http://ns.google/x/}MotionPhoto": "1",
        "{http://ns.google/x/}Note": "a\nb",
    }
    assert second.attrib[f"{RDF}about"] == "uuid:1"
    assert root.attrib == {"{adobe:ns:meta/}xmptk": "camera"}
    for kept in (b"<!-- kept -->", b"GCamera:MotionPhoto=", b"xap:CreatorTool="):  # read by prefix in some programs
        assert kept in packet


def test_merging_twice_is_merging_once() -> None:
    marks = Marks(3, ("sofa",))
    once = merge_packet(EARLIER, marks)
    twice = merge_packet(once, marks)
    assert ratings(twice) == ratings(once) == ["3"]
    for tag in (f"{DC}subject", f"{LR}hierarchicalSubject", f"{DC}title"):
        assert texts(twice, tag) == texts(once, tag) != []


def test_a_packet_with_room_in_it_keeps_its_length() -> None:
    roomy = EARLIER.replace(b"\n<?xpacket end", b" " * 2000 + b"\n<?xpacket end")
    assert len(merge_packet(roomy, Marks(5))) == len(roomy)
    assert merge_packet(roomy, Marks(5)).endswith(b'<?xpacket end="w"?>')


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x>&b;</x></rdf:RDF>"""


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\xff\xfe",
        b"no XML",
        b"<a/>",
        b"<a><b></a>",
        b"<a:b/>",
        EARLIER[:-200],
        BOMB,
        BOMB.replace(b"&b;", b""),
        EARLIER.replace(b"<rdf:Bag>", b"").replace(b"</rdf:Bag>", b""),
        b"<a>" * 20_000 + b"</a>" * 20_000,
    ],
    ids=range(11),
)
def test_what_is_no_xmp_or_declares_entities_is_refused(packet: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        merge_packet(packet, Marks(5, ("sofa",)))
