import type { ISessionContext } from "@jupyterlab/apputils";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { KernelMessage } from "@jupyterlab/services";
import { CARD_MIME, Disposables } from "@graphcell/core";
import {
  decodePending,
  type AnswerSimulate,
  type SimulateReply,
  type SimulateRequest,
} from "@graphcell/kernel-bridge";
import { isCodeCell } from "./notebook";

type Model = NonNullable<NotebookPanel["content"]["model"]>;

/**
 * Fills the outputs of `%%simulate` cells that a kernel without a way past its busy main shell left empty: when it is
 * free. Only outputs of cells that this page ran, for others have front ends of their own.
 */
export class PendingCards extends Disposables {
  constructor(
    private readonly context: ISessionContext,
    private readonly model: Model,
    private readonly answer: AnswerSimulate,
  ) {
    super();
    const listen = (_: unknown, message: KernelMessage.IMessage) => this.received(message);
    context.iopubMessage.connect(listen);
    this.add({ dispose: () => void context.iopubMessage.disconnect(listen) });
  }

  private received({ header, parent_header, content }: KernelMessage.IMessage): void {
    if (header.msg_type !== "display_data" || !("data" in content)) return;
    const ours = this.context.session?.kernel?.clientId;
    if (!("session" in parent_header) || parent_header.session !== ours) return;
    const request = decodePending((content.data as Readonly<Record<string, unknown>>)[CARD_MIME]);
    if (request) void this.fill(request);
  }

  private async fill(request: SimulateRequest): Promise<void> {
    const tell = ({ bundle }: SimulateReply) => this.show(request, bundle, false);
    const { bundle } = await this.answer(request, tell).catch((error: unknown) => ({
      bundle: { "text/plain": error instanceof Error ? error.message : String(error) },
    }));
    this.show(request, bundle, true);
  }

  private show(request: SimulateRequest, bundle: SimulateReply["bundle"], over: boolean): void {
    if (this.disposed) return;
    for (const cell of this.model.cells)
      if (isCodeCell(cell)) this.put(cell.outputs, request.displayId, bundle, over);
  }

  /** The cell may have been run again or cleared meanwhile: then there is nothing to fill. */
  private put(
    outputs: Parameters<typeof outputAt>[0] & { set(index: number, value: object): void },
    id: string,
    bundle: SimulateReply["bundle"],
    over: boolean,
  ): void {
    const data = Object.fromEntries(
      Object.entries(bundle).map(([mime, text]) => [mime, mime.endsWith("+json") ? JSON.parse(text) : text]),
    );
    // What will be replaced must be found again.
    if (!over) data[CARD_MIME] = { ...(data[CARD_MIME] as object), display_id: id };
    const at = outputAt(outputs, id);
    if (at >= 0) outputs.set(at, { output_type: "display_data", data, metadata: {} });
  }
}

function outputAt(
  outputs: { readonly length: number; get(index: number): { readonly data: object } },
  id: string,
): number {
  for (let i = 0; i < outputs.length; i++) {
    const card = (outputs.get(i).data as Readonly<Record<string, unknown>>)[CARD_MIME];
    if (typeof card === "object" && card !== null && "display_id" in card && card.display_id === id) return i;
  }
  return -1;
}
