import { chromium, type Browser, type ConsoleMessage, type Page } from "playwright-core";

/** Chromium as every host of the scenarios starts it. */
export function launchChromium(executablePath: string, args: readonly string[] = []): Promise<Browser> {
  const common = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"];
  return chromium.launch({ executablePath, args: [...common, ...args] });
}

/** Errors that our code threw in a page. */
export class PageErrors {
  private errors: string[] = [];

  /** `told`: what a message on the console tells of us, if anything: some errors are told there only. */
  constructor(page: Page, told: (message: ConsoleMessage) => string | null = () => null) {
    page.on("pageerror", (error) => {
      if (/graphcell/i.test(`${error.stack}`)) this.errors.push(`${error.stack}`);
    });
    page.on("console", (message) => {
      const text = told(message);
      if (text !== null) this.errors.push(text);
    });
  }

  /** Those since the last call. */
  take(): readonly string[] {
    const { errors } = this;
    this.errors = [];
    return errors;
  }
}
