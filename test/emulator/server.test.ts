import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OutputError, UsageError } from "../../src/core/errors.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { clientOf, startForTest, temporaryDirectory } from "./support.ts";

test("tokens are those of the model's own encoding when nobody brings a counter", async () => {
  const emulator = await startEmulator({ directory: await temporaryDirectory() });
  onTestFinished(() => emulator.close());
  const promptTokens = async (model: string) => {
    const messages = [{ role: "user" as const, content: "Grüße, 世界: antidisestablishmentarianism" }];
    const completion = await clientOf(emulator.url).chat.completions.create({ model, messages });
    return completion.usage?.prompt_tokens;
  };
  // Counted with tiktoken: 12 tokens in o200k_base, 15 in cl100k_base; and 7 around them.
  expect(await promptTokens("gpt-5-mini")).toBe(12 + 7);
  expect(await promptTokens("gpt-4o")).toBe(12 + 7);
  expect(await promptTokens("gpt-4-turbo")).toBe(15 + 7);
  expect(await promptTokens("gpt-3.5-turbo")).toBe(15 + 7);
});

test("a taken port and a directory that cannot be are told apart", async () => {
  const { emulator, directory } = await startForTest();
  const port = Number(new URL(emulator.url).port);
  await expect(startEmulator({ directory, port })).rejects.toThrow(UsageError);
  await writeFile(join(directory, "file"), "");
  await expect(startEmulator({ directory: join(directory, "file", "below") })).rejects.toThrow(OutputError);
});
