/** How a client learns what answers at the other end of a new connection. */
import type { Disposable } from "@graphcell/core";
import type { Requests } from "./requests";
import type { Timers } from "./timers";
import type { KernelMessage } from "./wire";
import { kernelTimeout } from "./failure";
import { isRecord } from "./wire";

/** A kernel that started must answer within this time. */
const INFO_MS = 60_000;
/** Asks again: a message may have gone to the process that died. */
const AGAIN_MS = 1_000;
/** A new connection hears what the kernel publishes within this time, or never will. */
const PUBLISHED_MS = 5_000;
/** Asks again for something to be published. */
const PUBLISH_AGAIN_MS = 50;
/** A kernel that says that it can make subshells does so within this time, or we do without. */
const SUBSHELL_MS = 10_000;
const GOODBYE_MS = 2_000;
/** As long as a timer can. */
const ALWAYS_MS = 2 ** 31 - 1;

export interface Greeting {
  /** Names the kernel process: each takes a new one. */
  readonly session: string;
  readonly language: string;
  readonly subshells: boolean;
  /** Ends when the main shell has done all that it was asked before. */
  readonly shell: Promise<unknown>;
}

/**
 * Asks on both channels, again and again while `wanted`: `control` answers while a cell runs, and `shell` where a
 * kernel has no thread for that. Ends when something that the kernel publishes came through as well: a channel of that
 * kind misses what is sent before it is open, and the end of an execution or of a comm would be lost with it. Throws
 * `GC_KERNEL_TIMEOUT` after a minute.
 */
export async function greet(requests: Requests, timers: Timers, wanted: () => boolean): Promise<Greeting> {
  let published = false;
  let listening: Disposable | undefined;
  const heard = new Promise<void>((done) => {
    listening = requests.onPublished(() => {
      published = true;
      done();
    });
  });
  try {
    const greeting = await ask(requests, timers, wanted);
    const tries = PUBLISHED_MS / PUBLISH_AGAIN_MS;
    for (let asked = 0; asked < tries && !published && wanted(); asked++) {
      requests.post("control", "kernel_info_request", {});
      await within(timers, PUBLISH_AGAIN_MS, heard);
    }
    return greeting;
  } finally {
    listening?.dispose();
  }
}

async function ask(requests: Requests, timers: Timers, wanted: () => boolean): Promise<Greeting> {
  const shells: Promise<KernelMessage>[] = [];
  for (let asked = 0; asked < INFO_MS / AGAIN_MS && wanted(); asked++) {
    const control = requests.ask("control", "kernel_info_request", {}, INFO_MS);
    const shell = requests.ask("shell", "kernel_info_request", {}, ALWAYS_MS);
    for (const reply of [control, shell]) reply.catch(() => null);
    shells.push(shell);
    const reply = await within(timers, AGAIN_MS, Promise.any([control, shell]));
    if (!reply) continue;
    const anyShell = Promise.any(shells);
    // A client that is disposed of before it looks at the main shell leaves nobody to hear that it never answered.
    anyShell.catch(() => null);
    return greetingOf(reply, anyShell);
  }
  throw kernelTimeout("The kernel did not answer", INFO_MS, "Interrupt it if it is busy, or restart it.");
}

/** Id of a new subshell; null when the kernel makes none. */
export async function createSubshell(requests: Requests): Promise<string | null> {
  const request = requests.ask("control", "create_subshell_request", {}, SUBSHELL_MS);
  const id = (await request.catch(() => null))?.content.subshell_id;
  return typeof id === "string" ? id : null;
}

/** Deletes a subshell; ends when the kernel has, or does not say so soon. */
export async function deleteSubshell(requests: Requests, subshell_id: string): Promise<void> {
  await requests.ask("control", "delete_subshell_request", { subshell_id }, GOODBYE_MS).catch(() => null);
}

/** What a promise gives, or null after `ms`. */
export function within<T>(timers: Timers, ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: Disposable | undefined;
  const late = new Promise<null>((resolve) => {
    timer = timers.schedule(() => resolve(null), ms);
  });
  return Promise.race([promise, late]).finally(() => timer?.dispose());
}

function greetingOf({ header, content }: KernelMessage, shell: Promise<unknown>): Greeting {
  const language = isRecord(content.language_info) ? content.language_info.name : "";
  const features = Array.isArray(content.supported_features) ? content.supported_features : [];
  return {
    session: header.session,
    language: typeof language === "string" ? language : "",
    subshells: features.includes("kernel subshells"),
    shell,
  };
}
