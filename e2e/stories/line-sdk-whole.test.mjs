// The rest of LINE's API, with LINE's own SDK.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { HTTPFetchError, channelAccessToken, insight, manageAudience, messagingApi } from "@line/bot-sdk";
import { ask, lineEmulator } from "../support/program.mjs";

let line;
let channel;
let users;
let client;
let blobs;
let statistics;
let audiences;

before(async () => {
  line = await lineEmulator();
  channel = (await ask(line.phone, "channels")).find(({ kind }) => kind === "messaging");
  await ask(line.phone, "personas", { count: 60, friend_of: channel.id });
  const people = (await ask(line.phone, "personas")).slice(3);
  users = people.map(({ channels }) => channels.find((known) => known.channel === channel.id).user_id);
  const options = { channelAccessToken: channel.token };
  client = new messagingApi.MessagingApiClient({ ...options, baseURL: line.api });
  blobs = new messagingApi.MessagingApiBlobClient({ ...options, baseURL: line.data });
  statistics = new insight.InsightClient({ ...options, baseURL: line.api });
  audiences = new manageAudience.ManageAudienceClient({ ...options, baseURL: line.api });
});

after(() => line?.stop());

const text = (words) => [{ type: "text", text: words }];
const arrived = async (id) => (await ask(line.phone, `personas/${id}/messages`)).map(({ message }) => message.text);
const later = (seconds) => ask(line.phone, "clock", { advance_seconds: seconds });
const headerOf = (answer) => answer.httpResponse.headers.get("x-line-request-id");

/** A picture of one colour, whole: the emulator looks at it. */
function png(width, height) {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes) => {
    let c = 0xffffffff;
    for (const byte of bytes) c = crcTable[(c ^ byte) & 0xff] ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

test("a multicast is delivered once, whatever is retried", async () => {
  const key = randomUUID();
  const request = { to: users.slice(0, 3), messages: text("三人へ") };
  await client.multicast(request, key);
  await assert.rejects(client.multicast(request, key), (error) => error instanceof HTTPFetchError && error.status === 409);
  assert.deepEqual(await arrived("p000004"), ["三人へ"]);
  assert.deepEqual(await arrived("p000007"), []);
});

test("a broadcast, a narrowcast and their numbers", async () => {
  const sent = await client.broadcastWithHttpInfo({ messages: text("みなさんへ") });
  assert.equal(sent.httpResponse.status, 200);
  const events = await statistics.getMessageEvent(headerOf(sent));
  assert.equal(events.overview.delivered, 60);
  const audience = await audiences.createAudienceGroup({
    description: "六十人",
    audiences: users.map((id) => ({ id })),
  });
  const narrow = await client.narrowcastWithHttpInfo({
    messages: text("あつまり"),
    recipient: { type: "audience", audienceGroupId: audience.audienceGroupId },
  });
  await later(2);
  const progress = await client.getNarrowcastProgress(headerOf(narrow));
  assert.equal(progress.phase, "succeeded");
  assert.equal(progress.successCount, 60);
  const { audienceGroup } = await audiences.getAudienceData(audience.audienceGroupId);
  assert.equal(audienceGroup.status, "READY");
});

test("a rich menu with its picture: default, per user, alias, batch", async () => {
  const menu = {
    size: { width: 2500, height: 843 },
    selected: true,
    name: "手続",
    chatBarText: "メニュー",
    areas: [{ bounds: { x: 0, y: 0, width: 2500, height: 843 }, action: { type: "uri", label: "手続", uri: "https://city.example/" } }],
  };
  await client.validateRichMenuObject(menu);
  const make = async () => {
    const { richMenuId } = await client.createRichMenu(menu);
    await blobs.setRichMenuImage(richMenuId, new Blob([png(2500, 843)], { type: "image/png" }));
    return richMenuId;
  };
  const [first, second] = [await make(), await make()];
  await client.setDefaultRichMenu(first);
  assert.equal((await client.getDefaultRichMenuId()).richMenuId, first);
  await client.linkRichMenuIdToUser(users[0], second);
  assert.equal((await client.getRichMenuIdOfUser(users[0])).richMenuId, second);
  await client.linkRichMenuIdToUsers({ richMenuId: second, userIds: users.slice(1, 10) });
  await later(2);
  assert.equal((await client.getRichMenuIdOfUser(users[9])).richMenuId, second);
  await client.createRichMenuAlias({ richMenuAliasId: "tab", richMenuId: second });
  assert.equal((await client.getRichMenuAlias("tab")).richMenuId, second);
  const batch = await client.richMenuBatchWithHttpInfo({ operations: [{ type: "link", from: second, to: first }] });
  await later(2);
  assert.equal((await client.getRichMenuBatchProgress(headerOf(batch))).phase, "succeeded");
  assert.equal((await client.getRichMenuIdOfUser(users[9])).richMenuId, first);
  assert.equal((await client.getRichMenuList()).richmenus.length, 2);
  await client.deleteRichMenu(second);
  await assert.rejects(client.getRichMenu(second), { status: 404 });
});

test("followers by pages, quota, counts", async () => {
  const first = await client.getFollowers(undefined, 50);
  const second = await client.getFollowers(first.next, 50);
  assert.deepEqual([...first.userIds, ...second.userIds], users);
  assert.equal((await client.getMessageQuota()).type, "none");
  const day = new Date((await ask(line.phone, "clock", { advance_seconds: 0 })).now + 9 * 3_600_000);
  const today = day.toISOString().slice(0, 10).replaceAll("-", "");
  assert.equal((await client.getNumberOfSentMulticastMessages(today)).status, "unready");
  await later(24 * 60 * 60);
  const count = await client.getNumberOfSentMulticastMessages(today);
  assert.deepEqual({ status: count.status, success: count.success }, { status: "ready", success: 3 });
  assert.equal((await statistics.getNumberOfFollowers(today)).status, "ready");
});

test("a stateless token works", async () => {
  const tokens = new channelAccessToken.ChannelAccessTokenClient({ baseURL: line.api });
  const made = await tokens.issueStatelessChannelTokenByClientSecret(channel.id, channel.secret);
  assert.equal(made.expires_in, 900);
  const other = new messagingApi.MessagingApiClient({ channelAccessToken: made.access_token, baseURL: line.api });
  assert.equal((await other.getBotInfo()).userId, (await client.getBotInfo()).userId);
});
