import { editSettings } from "@graphcell/core/nuclio";

const FILE = `# of the team
project: demo # not default
functions:
  words:
    replicas: 2 # enough
`;

test.each<[string, string, readonly string[], Parameters<typeof editSettings>[2], string]>([
  [
    "a value in an empty file",
    "",
    ["functions", "words", "replicas"],
    3,
    "functions:\n  words:\n    replicas: 3\n",
  ],
  ["a value that is there, its comment stays", FILE, ["project"], "other", FILE.replace("demo", "other")],
  [
    "another beside it",
    FILE,
    ["functions", "words", "env"],
    { MODE: "yes", OCTAL: "010", N: 1 },
    `${FILE}    env:\n      MODE: "yes"\n      OCTAL: "010"\n      "N": 1\n`,
  ],
  [
    "a path that begins nowhere",
    FILE,
    ["defaults", "resources", "limits", "cpu"],
    "500m",
    `${FILE}defaults:\n  resources:\n    limits:\n      cpu: 500m\n`,
  ],
  [
    "nothing: maps that are empty without it go too",
    FILE,
    ["functions", "words", "replicas"],
    undefined,
    "# of the team\nproject: demo # not default\n",
  ],
  ["nothing where nothing is", FILE, ["defaults", "replicas"], undefined, FILE],
  ["the last value of a file", "project: x\n", ["project"], undefined, ""],
  ["a file of comments alone", "# mine\n", ["project"], "x", "# mine\n\nproject: x\n"],
])("sets %s", (_, text, path, value, expected) => {
  expect(editSettings(text, path, value)).toBe(expected);
});
