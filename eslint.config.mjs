import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** The one direction of imports (ARCHITECTURE.md): each zone lists what its target may not import. */
const packages = ["core", "kernel-bridge", "view", "jupyterlab-ext", "vscode-ext", "cli"];
const allowed = {
  core: [],
  "kernel-bridge": ["core"],
  view: ["core"],
  "jupyterlab-ext": ["core", "kernel-bridge", "view"],
  "vscode-ext": ["core", "kernel-bridge", "view"],
  cli: ["core", "kernel-bridge"],
};
const zones = packages.map((target) => ({
  target: `./${target}`,
  from: [...packages.filter((p) => p !== target && !allowed[target].includes(p)), "test"].map(
    (p) => `./${p}`,
  ),
  message: `${target} may import ${allowed[target].join(", ") || "no other package"} only.`,
}));
/** Inside core, later folders may import earlier ones. `value` knows nothing, `session` knows all. */
const layers = [
  ["value"],
  ["model"],
  ["notebook"],
  ["draw", "layout"],
  ["engine", "steps", "serving", "script"],
  ["nuclio"],
  ["language"],
  ["session"],
  ["link"],
];
// The extension host has no page; the pages have no extension host.
zones.push(
  {
    target: "./vscode-ext/src",
    from: ["./view", "./vscode-ext/webview", "./vscode-ext/renderer"],
    message:
      "vscode-ext/src runs in the extension host, where there is no DOM: views belong to webview and renderer.",
  },
  {
    target: ["./vscode-ext/webview", "./vscode-ext/renderer"],
    from: ["./vscode-ext/src", "./kernel-bridge"],
    message: "a page of VS Code reaches the extension by messages only.",
  },
  {
    target: ["./vscode-ext/src/*.ts", "./vscode-ext/src/!(node)/**/*"],
    from: "./vscode-ext/src/node",
    message: "what needs Node is given to the shared part as an argument: the web build has none.",
  },
);
layers.forEach((layer, i) => {
  for (const folder of layer) {
    const later = layers.slice(i + 1).flat();
    const from = later.filter((other) => !other.startsWith(`${folder}/`) && !folder.startsWith(`${other}/`));
    if (from.length === 0) continue;
    zones.push({
      target: `./core/src/${folder}`,
      from: from.map((other) => `./core/src/${other}`),
      message:
        "inside core, later layers import earlier ones: value, model, notebook, draw and layout, engine, nuclio, language, session, link.",
    });
  }
});

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/**",
      "**/lib/**",
      "**/dist/**",
      ".venv/**",
      ".cache/**",
      "jupyterlab-ext/graphcell/labextension/**",
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts", "**/*.mjs", "**/*.js"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createTypeScriptImportResolver({
          project: ["*/tsconfig.json", "vscode-ext/*/tsconfig.json"],
          noWarnOnMultipleProjects: true,
        }),
      ],
    },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "no-console": "off",
      "prefer-const": "error",
      eqeqeq: ["error", "smart"],
    },
  },
  {
    files: ["core/src/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["fetch", "setTimeout", "setInterval", "process", "document", "window"].map((name) => ({
          name,
          message: "core runs anywhere: what it needs of the world comes in through its arguments.",
        })),
      ],
      "no-restricted-imports": ["error", { patterns: ["node:*", "@jupyterlab/*", "vscode", "d3*"] }],
    },
  },
  {
    files: ["**/*.cjs", "test/e2e/code/webDriver/driver.js"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
);
