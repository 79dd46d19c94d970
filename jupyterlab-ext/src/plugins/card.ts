import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { CARD_MIME } from "@graphcell/core";
import { CardRenderer } from "../cardRenderer";
import { IGraphcellSessions } from "../tokens";

/**
 * Draws saved results. Not a `mimeExtension`, which knows nothing of the application: a card's links lead to the
 * cells of its notebook.
 */
export const cardPlugin: JupyterFrontEndPlugin<void> = {
  id: "graphcell:card",
  description: "Draws Graphcell's results in cell outputs.",
  autoStart: true,
  requires: [IRenderMimeRegistry, IGraphcellSessions],
  activate: (_app, registry: IRenderMimeRegistry, sessions: IGraphcellSessions) => {
    registry.addFactory(
      {
        // A card is drawn from data by text nodes alone: safe in a notebook that nobody has trusted yet.
        safe: true,
        mimeTypes: [CARD_MIME],
        createRenderer: (options) => new CardRenderer(options.mimeType, sessions),
      },
      0,
    );
  },
};
