import { expect, test } from "vitest";
import { defaultLayer } from "../../src/config/layers.ts";
import { packageDataPath, packageVersion, readPackageText } from "../../src/config/package-data.ts";
import { readYamlLayer } from "../../src/config/yaml-file.ts";

const place = { path: packageDataPath("defaults.yaml"), cwd: "/", home: "/" };

test("config/defaults.yaml says what the table of options says, so the help is right", async () => {
  const table = defaultLayer();
  const layer = await readYamlLayer(await readPackageText("defaults.yaml"), place);
  expect(layer.size).toBeGreaterThan(8);
  for (const [name, { value }] of layer) expect([name, value]).toEqual([name, table.get(name)?.value]);
});

test("the version is package.json's", async () => {
  expect(await packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
});
