import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageDataPath } from "../../src/config/package-data.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { loadPrices } from "../../src/pricing/load-prices.ts";

const nobody = { entries: {}, origin: "default" };

async function refusal(path: string, user = nobody): Promise<ConfigurationError> {
  const thrown: unknown = await loadPrices(path, user).catch((error: unknown) => error);
  if (!(thrown instanceof ConfigurationError)) throw new Error(`expected a ConfigurationError, got ${String(thrown)}`);
  return thrown;
}

test("the package's table is there, and the user's prices are over it", async () => {
  const path = packageDataPath("prices.yaml");
  const user = { entries: { "gpt-4.1-mini": { batch: { input: 0.3 } } }, origin: "bg-pipe.yaml:2:3" };
  const [plain, merged] = [await loadPrices(path, nobody), await loadPrices(path, user)];
  expect(plain.models.get("gpt-4.1-mini")).toMatchObject({ batch: { input: 200_000n }, origin: "package" });
  expect(merged.models.get("gpt-4.1-mini")).toMatchObject({ batch: { input: 300_000n }, origin: "bg-pipe.yaml:2:3" });
});

test("a table that is missing or cannot be read is an error that names it, and no table", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bg-pipe-prices-"));
  for (const path of [join(folder, "none.yaml"), folder]) {
    const error = await refusal(path);
    expect(error.message).toContain(`cannot read the price table ${path}`);
    expect(error.exitStatus).toBe(78);
  }
});

test("a broken table is an error that names the place", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "bg-pipe-prices-")), "p.yaml");
  await writeFile(path, "updated: 2026-01-01\nmodels:\n  m: { live: { input: x } }\n");
  expect((await refusal(path)).message).toContain(`${path}:3:23: models.m.live.input`);
});
