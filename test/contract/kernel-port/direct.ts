/** The direct channel: requests are answered while the kernel is busy. */
import type { KernelPort } from "@graphcell/kernel-bridge";
import { CancelSource } from "@graphcell/core";
import { DIRECT_TARGET } from "@graphcell/kernel-bridge";
import type { PortCase } from "./case";
import { all, codeOf, equal, running, until } from "./case";

/** A kernel's part, as small as can be: answers in upper case, keeps silent when told so, and can push. */
const TARGET = `
def _open():
    from comm import get_comm_manager
    def opened(comm, message):
        if message["content"]["data"]["role"] == "push":
            get_comm_manager().graphcell_push = comm
            return
        def on_message(message):
            data = message["content"]["data"]
            if data["text"] != "silence":
                comm.send({"id": data["id"], "text": data["text"].upper()})
        comm.on_msg(on_message)
    get_comm_manager().register_target(${JSON.stringify(DIRECT_TARGET)}, opened)
_open()
del _open
`;

const PUSH = "from comm import get_comm_manager; get_comm_manager().graphcell_push.send({'text': 'news'})";
const SLEEP = "print('go', flush=True); import time; time.sleep(1.5)";
const SPIN = "print('go', flush=True); import time; end = time.time() + 1.5\nwhile time.time() < end: pass";

async function openDirect(port: KernelPort) {
  equal(await all(port.execute(TARGET)), [], "outputs of registering the target");
  const { direct } = port;
  if (!direct) throw new Error("there is no direct channel");
  return direct;
}

function whileRunning(name: string, code: string): PortCase {
  return {
    name: `a request is answered while a cell ${name}`,
    needs: ["direct"],
    async run({ port }) {
      const direct = await openDirect(port);
      const cell = port.execute(code)[Symbol.asyncIterator]();
      await running(cell);
      for (let i = 0; i < 5; i++) equal(await direct.request("hello", 5_000), "HELLO", "reply");
      equal(port.status, "busy", "replies come before the cell ends: status");
      equal((await cell.next()).done, true, "the cell ends");
    },
  };
}

export const directCases: readonly PortCase[] = [
  {
    name: "without an agent in the kernel a request fails at once, and works when the agent is there",
    needs: ["direct", "restart"],
    destroys: true,
    async run({ port }) {
      await port.restart();
      const request = port.direct?.request("x", 10_000);
      equal(request && (await codeOf(request)), "GC_DIRECT_CLOSED", "error, not that of a wait");
      equal(await (await openDirect(port)).request("hello", 5_000), "HELLO", "reply");
    },
  },
  whileRunning("sleeps", SLEEP),
  whileRunning("computes", SPIN),
  {
    name: "100 requests at once get each its own reply",
    needs: ["direct"],
    async run({ port }) {
      const direct = await openDirect(port);
      const texts = [...Array(100).keys()].map((i) => `r${i}`);
      const replies = await Promise.all(texts.map((text) => direct.request(text, 20_000)));
      equal(
        replies,
        texts.map((text) => text.toUpperCase()),
        "replies",
      );
    },
  },
  {
    name: "a request of 4 MB is answered",
    needs: ["direct"],
    async run({ port }) {
      const direct = await openDirect(port);
      equal((await direct.request("x".repeat(2 ** 22), 20_000)).length, 2 ** 22, "length");
    },
  },
  {
    name: "a request without a reply runs out of time; a cancelled one ends at once",
    needs: ["direct"],
    async run({ port }) {
      const direct = await openDirect(port);
      equal(await codeOf(direct.request("silence", 200)), "GC_KERNEL_TIMEOUT", "error");
      const cancel = new CancelSource();
      const request = codeOf(direct.request("silence", 20_000, cancel));
      cancel.cancel();
      equal(await request, "GC_CANCELLED", "error");
      equal(await direct.request("still", 5_000), "STILL", "reply");
    },
  },
  {
    name: "what a cell pushes arrives, and leads no later request to the busy main shell",
    needs: ["direct"],
    async run({ port }) {
      const direct = await openDirect(port);
      const pushes: string[] = [];
      const listener = direct.onPush((text) => pushes.push(text));
      await direct.request("opens the channel", 5_000);
      const cell = port.execute(`${PUSH}\n${SLEEP}`)[Symbol.asyncIterator]();
      await running(cell);
      equal(await direct.request("now", 5_000), "NOW", "reply");
      equal(port.status, "busy", "the reply comes before the cell ends: status");
      await until(() => pushes.length > 0, "push");
      equal(pushes, ["news"], "pushes");
      listener.dispose();
      equal((await cell.next()).done, true, "the cell ends");
    },
  },
  {
    name: "after a restart the channel is a new one; the old one is closed",
    needs: ["direct", "restart"],
    destroys: true,
    async run({ port }) {
      const old = await openDirect(port);
      const cut = codeOf(old.request("silence", 60_000));
      await port.restart();
      equal(await cut, "GC_KERNEL_DEAD", "error of the request before");
      equal(await codeOf(old.request("x", 1_000)), "GC_KERNEL_DEAD", "error on the old channel");
      equal(await (await openDirect(port)).request("new", 5_000), "NEW", "reply");
    },
  },
];
