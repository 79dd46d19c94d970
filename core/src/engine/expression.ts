import { numberValue, stringValue } from "../notebook/literal";
import { truthy } from "../value/compare";
import { repr, str } from "../value/repr";
import { PyTuple, type PyMap, type PyValue } from "../value/value";
import { Unsupported, arithmetic, comparison, negative } from "./arithmetic";
import { failure } from "./failure";
import { EVENT, binary, compared, constantCode } from "./quickmath";
import { FlowEvent } from "./flowevent";

/** An expression ready to run; throws `Unsupported` where Python has to. */
export type Code = (event: PyValue) => PyValue;

const TOKEN =
  /\s*(?:((?:[rR])?"(?:[^"\\\n]|\\.)*"|(?:[rR])?'(?:[^'\\\n]|\\.)*')|(\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*)|([A-Za-z_]\w*)|(\*\*|\/\/|==|!=|<=|>=|[-+*/%<>()[\]{},.:]))/y;

/**
 * What `(expression)` does with the lambda's argument, as MLRun makes a lambda of it, where every part of it can be
 * carried over exactly; null where Python has to run it. It throws `Unsupported` for a value that Python has to
 * handle: nothing here has side effects, so it can be run again there.
 */
export function expressionOf(text: string): Code | null {
  let code = known.get(text);
  if (code !== undefined) return code;
  const trimmed = text.trim();
  code = trimmed.startsWith("(") && trimmed.endsWith(")") ? compile(trimmed.slice(1, -1)) : null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, code);
  return code;
}

/** What texts mean: it hangs on the text alone, and each is asked for more than once. */
const known = new Map<string, Code | null>();
const MOST_KNOWN = 5_000;

function compile(text: string): Code | null {
  try {
    const parser = new Parser(tokens(text));
    const code = parser.expression();
    return parser.done ? code : null;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

interface Token {
  readonly kind: "text" | "number" | "name" | "sign";
  readonly text: string;
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Unsupported();
    const [, quoted, number, name, sign] = match;
    if (quoted !== undefined) out.push({ kind: "text", text: quoted });
    else if (number !== undefined) out.push({ kind: "number", text: number });
    else if (name !== undefined) out.push({ kind: "name", text: name });
    else out.push({ kind: "sign", text: sign });
  }
  return out;
}

const COMPARISONS = ["<", "<=", ">", ">=", "==", "!="];
const SUMS = ["+", "-"];
const PRODUCTS = ["*", "/", "//", "%"];

/** A recursive descent over the part of Python's expressions that is carried over. */
class Parser {
  private at = 0;

  constructor(private readonly list: readonly Token[]) {}

  get done(): boolean {
    return this.at >= this.list.length;
  }

  private peek(...texts: string[]): boolean {
    const token = this.list[this.at];
    return token !== undefined && token.kind !== "text" && texts.includes(token.text);
  }

  private take(...texts: string[]): string | null {
    return this.peek(...texts) ? this.list[this.at++].text : null;
  }

  private expect(text: string): void {
    if (this.take(text) === null) throw new Unsupported();
  }

  expression(): Code {
    const then = this.disjunction();
    if (this.take("if") === null) return then;
    const test = this.disjunction();
    this.expect("else");
    const other = this.expression();
    return (event) => (truthy(test(event)) ? then(event) : other(event));
  }

  private disjunction(): Code {
    const left = this.conjunction();
    if (this.take("or") === null) return left;
    const right = this.disjunction();
    return (event) => {
      const value = left(event);
      return truthy(value) ? value : right(event);
    };
  }

  private conjunction(): Code {
    const left = this.negation();
    if (this.take("and") === null) return left;
    const right = this.conjunction();
    return (event) => {
      const value = left(event);
      return truthy(value) ? right(event) : value;
    };
  }

  private negation(): Code {
    if (this.take("not") === null) return this.comparisons();
    const operand = this.negation();
    return (event) => !truthy(operand(event));
  }

  private comparisons(): Code {
    const first = this.sum();
    const chain: { readonly op: string; readonly operand: Code }[] = [];
    for (let op = this.comparator(); op !== null; op = this.comparator())
      chain.push({ op, operand: this.sum() });
    if (chain.length === 0) return first;
    if (chain.length === 1) return compared(chain[0].op, first, chain[0].operand);
    return (event) => {
      let left = first(event);
      for (const { op, operand } of chain) {
        const right = operand(event);
        if (!comparison(op, left, right)) return false;
        left = right;
      }
      return true;
    };
  }

  private comparator(): string | null {
    const plain = this.take(...COMPARISONS, "in");
    if (plain !== null) return plain;
    if (this.take("is") !== null) return this.take("not") === null ? "is" : "is not";
    if (!this.peek("not")) return null;
    this.at++;
    this.expect("in");
    return "not in";
  }

  private sum(): Code {
    return this.chain(SUMS, () => this.product());
  }

  private product(): Code {
    return this.chain(PRODUCTS, () => this.sign());
  }

  private chain(ops: readonly string[], operand: () => Code): Code {
    let left = operand();
    for (let op = this.take(...ops); op !== null; op = this.take(...ops)) {
      left = binary(op, left, operand());
    }
    return left;
  }

  private sign(): Code {
    if (this.take("-") !== null) {
      const operand = this.sign();
      return (event) => negative(operand(event));
    }
    const base = this.postfix();
    if (this.take("**") === null) return base;
    const exponent = this.sign();
    return (event) => arithmetic("**", base(event), exponent(event));
  }

  private postfix(): Code {
    let code = this.atom();
    for (;;) {
      if (this.take("[") !== null) {
        const [container, key] = [code, this.expression()];
        this.expect("]");
        code = (event) => item(container(event), key(event));
      } else if (this.take(".") !== null) code = this.attribute(code);
      else return code;
    }
  }

  private attribute(object: Code): Code {
    const name = this.list[this.at++];
    if (name?.kind !== "name") throw new Unsupported();
    if (!this.peek("(")) return (event) => eventAttribute(object(event), name.text);
    const args = this.arguments();
    return (event) =>
      method(
        object(event),
        name.text,
        args.map((arg) => arg(event)),
      );
  }

  private arguments(): Code[] {
    this.expect("(");
    return this.items(")");
  }

  private items(end: string): Code[] {
    const out: Code[] = [];
    while (this.take(end) === null) {
      out.push(this.expression());
      if (this.take(",") === null && !this.peek(end)) throw new Unsupported();
    }
    return out;
  }

  private atom(): Code {
    const token = this.list[this.at++];
    if (token === undefined) throw new Unsupported();
    if (token.kind === "text") return constant(stringValue(token.text));
    if (token.kind === "number") return constant(numberValue(token.text));
    if (token.kind === "name") return this.named(token.text);
    if (token.text === "(") return this.parenthesis();
    if (token.text === "[") return list(this.items("]"));
    if (token.text === "{") return this.dictionary();
    throw new Unsupported();
  }

  private named(name: string): Code {
    if (name === "event" && !this.peek("(")) return EVENT;
    if (name === "None") return constant(null);
    if (name === "True" || name === "False") return constant(name === "True");
    if (!this.peek("(")) throw new Unsupported();
    const fn = BUILTINS[name];
    const args = this.arguments();
    if (!fn || args.length !== 1) throw new Unsupported();
    return (event) => fn(args[0](event));
  }

  private parenthesis(): Code {
    if (this.take(")") !== null) return () => new PyTuple([]);
    const first = this.expression();
    if (this.take(")") !== null) return first;
    this.expect(",");
    const items = [first, ...this.items(")")];
    return (event) => new PyTuple(items.map((code) => code(event)));
  }

  private dictionary(): Code {
    const pairs: (readonly [Code, Code])[] = [];
    while (this.take("}") === null) {
      const key = this.expression();
      this.expect(":");
      pairs.push([key, this.expression()]);
      if (this.take(",") === null && !this.peek("}")) throw new Unsupported();
    }
    return (event) => {
      const made: PyMap = new Map();
      for (const [key, value] of pairs) {
        const k = key(event);
        if (typeof k !== "string") throw new Unsupported();
        made.set(k, value(event));
      }
      return made;
    };
  }
}

function constant(value: PyValue): Code {
  if (value !== null && typeof value === "object" && Array.isArray(value)) throw new Unsupported();
  return constantCode(value);
}

function list(items: readonly Code[]): Code {
  return (event) => items.map((code) => code(event));
}

/** `container[key]`; only what is surely found, or surely a KeyError. */
function item(container: PyValue, key: PyValue): PyValue {
  if (container instanceof Map && typeof key === "string") {
    const value = container.get(key);
    if (value === undefined) throw failure("KeyError", repr(key));
    return value;
  }
  const items = Array.isArray(container) ? container : container instanceof PyTuple ? container.items : null;
  if (items === null || typeof key !== "number" || !Number.isInteger(key)) throw new Unsupported();
  const value = items[key < 0 ? items.length + key : key];
  if (value === undefined) {
    throw failure("IndexError", `${Array.isArray(container) ? "list" : "tuple"} index out of range`);
  }
  return value;
}

function eventAttribute(object: PyValue, name: string): PyValue {
  const value = object instanceof FlowEvent ? object.attribute(name) : undefined;
  if (value === undefined) throw new Unsupported();
  return value;
}

function method(object: PyValue, name: string, args: readonly PyValue[]): PyValue {
  if (object instanceof Map && name === "get" && (args.length === 1 || args.length === 2)) {
    if (typeof args[0] !== "string") throw new Unsupported();
    // A value of None is a value: the default is for keys that are not there.
    const found = object.get(args[0]);
    return found === undefined ? (args[1] ?? null) : found;
  }
  if (typeof object === "string" && args.length === 1 && typeof args[0] === "string") {
    if (name === "startswith") return object.startsWith(args[0]);
    if (name === "endswith") return object.endsWith(args[0]);
  }
  throw new Unsupported();
}

const BUILTINS: Readonly<Record<string, (value: PyValue) => PyValue>> = {
  len(value) {
    if (Array.isArray(value)) return value.length;
    if (value instanceof Map) return value.size;
    if (value instanceof PyTuple) return value.items.length;
    if (typeof value === "string") return [...value].length;
    throw new Unsupported();
  },
  str(value) {
    if (value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Map)) {
      throw new Unsupported();
    }
    return str(value);
  },
  bool: (value) => truthy(value),
};
