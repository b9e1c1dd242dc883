import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { FileOutput, StreamOutput } from "../../src/io/output.ts";
import { ClosedOutputError } from "../../src/io/output-error.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("FileOutput", () => {
  test("the file appears whole at the commit, and nothing else stays", async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, "out.jsonl");
    await writeFile(path, "old");
    const output = await FileOutput.create(path);
    await output.write("new ");
    await output.write(Buffer.from("流"));
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual([".out.jsonl.bg-pipe-partial", "out.jsonl"]);
    await output.commit();
    expect(await readFile(path, "utf8")).toBe("new 流");
    expect(await readdir(directory)).toEqual(["out.jsonl"]);
  });

  test("abandoned, the target stays as it was and the temporary file is kept; the next run starts it anew", async () => {
    const path = join(await temporaryDirectory(), "out.csv");
    const output = await FileOutput.create(path);
    await output.write("a long beginning");
    await output.abandon();
    await output.abandon();
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect(await readFile(output.temporaryPath ?? "", "utf8")).toBe("a long beginning");
    const next = await FileOutput.create(path);
    await next.write("short");
    await next.commit();
    expect(await readFile(path, "utf8")).toBe("short");
  });

  test("keeps the permissions of the file it replaces, and replaces what a link points at", async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, "real");
    await writeFile(path, "old");
    await chmod(path, 0o600);
    await symlink(path, join(directory, "link"));
    const output = await FileOutput.create(join(directory, "link"));
    await output.write("new");
    await output.commit();
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readdir(directory)).sort()).toEqual(["link", "real"]);
  });

  test("writes a pipe directly", async () => {
    const path = join(await temporaryDirectory(), "fifo");
    await once(spawn("mkfifo", [path]), "close");
    const reader = spawn("cat", [path], { stdio: ["ignore", "pipe", "ignore"] });
    const output = await FileOutput.create(path);
    expect(output.temporaryPath).toBeUndefined();
    await output.write("through the pipe");
    await output.commit();
    expect(await reader.stdout.toArray()).toEqual([Buffer.from("through the pipe")]);
  });

  test("a directory, or a missing one above, cannot be created: 73", async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, "sub"));
    for (const name of ["sub", "missing/out.csv"]) {
      await expect(FileOutput.create(join(directory, name))).rejects.toMatchObject({
        exitStatus: 73,
        message: expect.stringContaining(join(directory, name)),
      });
    }
  });

  test("a full disk cannot be written: 74", async () => {
    const output = await FileOutput.create("/dev/full");
    await expect(output.write("x")).rejects.toMatchObject({ exitStatus: 74, hint: expect.stringContaining("disk") });
    await output.abandon();
  });
});

describe("StreamOutput", () => {
  test("waits for a slow reader, and holds no more than the stream's own buffer", async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const output = new StreamOutput(stream);
    let isWritten = false;
    const writing = output.write("0123456789abc").then(() => {
      isWritten = true;
    });
    await new Promise(setImmediate);
    expect(isWritten).toBe(false);
    expect(String(stream.read())).toBe("0123456789abc");
    await writing;
    await output.write("z");
    await output.commit();
    expect(String(stream.read())).toBe("z");
    expect(stream.writableEnded).toBe(false);
  });

  test.each([
    ["EPIPE", ClosedOutputError, 141],
    ["ENOSPC", Error, 74],
    ["EIO", Error, 74],
  ])("%s ends a write, a wait and a commit with the right error", async (code, type, exitStatus) => {
    const failure = Object.assign(new Error(code), { code });
    const failing = () =>
      new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => setImmediate(done, failure) });
    const waiting = new StreamOutput(failing());
    await expect(waiting.write("xx")).rejects.toMatchObject({ exitStatus });
    await expect(waiting.write("xx")).rejects.toBeInstanceOf(type);
    const stream = failing();
    const committing = new StreamOutput(stream);
    stream.write("x");
    await expect(committing.commit()).rejects.toMatchObject({ exitStatus });
    await committing.abandon();
  });

  test("a stream that is destroyed while a write waits counts as closed", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const output = new StreamOutput(stream, "the reader's pipe");
    const writing = output.write("xx");
    stream.destroy();
    await expect(writing).rejects.toThrow("the reader's pipe was closed");
  });

  test("leaves no listeners behind, however often it waits", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const output = new StreamOutput(stream);
    const before = ["drain", "error", "close"].map((name) => stream.listenerCount(name));
    stream.resume();
    for (let index = 0; index < 50; index++) await output.write("xx");
    expect(["drain", "error", "close"].map((name) => stream.listenerCount(name))).toEqual(before);
  });
});

test("a reader that goes away, as head does, is told from a failure in a real process", async () => {
  const script = `
    import { StreamOutput } from ${JSON.stringify(new URL("../../src/io/output.ts", import.meta.url).href)};
    const output = new StreamOutput(process.stdout);
    try {
      for (;;) await output.write("row\\n".repeat(1000));
    } catch (error) {
      process.exitCode = error.exitStatus;
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [status] = await once(child, "close");
  expect(status).toBe(141);
  expect(String((await child.stderr.toArray()).join(""))).toBe("");
});
