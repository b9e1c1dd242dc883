import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { providerFacts, providerIdentity } from "../../src/providers/facts.ts";
import { providers } from "../../src/providers/index.ts";

const names = Object.keys(providers) as (keyof typeof providers)[];
const settings = {
  apiKey: "none",
  isEmbedded: false,
  log: silentLogger,
  clock: systemClock,
  signal: new AbortController().signal,
};

test.each(names)("what is known of %s without its client is what its adapter says", async (name) => {
  const create = await providers[name]();
  for (const baseUrl of ["http://127.0.0.1:9/v1", "https://api.openai.com/v1", "https://api.groq.com/openai/v1"]) {
    const provider = create({ ...settings, baseUrl });
    expect(provider.limits).toEqual(providerFacts[name].limits);
    expect(providerIdentity(name, { baseUrl, isEmbedded: false })).toBe(provider.identity);
    await provider.close();
  }
});

test("every provider has its facts, and nobody else", () => {
  expect(Object.keys(providerFacts)).toEqual(names);
});
