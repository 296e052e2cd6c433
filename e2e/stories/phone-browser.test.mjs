// The phone's browser, its devices and its tabs.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { startBot } from "../support/bot.mjs";
import { openBrowser, openWindow, picture } from "../support/browser.mjs";
import { ask, eventually } from "../support/program.mjs";

let bot;
let browser;
let site;

/** A page with a login button: it redirects as an application does, and says what came back. */
function application() {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const cookies = request.headers.cookie ?? "";
    if (url.pathname === "/login") {
      const query = new URLSearchParams({ response_type: "code", client_id: "1650000001", redirect_uri: `http://127.0.0.1:${server.address().port}/callback`, state: "st4te", scope: "profile openid", bot_prompt: "normal" });
      response.writeHead(302, { location: `${bot.line.phone}/oauth2/v2.1/authorize?${query}`, "set-cookie": "attempt=1; Path=/" }).end();
      return;
    }
    const came = url.searchParams.has("code") ? `もどりました ${cookies.includes("attempt=1") ? "同じブラウザ" : "ほかのブラウザ"} ${url.searchParams.get("state")}` : "";
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(`<title>アプリ</title><p>${came}</p><a href="/login">LINEでログイン</a>`);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

before(async () => {
  bot = await startBot();
  browser = await openBrowser();
  site = await application();
  const origin = `http://127.0.0.1:${site.address().port}`;
  await ask(bot.line.phone, "channels/1650000001/settings", { callbacks: [`${origin}/callback`] });
  for (const person of ["hanako", "taro"]) {
    await bot.act(person, "add");
    await bot.push(person, [{ type: "text", text: `アプリは ${origin}/ です` }]);
  }
});

after(async () => {
  await browser?.close();
  site?.close();
  site?.closeAllConnections();
  await bot?.stop();
});

async function opened(person, device) {
  await ask(bot.line.phone, `personas/${person}/device`, { device });
  const window = await openWindow(browser, { width: 390, height: 844 });
  await window.page.goto(`${bot.line.phone}/phone/${person}`);
  await window.page.locator("#lines a").first().click();
  const frame = window.page.frameLocator("iframe[name=inapp]");
  await frame.getByRole("link", { name: "LINEでログイン" }).click();
  return { ...window, frame };
}

test("a link opens over the talk, logs in, and Escape leads back to it", async () => {
  const { page, frame, context, problems } = await opened("hanako", "line-ios");
  await frame.getByRole("button", { name: "許可する" }).click();
  await frame.getByText("もどりました 同じブラウザ st4te").waitFor();
  const sheet = page.getByRole("dialog", { name: "アプリ内ブラウザ" });
  await sheet.waitFor();
  await bot.push("hanako", [{ type: "text", text: "開いているあいだの知らせ" }]);
  await page.getByRole("status").getByText("開いているあいだの知らせ").waitFor();
  await sheet.getByRole("button", { name: "閉じる" }).focus();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "hidden" });
  assert.ok(await page.locator("#lines a").first().evaluate((node) => node === document.activeElement));
  assert.deepEqual(problems.filter((problem) => !problem.includes("favicon")), []);
  await context.close();
});

test("on a PC one signs in by hand", async () => {
  const { page, frame, context } = await opened("hanako", "pc");
  await page.getByRole("dialog", { name: "PCのブラウザ" }).waitFor();
  await frame.getByRole("heading", { name: "ログイン" }).waitFor();
  await picture(page, "sign-in-390");
  await frame.getByRole("button", { name: "ログイン" }).click();
  await frame.getByText("もどりました 同じブラウザ st4te").waitFor();
  await context.close();
});

test("a private window knows nobody and forgets everything", async () => {
  for (let time = 0; time < 2; time += 1) {
    const { frame, context } = await opened("taro", "private");
    await frame.getByRole("heading", { name: /ログイン|だれの電話/ }).waitFor();
    const person = frame.getByRole("button", { name: "三河 太郎", exact: true });
    if (await person.count()) await person.click();
    else await frame.getByRole("button", { name: "ログイン" }).click();
    if (time === 0) await frame.getByRole("button", { name: "許可する" }).click();
    await frame.getByText("もどりました 同じブラウザ st4te").waitFor();
    await context.close();
  }
});

test("a failed auto-login and another browser come as LINE's own failures do", async () => {
  const order = (kind) => ask(bot.line.phone, "faults", { endpoint: "GET /oauth2/v2.1/authorize", kind, times: 1 });
  await order("auto-login-failure");
  const failed = await opened("hanako", "line-ios");
  await failed.frame.getByText("もどりました 同じブラウザ").waitFor();
  assert.ok(!(await failed.frame.locator("p").innerText()).includes("st4te"), "a foreign state");
  await failed.context.close();
  await order("return-in-other-browser");
  const other = await opened("hanako", "line-ios");
  await other.frame.getByText("もどりました ほかのブラウザ st4te").waitFor();
  await other.context.close();
});

test("a tab of the menu shows the other menu and tells so", async () => {
  const tab = (name, alias) => ({
    size: { width: 2500, height: 843 }, selected: true, name, chatBarText: name,
    areas: [{ bounds: { x: 0, y: 0, width: 1250, height: 200 }, action: { type: "richmenuswitch", label: "もう一方のタブ", richMenuAliasId: alias, data: `to=${alias}` } }],
  });
  const [first, second] = [await bot.menu(tab("一のタブ", "two")), await bot.menu(tab("二のタブ", "one"))];
  await bot.api("POST", "/v2/bot/richmenu/alias", { richMenuAliasId: "one", richMenuId: first });
  await bot.api("POST", "/v2/bot/richmenu/alias", { richMenuAliasId: "two", richMenuId: second });
  await bot.api("POST", `/v2/bot/user/all/richmenu/${first}`);
  await ask(bot.line.phone, "personas/hanako/device", { device: "line-android" });
  const { page, context } = await openWindow(browser, { width: 390, height: 844 });
  await page.goto(`${bot.line.phone}/phone/hanako`);
  await page.getByRole("button", { name: "一のタブ" }).waitFor();
  await page.getByRole("button", { name: "もう一方のタブ" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "二のタブ" }).waitFor();
  await page.getByText("この人のメニュー").waitFor();
  const told = await eventually("a postback", () => bot.events.find((event) => event.postback?.data === "to=two"));
  assert.deepEqual(told.postback.params, { newRichMenuAliasId: "two", status: "SUCCESS" });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.area), "0", "the keyboard stays on the tab");
  await context.close();
});

test("an account is linked in the phone's browser, and nothing goes to LINE", async () => {
  const { linkToken } = await bot.api("POST", `/v2/bot/user/${bot.userId("hanako")}/linkToken`);
  const address = `https://access.line.me/dialog/bot/accountLink?linkToken=${linkToken}&nonce=n0nceN0nce`;
  await bot.push("hanako", [{ type: "text", text: `連携 ${address}` }, { type: "text", text: "招待 https://line.me/R/ti/p/@000mihon" }]);
  const { page, context, asked } = await openWindow(browser, { width: 390, height: 844 });
  await page.goto(`${bot.line.phone}/phone/hanako`);
  await page.getByRole("link", { name: /line\.me\/R/ }).click();
  await page.getByRole("status").getByText("アプリの中の画面").waitFor();
  await page.getByRole("link", { name: /accountLink/ }).click();
  const linked = await eventually("the account link", () => bot.events.find((event) => event.type === "accountLink"));
  assert.deepEqual(linked.link, { result: "ok", nonce: "n0nceN0nce" });
  assert.deepEqual(asked.map((request) => new URL(request.url()).hostname).filter((host) => host.endsWith("line.me")), []);
  await context.close();
});
