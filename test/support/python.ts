/**
 * Python of the kernels that tests start: the virtual environment that `npm start` and `npm test` make, or the one that
 * `GRAPHCELL_TEST_PYTHON` names (with JupyterLab in it), so that the same suites can be run with another version.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "..", "..");

export const python =
  process.env["GRAPHCELL_TEST_PYTHON"] ??
  join(root, ".venv", ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));

if (!existsSync(python)) throw new Error(`There is no ${python}: run npm run setup first.`);
