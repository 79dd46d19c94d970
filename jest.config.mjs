/** Pure unit tests, unit tests of the views in jsdom, contract tests on real kernels, and deployed functions. */
const swc = [
  "@swc/jest",
  { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
];

const shared = {
  rootDir: import.meta.dirname,
  transform: { "^.+\\.[tj]s$": swc },
  transformIgnorePatterns: ["/node_modules/"],
  // Other packages of our own names: what was built, and what Python brings.
  modulePathIgnorePatterns: ["<rootDir>/.venv/", "<rootDir>/jupyterlab-ext/graphcell/labextension/"],
  moduleNameMapper: {
    "^@graphcell/core$": "<rootDir>/core/src/index.ts",
    "^@graphcell/core/nuclio$": "<rootDir>/core/src/nuclio/index.ts",
    "^@graphcell/core/folder-scripts$": "<rootDir>/core/src/session/folderScripts.ts",
    "^@graphcell/core/script$": "<rootDir>/core/src/script/index.ts",
    "^@graphcell/kernel-bridge$": "<rootDir>/kernel-bridge/src/index.ts",
    "^@graphcell/kernel-bridge/node$": "<rootDir>/kernel-bridge/src/node/index.ts",
    "^@graphcell/view$": "<rootDir>/view/src/index.ts",
    "^@graphcell/view/deploy$": "<rootDir>/view/src/deploy/index.ts",
    "^@graphcell/vscode-ext/(.*)$": "<rootDir>/vscode-ext/src/$1",
    "^vscode$": "<rootDir>/test/support/vscode.ts",
    "^@graphcell/cli$": "<rootDir>/cli/src/index.ts",
    // d3 publishes ES modules that jest on Node 20 does not load: take its UMD builds.
    "^d3$": "<rootDir>/node_modules/d3/dist/d3.min.js",
    "^(d3-[a-z-]+|internmap)$": "<rootDir>/node_modules/$1/dist/$1.min.js",
  },
};

export default {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: [
        "<rootDir>/test/unit/core/**/*.test.ts",
        "<rootDir>/test/unit/kernel-bridge/**/*.test.ts",
        "<rootDir>/test/unit/cli/**/*.test.ts",
        "<rootDir>/test/unit/vscode-ext/**/*.test.ts",
        "<rootDir>/test/unit/scripts/**/*.test.ts",
      ],
    },
    {
      ...shared,
      displayName: "view",
      testEnvironment: "jsdom",
      testMatch: ["<rootDir>/test/unit/view/**/*.test.ts", "<rootDir>/test/unit/jupyterlab-ext/**/*.test.ts"],
    },
    { ...shared, displayName: "nuclio", testMatch: ["<rootDir>/test/nuclio/**/*.test.ts"] },
    { ...shared, displayName: "contract", testMatch: ["<rootDir>/test/contract/**/*.test.ts"] },
  ],
};
