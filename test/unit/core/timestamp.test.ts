/** What pandas makes of odd moments, as pandas 2.3 does: asked of it once, in a table. */
import { type PyValue, PyFloat, readFunctionText, simulate } from "@graphcell/core";

const TEXT = `{"engine": "sync", "steps": {"d": {"kind": "task",
  "class_name": "mlrun.feature_store.steps.DateExtractor",
  "class_args": {"parts": ["day", "hour", "is_leap_year"], "timestamp_col": "x"}, "after": []}}}`;

async function dated(x: PyValue): Promise<unknown> {
  const body = new Map<PyValue, PyValue>([["x", x]]);
  const { records } = await simulate(readFunctionText(TEXT).graph, [{ body }], {});
  const [{ out, error }] = records;
  return error ? [error.class, error.message] : out.map((output) => output.text);
}

test.each<[PyValue]>([[null], ["nat"], ["NaT"], [""], [NaN], [-(2n ** 63n)]])(
  "%p is no moment",
  async (x) => {
    expect(JSON.stringify(await dated(x))).toMatch(/'x_day': nan, 'x_hour': nan, 'x_is_leap_year': False/);
  },
);

test.each<[PyValue, string]>([
  [Infinity, "cannot convert input inf with the unit 'None'"],
  [new PyFloat(1e22), "cannot convert input 1e+22 with the unit 'None'"],
  [2n ** 63n, "Out of bounds nanosecond timestamp 9223372036854775808"],
  [-(10n ** 30n), "Out of bounds nanosecond timestamp -1000000000000000000000000000000"],
])("%p is out of pandas' bounds", async (x, message) => {
  expect(await dated(x)).toEqual(["OutOfBoundsDatetime", message]);
});

test.each<[PyValue, string]>([
  [2n ** 63n - 1n, "'x_day': 11, 'x_hour': 23"],
  [-(2n ** 63n) + 1n, "'x_day': 21, 'x_hour': 0"],
  [new PyFloat(1e18), "'x_day': 9, 'x_hour': 1"],
  [1.7, "'x_day': 1, 'x_hour': 0"],
])("%p is a moment", async (x, parts) => {
  expect(JSON.stringify(await dated(x))).toContain(parts);
});
