import { rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { InputMissingError } from "../../../src/core/errors.ts";
import { withContent } from "../../../src/providers/openai-compatible/with-content.ts";
import { errorOf, fileWith } from "./loopback.ts";

test("gives the content, and closes the file", async () => {
  let isClosed = () => false;
  const read = await withContent(fileWith("流\n"), (content) => {
    isClosed = () => content.destroyed;
    return text(content);
  });
  expect(read).toBe("流\n");
  expect(isClosed()).toBe(true);
});

test("closes the file when nobody read it", async () => {
  let isClosed = () => false;
  const call = withContent(fileWith("x"), (content) => {
    isClosed = () => content.destroyed;
    return Promise.reject(new Error("no connection"));
  });
  expect((await errorOf(call)).message).toBe("no connection");
  expect(isClosed()).toBe(true);
});

test("a file that is not there is told as that, before anything is sent", async () => {
  const error = await errorOf(withContent(`${fileWith("x")}.gone`, () => Promise.reject(new Error("sent"))));
  expect(error).toBeInstanceOf(InputMissingError);
});

test("one that goes away before it is opened disturbs nobody but its reader", async () => {
  const path = fileWith("x");
  const call = withContent(path, async (content) => {
    rmSync(path);
    content.emit("error", new Error("ENOENT"));
    return "sent";
  });
  expect(await call).toBe("sent");
});
