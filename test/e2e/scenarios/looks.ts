import { THEMES, axe } from "../axe";
import type { Host, OpenNotebook, Scenario } from "../host";
import { screenshot } from "../screenshot";
import { Sidebar } from "../sidebar";
import { check, until } from "../wait";

const WIDTHS = [250, 320, 600];

async function ran(host: Host): Promise<OpenNotebook> {
  const notebook = await host.open("small.ipynb");
  await notebook.showSidebar();
  const sidebar = new Sidebar(notebook.sidebar);
  for (const cell of [1, 2, 3, 4]) await notebook.run(cell);
  await sidebar.runAll();
  await sidebar.untilResult("two", "200");
  await sidebar.step("enrich").click();
  return notebook;
}

/** Pictures to look at, and what a machine can say about accessibility. */
export const looks: readonly Scenario[] = [
  {
    name: "looks right in every theme and width",
    async run(host) {
      const notebook = await ran(host);
      for (const theme of THEMES) {
        await host.setTheme(theme);
        for (const width of WIDTHS) {
          await notebook.setSidebarWidth(width);
          await screenshot(host, `looks-${theme}-${width}`);
        }
        await screenshot(host, `card-${theme}`, notebook.output(4).locator(".gc-card"));
      }
      await host.setTheme("light");
    },
  },
  {
    name: "is of use at 200 % zoom, and keeps the borders that were dragged",
    hosts: ["lab"],
    async run(host) {
      const notebook = await ran(host);
      const { page } = host;
      const before = page.viewportSize();
      // To a page, zoom is fewer pixels.
      await page.setViewportSize({ width: 700, height: 450 });
      try {
        await screenshot(host, "looks-zoom");
        const sidebar = new Sidebar(notebook.sidebar);
        const beyond = await notebook.sidebar.evaluate((root) => root.scrollWidth - root.clientWidth);
        check(beyond <= 0, `nothing stands beside the sidebar, but ${beyond} px do`);
        await sidebar.runAll();
        await sidebar.untilResult("two", "200");
        await sidebar.step("enrich").click();
        await screenshot(host, "looks-zoom-ran");
      } finally {
        if (before) await page.setViewportSize(before);
      }
      const tall = async () => ((await notebook.sidebar.boundingBox())?.height ?? 0) > 600;
      await until("the page is large again", tall);
      const border = notebook.sidebar.getByRole("separator").first();
      const top = async () => (await border.boundingBox())?.y ?? 0;
      const [from, box] = [await top(), await border.boundingBox()];
      if (!box) throw new Error("the border is not in sight");
      await page.mouse.move(box.x + 60, box.y);
      await page.mouse.down();
      await page.mouse.move(box.x + 60, box.y - 90, { steps: 4 });
      await page.mouse.up();
      await until("the border has moved", async () => Math.abs((await top()) - (from - 90)) < 3);
      await screenshot(host, "looks-dragged");
      await border.press("ArrowDown");
      await until("the key has moved it back a bit", async () => (await top()) > from - 90 + 8);
      // The share of both: a part below that nobody has sized takes what its content needs.
      const share = () =>
        notebook.sidebar.locator(".gc-part").evaluateAll((parts) => {
          const [graph, events] = parts.map((part) => part.getBoundingClientRect().height);
          return graph / events;
        });
      const left = await share();
      await notebook.reload();
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).step("enrich").click();
      const kept = async () => Math.abs((await share()) / left - 1) < 0.03;
      await until("the border is where it was left", kept);
      await page.evaluate(() => localStorage.clear());
    },
  },
  {
    name: "axe finds nothing serious",
    hosts: ["lab"],
    async run(host) {
      const notebook = await ran(host);
      for (const theme of THEMES) {
        await host.setTheme(theme);
        const sidebar = await axe(host, "#graphcell-sidebar");
        await notebook.output(4).locator(".gc-card").scrollIntoViewIfNeeded();
        const card = await axe(host, ".gc-card");
        const found = [...sidebar, ...card];
        check(found.length === 0, `${theme}: nothing serious, but:\n${found.join("\n")}`);
      }
      await host.setTheme("light");
    },
  },
];
