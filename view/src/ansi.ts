// CSI and OSC sequences and the two-letter ones: colours, cursor moves, titles, links.
const ESCAPE =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]|\u009b[0-?]*[ -/]*[@-~]/g;

const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Printed text without colours and cursor moves; a line that was written over by `\r` keeps its last form. */
export function plainText(text: string): string {
  return text
    .replace(ESCAPE, "")
    .replace(/\r\n/g, "\n")
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").replace(/^[^\n]*\r/, ""))
    .join("\n")
    .replace(CONTROL, "");
}
