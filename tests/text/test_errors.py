"""The helpers of error messages."""

from skaz.errors import did_you_mean


def test_did_you_mean_names_the_nearest_or_nothing() -> None:
    assert did_you_mean("hiden", ["hidden", "layers"]) == ' Did you mean "hidden"?'
    assert did_you_mean("STORIES.TXT", ["Stories.txt"]) == ' Did you mean "Stories.txt"?'
    assert did_you_mean("tale.txt", ["tale.md"]) == ' Did you mean "tale.md"?'
    assert did_you_mean("model.nix", ["model.attention", "model.cell"], grouped=True) == ""
    known = ["model.attention", "model.dropout"]
    assert did_you_mean("model.dropuot", known, grouped=True) == ' Did you mean "model.dropout"?'
    assert did_you_mean("xyzzy", ["hidden", "layers"]) == ""
    assert did_you_mean("a", []) == ""
