// Starts one of our programs and waits until it says `ready`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const madoguchi = process.env.MADOGUCHI_BIN ?? join(root, "target/debug/madoguchi");
const emulator = process.env.LINE_EMULATOR_BIN ?? join(dirname(madoguchi), "line-emulator");

/** Longest wait for `ready`, milliseconds. */
const PATIENCE = 60_000;

/** A port such that it and the twelve after it are free now. */
async function sparePort() {
  for (let first = 21_000 + Math.floor(Math.random() * 9_000); first < 40_000; first += 20) {
    const free = await Promise.all([0, 1, 10, 11, 12].map((distance) => isFree(first + distance)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no free ports");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Runs it until `ready`; gives the lines before it, and `stop`. */
async function start(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = [];
  let ready;
  const said = new Promise((resolve) => (ready = resolve));
  createInterface(child.stdout).on("line", (line) => (line === "ready" ? ready(true) : lines.push(line)));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, "late").unref());
  const first = await Promise.race([said, ended, late]);
  if (first !== true) {
    child.kill("SIGKILL");
    throw new Error(`${program} ${args.join(" ")} was not ready:\n${lines.join("\n")}`);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await ended;
    return code;
  };
  return { lines, stop };
}

/** The demo on a folder of its own, or on one that is given. */
export async function demo(data) {
  const folder = data ?? (await mkdtemp(join(tmpdir(), "madoguchi-e2e-")));
  const port = await sparePort();
  const { lines, stop } = await start(madoguchi, ["demo", "--port", String(port), "--data", folder]);
  const after = (word) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    citizen: new URL(after("citizen")[0]),
    staff: new URL(after("staff")[0]),
    phone: new URL(after("phone")[0]),
    clerks: after("staff-account").map((line) => line.split(" ")).map(([name, password]) => ({ name, password })),
    emulator: `http://127.0.0.1:${port + 10}`,
    async stop() {
      const code = await stop();
      if (!data) await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** The emulator alone: `phone` is the host of its own addresses, `api` stands for api.line.me. */
export async function lineEmulator() {
  const port = await sparePort();
  const { stop } = await start(emulator, ["--port", String(port + 10)]);
  const [phone, api, data] = [10, 11, 12].map((distance) => `http://127.0.0.1:${port + distance}`);
  return { phone, api, data, stop };
}

/** JSON of one of the emulator's own addresses. */
export async function ask(base, path, body) {
  const init = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`${base}/_emulator/${path}`, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

/** Asks again until `good` says yes; there is no fixed sleep in a story. */
export async function eventually(what, attempt, good = Boolean, patience = 15_000) {
  const end = Date.now() + patience;
  let last;
  while (Date.now() < end) {
    last = await attempt();
    if (good(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${patience} ms in vain: ${what}; last: ${JSON.stringify(last)}`);
}
