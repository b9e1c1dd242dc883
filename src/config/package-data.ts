import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The package's own folder: two up from here, both in a clone (src/config) and in the package (dist/config). */
const ROOT = new URL("../../", import.meta.url);

/** The absolute path of a file in the package's `config/` folder. */
export function packageDataPath(name: string): string {
  return fileURLToPath(new URL(`config/${name}`, ROOT));
}

/** The text of a file in the package's `config/` folder, such as `defaults.yaml`. */
export function readPackageText(name: string): Promise<string> {
  return readFile(packageDataPath(name), "utf8");
}

/** The package's version, such as `0.1.0`. */
export async function packageVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("package.json", ROOT), "utf8"));
  const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return hasVersion ? String(manifest.version) : "unknown";
}
