"""The forecaster as a user meets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score

from skaz.errors import BundleError
from skaz.estimators import Forecaster, load

STEPS = np.arange(150)
WAVE = 0.1 * STEPS + 2 * np.sin(2 * np.pi * STEPS / 12)
QUICK = {"max_iter": 30, "hidden_size": 8, "random_state": 0}


def months(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2010-01-01", periods=len(values), freq="MS"), name="sales")


def test_a_trend_with_a_season_goes_on() -> None:
    fitted = Forecaster(12, season=12, **QUICK).fit(WAVE[:-12])
    naive = np.abs(WAVE[-24:-12] - WAVE[-12:]).mean()
    assert np.abs(fitted.predict() - WAVE[-12:]).mean() < 0.3 * naive
    assert fitted.predict(steps=40).shape == (40,)  # further, by its own forecasts
    np.testing.assert_array_equal(fitted.predict(steps=40)[:12], fitted.predict())


def test_the_time_axis_goes_on_and_tells_the_season() -> None:
    fitted = Forecaster(3, calibrate=False, **QUICK).fit(months(WAVE))
    forecast = fitted.predict()
    assert forecast.name == "sales"
    assert list(forecast.index) == list(pd.date_range("2022-07-01", periods=3, freq="MS"))
    assert fitted._windowing.season == 12
    periods = Forecaster(2, calibrate=False, **QUICK).fit(
        pd.Series(WAVE, pd.period_range("1870", periods=150, freq="Y"))
    )
    assert [str(each) for each in periods.predict().index] == ["2020", "2021"]


def test_clocks_keep_their_zone(tmp_path: Path) -> None:
    hours = pd.date_range("2026-03-24", periods=120, freq="h", tz="Europe/Berlin")
    fitted = Forecaster(24, calibrate=False, **QUICK).fit(pd.Series(WAVE[:120], hours))
    fitted.save(tmp_path / "model")
    forecast = load(tmp_path / "model").predict()
    expected = pd.date_range(hours[-1], periods=25, freq="h")[1:]  # over the night when the clocks change
    assert list(forecast.index) == list(expected)
    assert str(forecast.index.tz) == "Europe/Berlin"


def test_many_variables_keep_their_names() -> None:
    frame = pd.DataFrame({"a": WAVE, "b": 5 - WAVE})
    forecast = Forecaster(4, season=12, **QUICK).fit(frame).predict()
    assert list(forecast.columns) == ["a", "b"]
    assert list(forecast.index) == [150, 151, 152, 153]
    np.testing.assert_allclose(forecast["a"] + forecast["b"], 5, atol=1)


def test_exogenous_columns_tell_what_the_past_can_t() -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (200, 1)).astype(float)
    y = 3 * X[:, 0] + 0.1 * rng.normal(size=200)
    fitted = Forecaster(5, window=4, **{**QUICK, "max_iter": 100}).fit(X[:-5], y[:-5])
    assert np.abs(fitted.predict(X[-5:]) - y[-5:]).mean() < 0.5
    assert np.abs(fitted.predict(1 - X[-5:]) - y[-5:]).mean() > 2
    with pytest.raises(ValueError, match="give X, a row for each next step"):
        fitted.predict()
    with pytest.raises(ValueError, match="has 2 features, but Forecaster is expecting 1"):
        fitted.predict(np.zeros((5, 2)))


def test_intervals_hold_about_their_share() -> None:
    """Noise around a season: what comes is in the intervals as often as they say."""
    rng = np.random.default_rng(1)
    series = 3 * np.sin(2 * np.pi * np.arange(900) / 12) + rng.normal(size=900)
    fitted = Forecaster(6, season=12, intervals=(0.8, 0.5), **QUICK).fit(series[:400])
    inside = {0.5: [], 0.8: []}
    for start in range(400, 894, 6):
        came = series[start : start + 6]
        for coverage, held in inside.items():
            low, high = fitted.predict_interval(coverage=coverage)
            assert (low <= high).all()
            held.append(((low <= came) & (came <= high)).mean())
        fitted.partial_fit(came)
    assert np.mean(inside[0.8]) == pytest.approx(0.8, abs=0.08)
    assert np.mean(inside[0.5]) == pytest.approx(0.5, abs=0.12)


def test_a_partial_fit_goes_on_behind_the_series() -> None:
    fitted = Forecaster(3, season=12, calibrate=False, **QUICK).partial_fit(months(WAVE[:120]))  # the first is a fit
    losses = fitted.loss_curve_
    fitted.partial_fit(months(WAVE)[120:126])
    assert fitted.loss_curve_ == losses
    assert fitted.predict().index[0] == pd.Timestamp("2020-07-01")
    assert np.abs(fitted.predict() - WAVE[126:129]).mean() < 1
    with pytest.raises(ValueError, match="finite numbers"):
        fitted.partial_fit([np.nan])


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (months(WAVE)[123:126], "2020-01-01 .* was expected, and 2020-04-01 .* came; fill what is missing"),
        (months(WAVE)[119:122], "2020-01-01 .* was expected, and 2019-12-01 .* came; .* leave out what"),
        (months(WAVE)[120:126:2], "2020-02-01 .* was expected, and 2020-03-01 .* came"),
        (months(WAVE)[120:122].tz_localize("UTC"), r"2020-01-01 00:00:00\+00:00 came"),
        (months(WAVE)[120:122].to_period(), "2020-01 came"),
    ],
)
def test_what_came_after_begins_where_the_series_ended(later, message) -> None:
    make = Forecaster(1, calibrate=False, **QUICK)
    alone = clone(make).fit(months(WAVE[:120]))
    with pytest.raises(ValueError, match=message):
        alone.partial_fit(later)
    beside = make.fit(months(WAVE[:120]).to_frame(), WAVE[:120])
    with pytest.raises(ValueError, match=message):
        beside.partial_fit(later.to_frame(), np.zeros(len(later)))


def test_what_came_after_need_not_tell_its_time() -> None:
    fitted = Forecaster(1, calibrate=False, **QUICK).fit(months(WAVE[:120]))
    for later in (months(WAVE)[120:122], months(WAVE)[122:123], WAVE[123:125], [1.0], pd.Series([1.0, 2.0])):
        fitted.partial_fit(later)
    assert fitted.predict().index[0] == pd.Timestamp("2020-09-01")


def test_numbers_of_steps_go_on_too() -> None:
    years = pd.Series(WAVE[:40], index=list(range(1980, 2020)))
    fitted = Forecaster(2, calibrate=False, **QUICK).fit(years)
    assert list(fitted.predict().index) == [2020, 2021]
    with pytest.raises(ValueError, match="2020 was expected, and 2025 came"):
        fitted.partial_fit(pd.Series([1.0, 2.0], index=[2025, 2026]))
    fitted.partial_fit(pd.Series([1.0, 2.0], index=[2020, 2021])).partial_fit(pd.Series([3.0]))
    assert list(fitted.predict().index) == [2023, 2024]
    chosen = Forecaster(2, calibrate=False, **QUICK).fit(years.sample(frac=1, random_state=0).reset_index(drop=True))
    assert list(chosen.predict().index) == [40, 41]
    uneven = Forecaster(2, calibrate=False, **QUICK).fit(years.iloc[np.arange(30) ** 2 % 40])  # rows' numbers, no steps
    assert list(uneven.partial_fit(pd.Series([1.0], index=[2077])).predict().index) == [31, 32]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([*range(1950, 1970), *range(1971, 2010)], r"1969 is followed by 1971; .*reindex\(range\(1950, 2010\)\)"),
        ([*range(1896, 1916, 4), *range(1920, 2000, 4)], r"1912 is followed by 1920; .*range\(1896, 1997, 4\)\)"),
    ],
)
def test_a_gap_in_whole_numbers_is_named(numbers, message) -> None:
    series = pd.Series(WAVE[: len(numbers)], index=numbers)
    forecaster = Forecaster(2, calibrate=False, **QUICK)
    with pytest.raises(ValueError, match=message):
        forecaster.fit(series)
    forecaster.fit(series.reindex(range(numbers[0], numbers[-1] + 1, numbers[1] - numbers[0])).interpolate())
    assert forecaster.predict().index[0] == 2 * numbers[-1] - numbers[-2]
    forecaster.fit(series.reset_index(drop=True))


@pytest.mark.parametrize("chosen", [np.arange(80) ** 2, [5, 3, *range(10, 60)], [0, *range(50)]])
def test_labels_of_rows_that_are_no_steps_are_counted(chosen) -> None:
    fitted = Forecaster(2, calibrate=False, **QUICK).fit(pd.Series(WAVE[: len(chosen)], index=chosen))
    assert list(fitted.predict().index) == [len(chosen), len(chosen) + 1]


def test_what_came_after_has_the_variables_of_the_series() -> None:
    frame = pd.DataFrame({"a": 100 + WAVE, "b": WAVE})
    fitted = Forecaster(2, calibrate=False, **QUICK).fit(frame[:60])
    with pytest.raises(
        ValueError, match=r"has the variables \['b', 'a'\], and the series has \['a', 'b'\]; give these"
    ):
        fitted.partial_fit(frame[["b", "a"]][60:80])
    fitted.partial_fit(frame[["a", "b"]][60:80]).partial_fit(frame.to_numpy()[80:90])
    beside = Forecaster(2, calibrate=False, **QUICK).fit(WAVE[:60, None], frame[:60])
    with pytest.raises(ValueError, match=r"has the variables \['b', 'a'\]"):
        beside.partial_fit(WAVE[60:80, None], frame[["b", "a"]][60:80])
    with pytest.raises(ValueError, match=r"has the variables \['other'\], and the series has \['sales'\]"):
        Forecaster(2, calibrate=False, **QUICK).fit(months(WAVE)[:60]).partial_fit(months(WAVE)[60:].rename("other"))


def test_names_come_back_as_they_were(tmp_path: Path) -> None:
    for series, names in [
        (pd.DataFrame(np.column_stack([WAVE, WAVE])), [0, 1]),
        (pd.DataFrame(np.column_stack([WAVE, WAVE]), columns=[("a", 1), ("b", np.int64(2))]), [("a", 1), ("b", 2)]),
        (pd.Series(WAVE, name=7).to_frame(), [7]),
    ]:
        fitted = Forecaster(2, calibrate=False, **QUICK).fit(series)
        fitted.save(tmp_path / "model")
        for each in (fitted, load(tmp_path / "model")):
            assert each.predict().columns.to_list() == names
    fitted = Forecaster(2, calibrate=False, **QUICK).fit(pd.Series(WAVE, name=7))
    fitted.save(tmp_path / "model")
    assert load(tmp_path / "model").predict().name == fitted.predict().name == 7


def test_a_list_takes_the_time_axis_of_its_columns() -> None:
    X = months(WAVE).to_frame()
    fitted = Forecaster(2, calibrate=False, **QUICK).fit(X, WAVE.tolist())
    assert fitted._windowing.season == 12
    coming = X[:2].set_axis(pd.date_range("2022-07-01", periods=2, freq="MS"))
    assert fitted.predict(coming).index[0] == pd.Timestamp("2022-07-01")
    numbered = Forecaster(2, calibrate=False, **QUICK).fit(X, pd.Series(WAVE))  # numbers of rows are no axis
    assert numbered.predict(coming).index[0] == pd.Timestamp("2022-07-01")


def test_columns_are_of_the_steps_of_the_series() -> None:
    X, y = months(WAVE).to_frame(), months(WAVE)
    make = Forecaster(2, calibrate=False, **QUICK)
    with pytest.raises(ValueError, match=r"X has 2010-01-01 .* where y has 2011-01-01 .*; .* X.reindex\(y.index\)"):
        make.fit(X[:100], y[12:112])
    fitted = make.fit(X[:100], y[:100])
    with pytest.raises(ValueError, match=r"2018-05-01 .* was expected, and 2010-01-01 .* came; give X of the steps"):
        fitted.predict(X[:2])
    with pytest.raises(ValueError, match=r"2018-06-01 .* was expected, and 2018-07-01 .* came"):
        fitted.plot_forecast(X=X[100:104:2])
    with pytest.raises(ValueError, match=r"2018-05-01 .* was expected, and 2018-06-01 .* came"):
        fitted.partial_fit(X[101:103], y[100:102])
    without_times = X[100:102].reset_index(drop=True)
    pd.testing.assert_series_equal(fitted.predict(without_times), fitted.predict(X[100:102]))


@pytest.mark.parametrize(
    ("step", "zone", "message", "mended"),
    [
        (pd.DateOffset(months=1), None, "step, <DateOffset: months=1>, .*M'", lambda series: series.to_period("M")),
        (pd.offsets.CustomBusinessDay(holidays=["2020-05-01"]), None, "step, C, .*to_numpy", pd.Series.to_numpy),
        ("h", "dateutil/Europe/Berlin", "zone, .*tz_convert", lambda series: series.tz_convert("Europe/Berlin")),
    ],
)
def test_an_axis_that_could_not_go_on_is_refused_before_the_fit(step, zone, message, mended) -> None:
    series = pd.Series(WAVE[:40], pd.date_range("2020-01-15", periods=40, freq=step, tz=zone))
    forecaster = Forecaster(2, calibrate=False, **QUICK)
    with pytest.raises(ValueError, match=message):
        forecaster.fit(series)
    assert len(forecaster.fit(mended(series)).predict()) == 2


@pytest.mark.parametrize(
    "dates",
    [
        months(WAVE).index.strftime("%Y-%m-%d"),
        pd.Index(months(WAVE).index.strftime("%m/%d/%Y"), dtype=object),
        pd.Index(months(WAVE).index.date),
        pd.Index(months(WAVE).index.to_pydatetime(), dtype=object),
    ],
)
def test_dates_that_are_no_times_are_refused_and_not_lost(dates) -> None:
    make = Forecaster(2, calibrate=False, **QUICK)
    series = pd.Series(WAVE, index=dates)
    with pytest.raises(ValueError, match=r"dates as plain (texts|objects), .*: .*pd.to_datetime\(series.index\)"):
        make.fit(series)
    with pytest.raises(ValueError, match="dates as plain"):
        clone(make).fit(series.to_frame(), months(WAVE))
    series.index = pd.to_datetime(series.index)
    fitted = make.fit(series[:100])
    assert fitted.predict().index[0] == series.index[100]
    with pytest.raises(ValueError, match="dates as plain"):
        fitted.partial_fit(pd.Series(WAVE[100:102], dates[100:102]))


@pytest.mark.parametrize(
    "index",
    [
        [f"row {number}" for number in range(150)],
        [f"t{number}" for number in range(1, 151)],  # pandas takes these for times of the day
        range(150),
        list(STEPS.astype(str)),
    ],
)
def test_an_index_that_is_no_date_is_rows(index) -> None:
    assert list(Forecaster(2, calibrate=False, **QUICK).fit(pd.Series(WAVE, index)).predict().index) == [150, 151]


def test_what_is_constant_but_for_rounding_is_not_blown_up() -> None:
    beside = Forecaster(2, calibrate=False, **QUICK).fit(np.full((60, 1), 0.1), 10 * np.sin(np.arange(60) / 3))
    assert np.abs(beside.predict(np.full((2, 1), 0.11))).max() < 100
    constant = Forecaster(2, calibrate=False, **QUICK).fit(np.full(60, 0.1))
    assert np.abs(constant.partial_fit(np.full(20, 0.2)).predict()).max() < 10
    nearly = np.where(STEPS % 2, 0.3, 0.1 + 0.2)
    assert (Forecaster(2, calibrate=False, **QUICK).fit(nearly)._windowing.read_scale == 1).all()


def test_a_series_too_short_to_calibrate_with_windows_held_out_is_fitted_without() -> None:
    walk = np.random.default_rng(0).normal(size=70)
    fitted = Forecaster(10, window=45, early_stopping=True, **QUICK).fit(walk)
    assert fitted._trust == 1.0
    assert not fitted._margins.any()


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    fitted = Forecaster(3, **QUICK).fit(months(WAVE))
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    pd.testing.assert_series_equal(again.predict(), fitted.predict())
    pd.testing.assert_series_equal(again.predict_interval()[0], fitted.predict_interval()[0])
    with pytest.raises(BundleError):
        load(tmp_path)


@pytest.mark.parametrize(
    ("series", "change", "message"),
    [
        (WAVE[:10], {"horizon": 12}, "horizon=12 is longer than the series allows: it has 10 steps and needs 14"),
        (WAVE[:30], {"window": 29}, "window=29 must be 1 at least, to hold a season, and 28 at most"),
        (WAVE, {"season": 12, "window": 6}, "window=6 must be 13 at least"),
        (
            WAVE[:60],
            {"horizon": 6, "season": 1000},
            "season=1000 .* 60 steps, .* horizon=6 needs 1008 at least",
        ),
        (
            WAVE[:60],
            {"horizon": 6, "season": 53},
            "needs 61 at least; give a shorter season, or season=None",
        ),
        (WAVE, {"calibrate": "no"}, "calibrate must be True or False"),
        (months(WAVE).drop(pd.Timestamp("2011-03-01")), {}, "irregular: 2011-02-01 .* is followed by 2011-04-01"),
        (months(WAVE).sample(frac=1, random_state=0), {}, "irregular"),
        (
            months(WAVE).rename_axis("month").reset_index(),
            {},
            r"'month' holds times: make it the index, with set_index",
        ),
        (months(WAVE)[::-1], {}, "runs backwards in time; sort it"),
        (
            months(WAVE).to_period().drop(pd.Period("2011-03", "M")),
            {},
            r"2011-02 is followed by 2011-04; .*reindex\(pd.period_range\(first, last, freq='M'\)",
        ),
        (months(WAVE).to_period().sample(frac=1, random_state=0), {}, r"irregular: .*sort_index\(\)"),
        (months(WAVE).to_period()[::-1], {}, "runs backwards in time; sort it"),
        (np.where(STEPS == 5, np.nan, WAVE), {}, r"contains NaN .* row 5 .*: fill what is missing, .*interpolate\(\)"),
        (np.array(["a"] * 30), {}, "X has texts in column 0, 'a' say"),
        (WAVE[:1], {}, "minimum of 2 is required"),
        (WAVE, {"intervals": (1.0,)}, "each of intervals must be a number"),
        (WAVE, {"intervals": 0.8}, r"intervals must be a sequence of shares, not 0.8; write \(0.8,\)"),
        (WAVE, {"horizon": 0}, "horizon must be a whole number"),
    ],
)
def test_series_that_can_t_be(series, change, message) -> None:
    with pytest.raises(ValueError, match=message):
        clone(Forecaster(**QUICK)).set_params(**change).fit(series)


def test_periods_are_mended_as_the_error_says() -> None:
    broken = months(WAVE).to_period().drop(pd.Period("2011-03", "M")).sample(frac=1, random_state=0).sort_index()
    first, last = broken.index[0], broken.index[-1]
    mended = broken.reindex(pd.period_range(first, last, freq="M")).interpolate()
    assert str(Forecaster(1, calibrate=False, **QUICK).fit(mended).predict().index[0]) == "2022-07"


def test_requests_that_can_t_be() -> None:
    fitted = Forecaster(3, calibrate=False, **QUICK).fit(WAVE)
    with pytest.raises(ValueError, match=r"is none of intervals=\(0.8,\); fit with it"):
        fitted.predict_interval(coverage=0.9)
    for method in (fitted.predict, fitted.predict_interval):
        with pytest.raises(ValueError, match="without exogenous columns: leave X out"):
            method(np.zeros((3, 1)))
    with pytest.raises(ValueError, match=r"X is the number 0.8, .*: call predict_interval\(coverage=0.8\)"):
        fitted.predict_interval(0.8)
    with pytest.raises(ValueError, match=r"X is the number 5, .*: call predict\(steps=5\)"):
        fitted.predict(5)
    with pytest.raises(ValueError, match="steps must be a whole number"):
        fitted.predict(steps=0)


def test_the_anchor_is_a_trend_with_a_season() -> None:
    """Of a series that is nothing else, it is what comes, also beyond a season."""
    from skaz.estimators.series import Windowing, cut

    series = np.column_stack([WAVE, 3 - 2 * WAVE])
    windowing = Windowing.of(series, np.zeros((150, 0)), window=37, horizon=30, season=12)
    history, future = cut(series, 37, 30)
    np.testing.assert_allclose(windowing.anchor(history), future, atol=1e-9)
    np.testing.assert_allclose(windowing.decode(history, windowing.encode(history, future)[..., None])[..., 0], future)


def test_the_network_is_trusted_as_far_as_it_helps() -> None:
    """Of a random walk nothing is better than its last step; of a wave without a season told the network knows more."""
    walk = np.cumsum(np.random.default_rng(3).normal(size=300))
    assert Forecaster(3, **QUICK).fit(walk)._trust < 0.5
    assert Forecaster(3, **QUICK).fit(np.sin(np.arange(300) / 3))._trust == 1.0


def test_the_score_takes_what_came_alone() -> None:
    fitted = Forecaster(6, calibrate=False, **QUICK).fit(months(WAVE)[:100])
    later = months(WAVE)[100:110]
    assert fitted.score(later) == pytest.approx(r2_score(later, fitted.predict(steps=10)))
    assert fitted.score(None, later[:6]) == pytest.approx(fitted.score(later[:6]))
    with pytest.raises(ValueError, match="give what came behind the series of the fit"):
        fitted.score(months(WAVE)[:10])
    beside = Forecaster(2, calibrate=False, **QUICK).fit(WAVE[:60, None], WAVE[:60])
    with pytest.raises(ValueError, match=r"exogenous columns: call score\(X, y\)"):
        beside.score(WAVE[60:62])
