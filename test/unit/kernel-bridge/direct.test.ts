import { GraphcellError } from "@graphcell/core";
import { DirectRequests, type Timers } from "@graphcell/kernel-bridge";

/** A channel whose kernel answers when it is told to. */
function setUp() {
  const due: (() => void)[] = [];
  const timers: Timers = {
    schedule(callback) {
      due.push(callback);
      return { dispose: () => void due.splice(due.indexOf(callback), 1) };
    },
  };
  const sent: { readonly id: string; readonly text: string }[] = [];
  const requests = new DirectRequests((data) => sent.push(data), timers);
  return { requests, sent, passTime: () => [...due].forEach((callback) => callback()) };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "",
    (error: unknown) => (error instanceof GraphcellError ? error.code : String(error)),
  );

test("an answer that comes twice counts once, and goes to no other request", async () => {
  const { requests, sent } = setUp();
  const first = requests.request("a", 1000);
  requests.received({ id: sent[0].id, text: "A" });
  expect(await first).toBe("A");
  const second = requests.request("b", 1000);
  requests.received({ id: sent[0].id, text: "A again" });
  requests.received({ id: sent[1].id, text: "B" });
  expect(await second).toBe("B");
});

test("answers may come in any order", async () => {
  const { requests, sent } = setUp();
  const both = [requests.request("a", 1000), requests.request("b", 1000)];
  requests.received({ id: sent[1].id, text: "B" });
  requests.received({ id: sent[0].id, text: "A" });
  expect(await Promise.all(both)).toEqual(["A", "B"]);
});

test("an answer that comes late is dropped", async () => {
  const { requests, sent, passTime } = setUp();
  const late = codeOf(requests.request("a", 1000));
  passTime();
  expect(await late).toBe("GC_KERNEL_TIMEOUT");
  requests.received({ id: sent[0].id, text: "A" });
  const next = requests.request("b", 1000);
  requests.received({ id: sent[1].id, text: "B" });
  expect(await next).toBe("B");
});

test.each([[null], ["text"], [{ id: "1" }], [{ id: {}, text: "x" }], [{ text: 3 }]])(
  "what is no answer is dropped: %j",
  async (data) => {
    const { requests, sent } = setUp();
    const asked = requests.request("a", 1000);
    requests.received(data);
    requests.received({ id: sent[0].id, text: "A" });
    expect(await asked).toBe("A");
  },
);

test("a connection that is cut fails what waits, at once", async () => {
  const { requests } = setUp();
  const waiting = [codeOf(requests.request("a", 1000)), codeOf(requests.request("b", 1000))];
  requests.close(new GraphcellError("GC_CUT", "The connection was cut."));
  expect(await Promise.all([...waiting, codeOf(requests.request("c", 1000))])).toEqual(
    Array.from({ length: 3 }, () => "GC_CUT"),
  );
});
