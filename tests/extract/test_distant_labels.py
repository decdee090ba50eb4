"""Labels out of declarations, and what a reader fitted on them adds to an offer."""

from __future__ import annotations

from kgspark.extract.trained import attribute_model, distant_labels, named
from kgspark.extract.trained.benchmark_files import Item
from kgspark.extract.values.lexicon_learning import learn
from kgspark.extract.values.listings import Listing
from kgspark.extract.values.reader import read

PATH = ("Clothes", "Shirts")


def _shirt(title: str, colour: str, description: str = "") -> Listing:
    return Listing(title, PATH, {"colour": colour}, None, description)


def test_what_is_a_label_and_what_is_not() -> None:
    listings = [
        _shirt("Acme SKY  Blue shirt", "sky blue"),
        _shirt("Acme shirt", "red", "of red cotton"),
        _shirt("Acme plain shirt", "red"),  # nothing of the kind in the text: none
        _shirt("Acme sky blue shirt", "red"),  # another colour in the text: no label
        Listing("Acme red shirt", PATH, {}),  # declares nothing: no label
        Listing("Red lamp", ("Home",), {"power": "5 W"}),  # too few of its category to know what matters there
    ]
    lexicon = learn([*listings, _shirt("x", "sky blue")], 2)
    assert distant_labels.items(listings, lexicon) == [
        Item(("Acme SKY  Blue shirt", ""), "shirts", {"colour": frozenset({"sky blue"})}),
        Item(("Acme shirt", "of red cotton"), "shirts", {"colour": frozenset({"red"})}),
        Item(("Acme plain shirt", ""), "shirts", {"colour": frozenset()}),
    ]


def test_a_reader_finds_values_that_no_lexicon_knows() -> None:
    colours = ("red", "blue", "green", "black", "white", "pink")
    listings = [_shirt(f"Acme shirt in {colours[n % 6]}, cotton", colours[n % 6]) for n in range(60)]
    listings += [_shirt("Acme shirt, cotton", "red") for _ in range(12)]
    lexicon = learn(listings, 2)
    model = attribute_model.fit(distant_labels.items(listings, lexicon), tagger=False)
    texts = ["Acme shirt in mauve, cotton", ""]
    found = [read(text, PATH, {}, lexicon) for text in texts]
    assert found == [[], []]
    # What is read already is not asked for; offers asked together keep their answers.
    known = [read("Acme shirt in red", PATH, {}, lexicon), []]
    offers = [named.Unread(["Acme shirt in red", ""], PATH, known), named.Unread(texts, PATH, found)]
    [[none, neither], [[reading], nothing]] = named.read(model, offers, lexicon)
    assert (reading.attribute, reading.value, reading.extractor) == ("colour", "mauve", "reader")
    assert texts[0][reading.begin : reading.end] == "mauve"
    assert nothing == []
    assert [none, neither] == [[], []]
