import * as vscode from "vscode";
import { Disposables, decodeIntent } from "@graphcell/core";
import type { Sessions } from "./sessions";

export const RENDERER_ID = "graphcell.card";

/** Answers the cards in outputs: their links lead to the cells of the notebook that shows them. */
export class CardMessages extends Disposables {
  constructor(sessions: Sessions) {
    super();
    const messaging = vscode.notebooks.createRendererMessaging(RENDERER_ID);
    this.add(
      messaging.onDidReceiveMessage(({ editor, message }) => {
        const session = sessions.of(editor.notebook);
        if (!session) return;
        if (isCells(message)) {
          const ids = session.notebook.cells.map((cell) => cell.id);
          void messaging.postMessage({ ids }, editor);
          return;
        }
        const intent = decodeIntent(message);
        if (intent?.type === "reveal" || intent?.type === "copy") session.session.send(intent);
      }),
    );
  }
}

function isCells(message: unknown): boolean {
  return typeof message === "object" && message !== null && "type" in message && message.type === "cells";
}
