import { offsetOf } from "graphcell/src/notebook";

test.each([
  ["first place", "ab\ncd", 1, 1, 0],
  ["middle of the second line", "ab\ncd", 2, 2, 4],
  ["end of the text", "ab\ncd", 2, 3, 5],
  ["past the end of the text", "ab", 9, 1, 2],
  ["past the end of the last line", "ab", 1, 99, 2],
  ["after a character of two units", "a\u{1f600}b", 1, 4, 3],
])("offset of the %s", (_, source, line, column, offset) => {
  expect(offsetOf(source, line, column)).toBe(offset);
});
