// Debian's Chromium, quiet, and a record of what it asks for.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const results = join(dirname(fileURLToPath(import.meta.url)), "../test-results");

export async function openBrowser() {
  const args = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
  // The sandbox of Chromium refuses to run as root.
  if (process.getuid?.() === 0) args.push("--no-sandbox");
  const executablePath = process.env.MADOGUCHI_CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args });
}

/** A person's browser window with a record of every request of all its frames. */
export async function openWindow(browser, { width, height = 900, javaScriptEnabled = true }) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "ja-JP", javaScriptEnabled });
  context.setDefaultTimeout(10_000);
  const asked = [];
  const problems = [];
  context.on("requestfinished", (request) => asked.push(request));
  context.on("requestfailed", (request) => asked.push(request));
  context.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  context.on("weberror", (error) => problems.push(String(error.error())));
  const page = await context.newPage();
  return { context, page, asked, problems };
}

/** Origins that are neither ours nor the emulator's. */
export function strangers(asked) {
  const ours = (host) => host === "127.0.0.1" || host === "localhost" || host.endsWith(".localhost");
  const urls = asked.map((request) => new URL(request.url())).filter((url) => url.protocol.startsWith("http"));
  return [...new Set(urls.filter((url) => !ours(url.hostname)).map((url) => url.origin))];
}

/** Bytes that came over the wire for these requests. */
export async function weight(asked) {
  let total = 0;
  for (const request of asked) {
    if (await request.response().catch(() => null)) total += (await request.sizes()).responseBodySize;
  }
  return total;
}

/** A picture for people, never compared. */
export async function picture(page, name) {
  await mkdir(results, { recursive: true });
  await page.screenshot({ path: join(results, `${name}.png`) });
}

/** The frame, however deep, whose address passes; frames come and go while pages load. */
export async function frameAt(page, passes, patience = 15_000) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const found = page.frames().find((frame) => {
      try {
        return passes(new URL(frame.url()));
      } catch {
        return false;
      }
    });
    if (found) return found;
    await page.waitForTimeout(50);
  }
  throw new Error(`no frame at that address; there are ${page.frames().map((frame) => new URL(frame.url() || "about:blank").pathname)}`);
}
