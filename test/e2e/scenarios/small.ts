import type { Host, OpenNotebook } from "../host";
import { Sidebar } from "../sidebar";

export interface Small {
  readonly notebook: OpenNotebook;
  readonly sidebar: Sidebar;
}

/** Opens the small graph beside the sidebar, with its cells run. */
export async function openSmall(host: Host): Promise<Small> {
  const notebook = await host.open("small.ipynb");
  await notebook.showSidebar();
  for (const cell of [1, 2, 3]) await notebook.run(cell);
  return { notebook, sidebar: new Sidebar(notebook.sidebar) };
}

/** The same, and its events have run: "two" is answered. */
export async function ranSmall(host: Host): Promise<Small> {
  const small = await openSmall(host);
  await small.sidebar.runAll();
  await small.sidebar.untilResult("two", "200");
  return small;
}
