import { expect, test } from "vitest";
import { type ConfigurationSources, flagConfiguration, loadConfiguration } from "../../src/config/load.ts";
import { ConfigurationError, UsageError } from "../../src/core/errors.ts";

const USER_FILE = "/home/ann/.config/bg-pipe/config.yaml";
const PROJECT_FILE = "/data/bg-pipe.yaml";

type Given = Partial<Omit<ConfigurationSources, "readFile">> & { readonly files?: Readonly<Record<string, string>> };

function sources({ files = {}, ...given }: Given): ConfigurationSources {
  const readFile = async (path: string) => files[path];
  return { flags: {}, environment: {}, cwd: "/data", home: "/home/ann", ...given, readFile };
}

const load = (given: Given = {}) => loadConfiguration(sources(given));

test("without anything there are the defaults, and each says so", async () => {
  const { values, origins, warnings } = await load();
  expect(values).toMatchObject({ retries: 3, maxBatches: 20, order: "input", onError: "keep", provider: "openai" });
  expect(values).toMatchObject({ param: {}, prompts: {}, meta: false, maxRecordBytes: 16 * 1024 ** 2 });
  expect(values.stateDir).toBe("/home/ann/.local/state/bg-pipe");
  expect(values.model).toBeUndefined();
  expect(Object.values(origins).every((origin) => origin.startsWith("default"))).toBe(true);
  expect(warnings).toEqual([]);
});

test("each layer wins over the one below, and is named as the origin", async () => {
  const files = { [USER_FILE]: "retries: 1\n", [PROJECT_FILE]: "# ours\nretries: 2\n" };
  const environment = { BG_PIPE_RETRIES: "4" };
  const flags = { retries: ["5"] };
  const steps = [
    { files: { [USER_FILE]: files[USER_FILE] ?? "" } },
    { files },
    { files, environment },
    { files, environment, flags },
  ];
  const seen = [];
  for (const step of steps) {
    const { values, origins } = await load(step);
    seen.push([values.retries, origins.retries]);
  }
  expect(seen).toEqual([
    [1, `${USER_FILE}:1:10`],
    [2, "bg-pipe.yaml:2:10"],
    [4, "env BG_PIPE_RETRIES"],
    [5, "flag --retries"],
  ]);
});

test("maps merge at all depths over the layers; other values replace", async () => {
  const files = {
    [USER_FILE]: "param: { a: { x: 1, y: 1 }, b: [1, 2] }\n",
    [PROJECT_FILE]: "param: { a: { y: 2 }, b: [3] }\n",
  };
  const { values, origins } = await load({ files, flags: { param: ['a={"z":3}', "__proto__=4"] } });
  expect(values.param).toEqual({ a: { x: 1, y: 2, z: 3 }, b: [3], ["__proto__"]: 4 });
  expect(origins.param).toBe(`flag --param over bg-pipe.yaml:1:8 over ${USER_FILE}:1:8`);
});

test("XDG folders count when they are absolute", async () => {
  const environment = { XDG_CONFIG_HOME: "/xdg", XDG_STATE_HOME: "/state" };
  const { values } = await load({ environment, files: { "/xdg/bg-pipe/config.yaml": "model: m\n" } });
  expect(values).toMatchObject({ model: "m", stateDir: "/state/bg-pipe" });
  const relative = await load({ environment: { XDG_STATE_HOME: "state" } });
  expect(relative.values.stateDir).toBe("/home/ann/.local/state/bg-pipe");
});

test("--config names the project file, from the working folder; the usual one is then not read", async () => {
  const files = { [PROJECT_FILE]: "model: usual\nretries: 9\n", "/data/sub/other.yaml": "model: other\n" };
  const { values, origins } = await load({ files, flags: { config: ["sub/other.yaml"] } });
  expect(values).toMatchObject({ model: "other", retries: 3 });
  expect(origins.model).toBe("sub/other.yaml:1:8");
  const byVariable = await load({ files, environment: { BG_PIPE_CONFIG: "/data/sub/other.yaml" } });
  expect(byVariable.values.model).toBe("other");
});

test("a --config that is not there is an error of configuration", async () => {
  const missing = load({ flags: { config: ["nightly.yaml"] } });
  await expect(missing).rejects.toThrow(ConfigurationError);
  await expect(missing).rejects.toThrow("there is no configuration file nightly.yaml");
});

test("an empty variable is not set, and the option's own comes before its other ones", async () => {
  const { values } = await load({
    environment: { BG_PIPE_MODEL: "", BG_PIPE_BASE_URL: "http://a", OPENAI_BASE_URL: "http://b" },
  });
  expect(values.model).toBeUndefined();
  expect(values.baseUrl).toBe("http://a");
  const other = await load({ environment: { BG_PIPE_BASE_URL: "", OPENAI_BASE_URL: "http://b" } });
  expect([other.values.baseUrl, other.origins["base-url"]]).toEqual(["http://b", "env OPENAI_BASE_URL"]);
});

test("a wrong value names its flag or variable", async () => {
  await expect(load({ flags: { "max-batches": ["abc"] } })).rejects.toThrow(UsageError);
  await expect(load({ flags: { "max-batches": ["abc"] } })).rejects.toThrow(/^--max-batches is "abc"/);
  const wrong = load({ environment: { BG_PIPE_ORDER: "random" } });
  await expect(wrong).rejects.toThrow(ConfigurationError);
  await expect(wrong).rejects.toThrow(
    'environment variable BG_PIPE_ORDER is "random", but has to be one of input, completion',
  );
});

test("a variable that is nearly ours is warned of; others are left alone", async () => {
  const { warnings } = await load({ environment: { BG_PIPE_MODLE: "x", BG_PIPE_SOMETHING_ELSE_ALTOGETHER: "y" } });
  expect(warnings).toEqual(["environment variable BG_PIPE_MODLE sets nothing. Did you mean BG_PIPE_MODEL?"]);
});

test("a foreign address in a project file that nobody named is warned of", async () => {
  const files = { [PROJECT_FILE]: "base-url: https://else.where/v1\n" };
  const { warnings } = await load({ files });
  expect(warnings).toEqual([expect.stringContaining("the API key goes to the base-url of bg-pipe.yaml:1:11")]);
  expect((await load({ files, flags: { config: ["bg-pipe.yaml"] } })).warnings).toEqual([]);
  expect((await load({ files, flags: { "base-url": ["https://mine"] } })).warnings).toEqual([]);
  for (const address of ["http://localhost:1/v1", "http://127.0.0.1:8787", "http://[::1]:1"]) {
    expect((await load({ files: { [PROJECT_FILE]: `base-url: "${address}"` } })).warnings).toEqual([]);
  }
});

test("the files that were read are listed, the weakest first", async () => {
  const { files } = await load({ files: { [USER_FILE]: "", [PROJECT_FILE]: "# nothing\n" } });
  expect(files.map((file) => file.split("/").at(-1))).toEqual(["defaults.yaml", "config.yaml", "bg-pipe.yaml"]);
});

test("flags and defaults alone make a configuration, whatever the files hold", () => {
  const given = sources({ files: { [PROJECT_FILE]: "not: right" }, flags: { model: ["m"] } });
  expect(flagConfiguration(given).values).toMatchObject({ model: "m", retries: 3 });
});
