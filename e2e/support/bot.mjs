// A bot beside the emulator: it pushes, hears webhooks and serves pictures.
import { createServer } from "node:http";
import { ask, lineEmulator } from "./program.mjs";
import { drawing } from "./samples.mjs";

/** Enough of a PNG for the emulator's look at its size; browsers show nothing of it. */
export function png(width, height) {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), size, Buffer.from([8, 2, 0, 0, 0])]);
}

async function listen(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: server.address().port };
}

export async function startBot() {
  const line = await lineEmulator();
  const pictures = await listen((request, response) => {
    const svg = drawing(request.url);
    response.writeHead(svg ? 200 : 404, { "content-type": "image/svg+xml" }).end(svg);
  });
  const events = [];
  const hook = await listen((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      events.push(...JSON.parse(Buffer.concat(parts)).events);
      response.end();
    });
  });
  const channel = (await ask(line.phone, "channels")).find(({ kind }) => kind === "messaging");
  const api = async (base, method, path, body, type = "application/json") => {
    const raw = type === "application/json" ? body && JSON.stringify(body) : body;
    const answer = await fetch(`${base}${path}`, { method, body: raw, headers: { authorization: `Bearer ${channel.token}`, "content-type": type } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text || "{}");
  };
  await ask(line.phone, `channels/${channel.id}/settings`, { webhook: `http://127.0.0.1:${hook.port}/` });
  const people = await ask(line.phone, "personas");
  const userId = (id) => people.find((person) => person.id === id).channels[0].user_id;
  return {
    line, channel, events, userId,
    // Written with https, as LINE wants it; phones of this machine fetch it without.
    pictures: `https://127.0.0.1:${pictures.port}`,
    act: (id, deed, body = {}) => ask(line.phone, `personas/${id}/${deed}`, { channel: channel.id, ...body }),
    push: (id, messages) => api(line.api, "POST", "/v2/bot/message/push", { to: userId(id), messages }),
    api: (method, path, body) => api(line.api, method, path, body),
    async menu(menu) {
      const { richMenuId } = await api(line.api, "POST", "/v2/bot/richmenu", menu);
      await api(line.data, "POST", `/v2/bot/richmenu/${richMenuId}/content`, png(menu.size.width, menu.size.height), "image/png");
      return richMenuId;
    },
    async stop() {
      pictures.server.close();
      hook.server.close();
      hook.server.closeAllConnections();
      await line.stop();
    },
  };
}
