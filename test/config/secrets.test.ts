import { expect, test } from "vitest";
import type { SecretReference } from "../../src/config/option-definition.ts";
import { readApiKey } from "../../src/config/secrets.ts";
import { KeyRefusedError } from "../../src/core/errors.ts";

interface Given {
  readonly apiKeyFile?: string;
  readonly apiKey?: SecretReference;
  readonly environment?: Readonly<Record<string, string>>;
}

const files: Readonly<Record<string, string>> = {
  key: "  key-of-file\n",
  other: "key-of-reference\r\n",
  empty: " \n",
  two: "key one\nkey two\n",
};

const find = ({ environment = {}, ...values }: Given) =>
  readApiKey({ values, environment, readFile: async (path) => files[path] });

const environment = { OPENAI_API_KEY: "key-of-environment", MINE: "key-of-mine" };

test.each([
  ["--api-key-file before all", { apiKeyFile: "key", apiKey: { env: "MINE" }, environment }, "key-of-file"],
  ["api-key's file before the environment", { apiKey: { file: "other" }, environment }, "key-of-reference"],
  ["api-key's variable before the usual one", { apiKey: { env: "MINE" }, environment }, "key-of-mine"],
  ["OPENAI_API_KEY", { environment }, "key-of-environment"],
  ["white space trimmed", { environment: { OPENAI_API_KEY: " k \n" } }, "k"],
])("%s", async (_, given, expected) => {
  expect(await find(given)).toBe(expected);
});

test.each([
  ["nothing set", {}, "there is no API key: OPENAI_API_KEY is not set"],
  ["an empty variable", { environment: { OPENAI_API_KEY: " " } }, "OPENAI_API_KEY is empty"],
  ["a variable that is not set", { apiKey: { env: "NONE" }, environment }, "there is no API key: NONE is not set"],
  ["a missing file", { apiKeyFile: "none", environment }, "there is no API key file none"],
  ["an empty file", { apiKeyFile: "empty", environment }, "the API key file empty is empty"],
])("%s is refused with a way out", async (_, given, message) => {
  const refused = find(given);
  await expect(refused).rejects.toThrow(KeyRefusedError);
  await expect(refused).rejects.toMatchObject({
    message,
    exitStatus: 77,
    hint: expect.stringContaining("--api-key-file"),
  });
});

test("what cannot be a key is refused without being shown", async () => {
  const error: unknown = await find({ apiKeyFile: "two" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(KeyRefusedError);
  expect(String(error)).not.toContain("key one");
});
