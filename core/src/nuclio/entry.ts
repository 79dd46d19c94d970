import { STATS } from "./entry-stats";

/** A Kafka topic that a function makes when it starts, if it is missing. */
export interface TopicWish {
  readonly topic: string;
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface EntryWishes {
  /** Names that the source binds at its top level. */
  readonly taken: ReadonlySet<string>;
  /** The graph has routers, and there is no MLRun API server that they could ask. */
  readonly routersAlone: boolean;
  readonly topics: readonly TopicWish[];
  /** Calls and times of the steps are counted. */
  readonly stats: boolean;
}

/** What Nuclio calls: Python text to stand behind the user's source, and the handler's name. */
export interface Entry {
  readonly text: string;
  readonly handler: string;
}

const HANDLER_NAMES = ["handler", "nuclio_handler", "graphcell_handler"];

/** MLRun's serving runtime behind the two functions that Nuclio calls. Empty where the source has both itself. */
export function pythonEntry(wishes: EntryWishes): Entry {
  const { taken } = wishes;
  if (taken.has("handler") && taken.has("init_context")) return { text: "", handler: "handler" };
  const handler = HANDLER_NAMES.find((name) => !taken.has(name)) ?? "graphcell_handler";
  const parts = [HEAD, startText(wishes), handlerText(handler, wishes.stats)];
  if (wishes.stats) parts.splice(1, 0, STATS);
  if (wishes.routersAlone) parts.splice(1, 0, ROUTERS);
  if (wishes.topics.length > 0) parts.splice(1, 0, topicsText(wishes.topics));
  return { text: parts.join("\n\n"), handler };
}

const HEAD = `# Added by Graphcell: what Nuclio calls.
import inspect as _inspect

from mlrun.runtimes import nuclio_init_hook as _nuclio_init_hook
`;

/** MLRun's routers ask its API server, on each request, how far their model endpoints are; the mock server doesn't. */
const ROUTERS = `def _routers_alone():
    """There is no MLRun API server here: routers do as they do in the mock server."""
    from mlrun.serving import routers

    base = getattr(routers, "BaseModelRouter", None)
    if not hasattr(base, "_update_background_task_state"):
        return

    def update(self, event):
        if event.body:
            event.body["background_task_state"] = "failed"

    base._update_background_task_state = update
`;

function startText({ taken, routersAlone, topics, stats }: EntryWishes): string {
  const own = taken.has("init_context");
  const lines = [
    ...(own ? ["_own_init_context = init_context", "", ""] : []),
    "def init_context(context):",
    ...(routersAlone ? ["    _routers_alone()"] : []),
    ...(topics.length > 0 ? ["    _make_topics(context)"] : []),
    ...(own ? ["    _own_init_context(context)"] : []),
    `    _nuclio_init_hook(context, globals(), "serving_v2")`,
    ...(stats ? ["    if _stats:", "        _stats.start(context._server.graph)"] : []),
    "",
  ];
  return lines.join("\n");
}

function handlerText(name: string, stats: boolean): string {
  if (!stats) return `async def ${name}(context, event):\n${ANSWER}`;
  return `async def ${name}(context, event):
    if not _stats:
        return await _answer(context, event)
    if _stats.asked(event):
        return context.Response(body=_stats.told(), content_type="application/json")
    begun = _stats.begin()
    try:
        result = await _answer(context, event)
    except BaseException as error:
        _stats.end("", begun, error)
        raise
    failed = getattr(result, "status_code", 200) >= 400
    _stats.end("", begun, RuntimeError() if failed else None)
    return result


async def _answer(context, event):
${ANSWER}`;
}

/** Nuclio's events lack what MLRun's own error handling of sync flows asks for; those of its mock server have it. */
const ANSWER = `    if not hasattr(event, "error"):
        event.error = None
    result = context.mlrun_handler(context, event)
    if _inspect.isawaitable(result):
        return await result
    if _inspect.isgenerator(result) or _inspect.isasyncgen(result):
        return context.Response(body=result)
    return result
`;

function topicsText(topics: readonly TopicWish[]): string {
  const rows = topics.map(
    ({ topic, brokers, partitions, replicationFactor }) =>
      `    (${JSON.stringify(topic)}, ${JSON.stringify(brokers)}, ${partitions}, ${replicationFactor}),\n`,
  );
  return `_TOPICS = [\n${rows.join("")}]


def _make_topics(context):
    """A topic that nobody made would get the broker's own number of partitions, often one."""
    from kafka.admin import KafkaAdminClient, NewTopic
    from kafka.errors import TopicAlreadyExistsError

    for name, brokers, partitions, replication in _TOPICS:
        client = KafkaAdminClient(bootstrap_servers=brokers)
        try:
            client.create_topics([NewTopic(name, partitions, replication)])
            context.logger.info_with("Made a topic", topic=name, partitions=partitions)
        except TopicAlreadyExistsError:
            pass
        finally:
            client.close()
`;
}
