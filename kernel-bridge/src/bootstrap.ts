/** The code that goes into kernels: one expression without a value, so that nothing shows and no name is left. */
import { AGENT_BOOTSTRAP, AGENT_SOURCES, AGENT_VERSION } from "./agent-source";
import { AGENT_MODULE, REQUEST_MARKER } from "./protocol";

/**
 * Puts the agent into the kernel, in place of another version. `expect` says that the sender is about to open the
 * direct channel where the kernel has subshells: `%%simulate` cells that come first wait for that.
 */
export function bootstrapCode(options: { readonly expect?: boolean } = {}): string {
  const entries = Object.entries(AGENT_SOURCES).map(
    ([name, text]) => `${pythonText(name)}: ${pythonText(text)}`,
  );
  return [
    REQUEST_MARKER,
    "(lambda scope: (",
    `    exec(${pythonText(AGENT_BOOTSTRAP)}, scope),`,
    `    scope["bootstrap"](${pythonText(AGENT_MODULE)}, ${pythonText(AGENT_VERSION)}, {${entries.join(", ")}}, ${options.expect ? "True" : "False"}),`,
    `) and None)({"__name__": ${pythonText(AGENT_MODULE)}})`,
  ].join("\n");
}

/** Hands a request to the agent; does nothing, and so answers nothing, where there is none. */
export function requestCode(text: string): string {
  return [
    REQUEST_MARKER,
    `(lambda agent: agent and agent.rpc(${pythonText(text)}))(`,
    `    __import__("sys").modules.get(${pythonText(`${AGENT_MODULE}.kernel`)})`,
    ")",
  ].join("\n");
}

/** A Python literal in ASCII: IPython splits cells at odd line separators, also inside of strings. */
export function pythonText(text: string): string {
  let out = '"';
  let plain = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c) continue;
    out += text.slice(plain, i);
    const point = text.codePointAt(i) ?? code;
    if (point > 0xffff) i++;
    out += escaped(point);
    plain = i + 1;
  }
  return `${out}${text.slice(plain)}"`;
}

function escaped(point: number): string {
  if (point === 0x22) return '\\"';
  if (point === 0x5c) return "\\\\";
  if (point === 0x0a) return "\\n";
  if (point > 0xffff) return `\\U${point.toString(16).padStart(8, "0")}`;
  return `\\u${point.toString(16).padStart(4, "0")}`;
}
