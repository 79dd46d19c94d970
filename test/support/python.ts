/** The project's own Python: the virtual environment that `npm start` and `npm test` make. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "..", "..");

export const python = join(
  root,
  ".venv",
  ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
);

if (!existsSync(python)) throw new Error(`There is no ${python}: run npm run setup first.`);
