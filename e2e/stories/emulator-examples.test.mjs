// The emulator's examples run as its README says, and its pages for developers do their work.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { startBot } from "../support/bot.mjs";
import { openBrowser, openWindow, picture } from "../support/browser.mjs";
import { ask, eventually } from "../support/program.mjs";

const here = dirname(fileURLToPath(import.meta.url));
let bot;
let browser;

before(async () => {
  bot = await startBot();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await bot?.stop();
});

test("the example with LINE's SDK answers what a person writes", async () => {
  // Beside the packages of this suite, where a stranger would have run npm install.
  const folder = join(here, "../test-results/example");
  await mkdir(folder, { recursive: true });
  await copyFile(join(here, "../../crates/line-emulator/examples/node/echo.mjs"), join(folder, "echo.mjs"));
  const port = 20_000 + Math.floor(Math.random() * 1_000);
  const env = { ...process.env, LINE_BASE: bot.line.phone, PORT: String(port) };
  const example = spawn(process.execPath, [join(folder, "echo.mjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(createInterface(example.stdout), "line");
    await ask(bot.line.phone, `channels/${bot.channel.id}/settings`, { webhook: `http://127.0.0.1:${port}/` });
    const talk = async () => (await ask(bot.line.phone, "personas/hanako/messages")).map(({ message }) => message);
    const until = (count) => eventually(`${count} messages`, talk, (messages) => messages.length === count);
    await bot.act("hanako", "add");
    await until(2);
    await bot.act("hanako", "say", { text: "水道" });
    await until(3);
    await bot.act("hanako", "postback", { data: "time" });
    const arrived = await until(4);
    assert.deepEqual(arrived.map(({ type }) => type), ["text", "flex", "text", "text"]);
    assert.equal(arrived[2].text, "「水道」ですね。");
    assert.equal(arrived[3].text, "押されたもの: time");
  } finally {
    example.kill();
    await once(example, "exit");
    await rm(folder, { recursive: true, force: true });
  }
});

test("a menu that staff make in the Manager is shown until the API has one", async () => {
  const maker = await openWindow(browser, { width: 390, height: 844 });
  await maker.page.goto(`${bot.line.phone}/manager`);
  await maker.page.getByLabel("区切り方").selectOption("small-2-1");
  await maker.page.getByLabel("バーの文字").fill("暮らしのメニュー");
  const first = maker.page.getByRole("group", { name: "1つ目" });
  await first.getByLabel("名前").fill("防災");
  await first.getByLabel("押したとき").selectOption("message");
  await first.getByLabel("アドレス、または送る言葉").fill("防災を知りたい");
  await maker.page.getByRole("button", { name: "公開する" }).click();
  await maker.page.getByText("公開しました").waitFor();
  await picture(maker.page, "manager-390");
  const { page, problems, context } = await openWindow(browser, { width: 390, height: 844 });
  await page.goto(`${bot.line.phone}/phone/taro`);
  await page.getByRole("button", { name: "暮らしのメニュー" }).waitFor();
  await page.getByText("マネージャーのメニュー").waitFor();
  await picture(page, "manager-phone-390");
  await page.getByRole("button", { name: "防災" }).click();
  await page.locator("#lines").getByText("防災を知りたい").waitFor();
  const id = await bot.menu({ size: { width: 2500, height: 843 }, selected: false, name: "API", chatBarText: "APIのメニュー", areas: [] });
  await bot.api("POST", `/v2/bot/user/all/richmenu/${id}`);
  await page.getByRole("button", { name: "APIのメニュー" }).waitFor();
  await bot.api("DELETE", "/v2/bot/user/all/richmenu");
  await page.getByRole("button", { name: "暮らしのメニュー" }).waitFor();
  assert.deepEqual([...problems, ...maker.problems], []);
  await maker.context.close();
  await context.close();
});
