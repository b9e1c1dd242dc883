import { pathToFileURL } from "node:url";
import chromium from "@sparticuz/chromium";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** How a page is looked at. */
export interface View {
  readonly scheme: "light" | "dark";
  /** Pixels. */
  readonly width: number;
  /** Whether scripts run; they do unless it is said. */
  readonly hasScripts?: boolean;
}

/** What has been seen of a page. */
export interface Sight {
  /** What the browser had to say, and asked for, beside the page itself. */
  readonly complaints: readonly string[];
  /** Pixels that the page is wide. */
  readonly scrollWidth: number;
  readonly background: string;
  readonly charts: readonly ChartSight[];
  /** Tables that can be seen. */
  readonly tables: number;
}

export interface ChartSight {
  readonly title: string;
  /** Bars, cells and points that take up room. */
  readonly bars: number;
  /** Bars, and pieces of text, that stand outside their card. */
  readonly outside: number;
  readonly fill: string;
}

/** A Chromium, to be closed by who starts it: npm's, which is for Linux on x64, or the one that `CHROMIUM` names. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? (await chromium.executablePath());
  return puppeteer.launch({ args: chromium.args, executablePath, headless: "shell" });
}

/** Opens a page from disk, looks at it, and keeps a picture of the whole of it. */
export async function look(
  browser: Browser,
  path: string,
  { scheme, width, hasScripts = true }: View,
  picture: `${string}.png`,
): Promise<Sight> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${String(error)}`));
  const address = pathToFileURL(path).href;
  page.on("request", (request) => request.url() === address || complaints.push(`request: ${request.url()}`));
  try {
    await page.setJavaScriptEnabled(hasScripts);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setViewport({ width, height: 900 });
    await page.goto(address);
    await page.screenshot({ path: picture, fullPage: true });
    return { complaints, ...(await sightOf(page)) };
  } finally {
    await page.close();
  }
}

/** In the browser's words, since these programs are not checked against a browser's types. */
function sightOf(page: Page): Promise<Omit<Sight, "complaints">> {
  return page.evaluate(`(() => {
    const chartOf = (figure) => {
      const card = figure.getBoundingClientRect();
      const isOutside = ({ left, right }) => left < card.left - 1 || right > card.right + 1;
      const bars = [...figure.querySelectorAll('[aria-label="bar"] *, [aria-label="rect"] *, [aria-label="cell"] *, [aria-label="dot"] *')];
      const boxes = bars.map((bar) => bar.getBoundingClientRect());
      const texts = [...figure.querySelectorAll("svg text")].map((text) => text.getBoundingClientRect());
      return {
        title: figure.querySelector("h3").textContent,
        bars: boxes.filter(({ width, height }) => width > 0 && height > 0).length,
        outside: [...boxes, ...texts].filter(isOutside).length,
        fill: bars.length === 0 ? "" : getComputedStyle(bars[0]).fill,
      };
    };
    return {
      scrollWidth: document.documentElement.scrollWidth,
      tables: [...document.querySelectorAll("table")].filter((one) => one.checkVisibility()).length,
      background: getComputedStyle(document.body).backgroundColor,
      charts: [...document.querySelectorAll("main figure")].filter((one) => one.querySelector("h3")).map(chartOf),
    };
  })()`) as Promise<Omit<Sight, "complaints">>;
}
