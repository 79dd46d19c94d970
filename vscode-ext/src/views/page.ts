import * as vscode from "vscode";
import {
  Disposables,
  StateFeed,
  decodeViewMessage,
  emptyState,
  type HostMessage,
  type SessionLink,
} from "@graphcell/core";
import { readSettings } from "../settings";
import { pageOf } from "./html";

/** What a page shows: a notebook's session, or a graph file's. */
export interface Shown {
  readonly session: SessionLink;
}

/** A webview that shows a session: the page, and the messages between the two. */
export class GraphPage extends Disposables {
  private readonly feed: StateFeed;

  constructor(
    private readonly webview: vscode.Webview,
    extensionUri: vscode.Uri,
    layout: "narrow" | "wide",
    session: Shown | null,
  ) {
    super();
    this.feed = this.add(new StateFeed(linkOf(session), (message) => this.post(message)));
    const dist = vscode.Uri.joinPath(extensionUri, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    this.add(
      webview.onDidReceiveMessage((data: unknown) => {
        const message = decodeViewMessage(data);
        if (message) this.feed.receive(message);
      }),
    );
    webview.html = pageOf(webview, dist, "webview", layout);
  }

  show(session: Shown | null): void {
    this.feed.setLink(linkOf(session));
  }

  post(message: HostMessage): void {
    void this.webview.postMessage(message);
  }

  /** The page is hidden, and so gone: it says when it is there again. */
  pause(): void {
    this.feed.pause();
  }
}

function linkOf(session: Shown | null): SessionLink {
  if (session) return session.session;
  return {
    state: emptyState(readSettings()),
    onChange: () => ({ dispose() {} }),
    send(intent) {
      if (intent.type === "new-notebook") void vscode.commands.executeCommand("ipynb.newUntitledIpynb");
    },
  };
}
