import { readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { CONFIRMED_OWNER_FILE, OWNER_FILE, removeFolder, WORK_FOLDER_PREFIX } from "../io/part-files.ts";
import { type PartPlace, partPath } from "../io/part-name.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "../ledger/lease.ts";

/** A process that cannot be seen from here is given up when nothing has come into its folder for so long. */
const UNSEEN_MS = 86_400_000;

/** The text of a hidden folder's owner file: this process, and what it splits. */
export function ownerText({ name, extension }: PartPlace): string {
  return JSON.stringify({ ...ownIdentity(), name, extension });
}

/**
 * Removes what killed processes have left in a folder: hidden folders of parts, and those parts that were put in
 * their places when the rest was not. What a process at work has there stays.
 *
 * @param now Milliseconds since the epoch.
 */
export async function removeAbandonedParts(directory: string, now: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(WORK_FOLDER_PREFIX))) {
    // What cannot be removed, such as another user's, is in nobody's way.
    await clear(directory, join(directory, name), now).catch(() => {});
  }
}

async function clear(directory: string, folder: string, now: number): Promise<void> {
  const owner = await readOwner(folder);
  if (!(await isAbandoned(folder, owner, now))) return;
  if (owner !== undefined && !owner.isConfirmed) await takeBack(folder, { ...owner, directory });
  removeFolder(folder);
}

interface Owner extends ProcessIdentity, Pick<PartPlace, "name" | "extension"> {
  /** Whether its parts are to stay. */
  readonly isConfirmed: boolean;
}

async function readOwner(folder: string): Promise<Owner | undefined> {
  const owner = await readIdentity(join(folder, OWNER_FILE));
  if (owner !== undefined) return { ...owner, isConfirmed: false };
  const confirmed = await readIdentity(join(folder, CONFIRMED_OWNER_FILE));
  return confirmed && { ...confirmed, isConfirmed: true };
}

async function readIdentity(path: string): Promise<Omit<Owner, "isConfirmed"> | undefined> {
  try {
    const identity: unknown = JSON.parse(await readFile(path, "utf8"));
    return isIdentity(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is Omit<Owner, "isConfirmed"> {
  if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number") return false;
  return ["host", "startedAt", "name", "extension"].every((key) => typeof Reflect.get(value, key) === "string");
}

async function isAbandoned(folder: string, owner: Owner | undefined, now: number): Promise<boolean> {
  if (owner?.host === ownIdentity().host) return !isAlive(owner, now, now);
  const stats = await stat(folder).catch(() => undefined);
  return stats !== undefined && now - stats.mtimeMs > UNSEEN_MS;
}

/** A part that was put in its place has two names. */
async function takeBack(folder: string, place: PartPlace): Promise<void> {
  const count = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).length;
  for (let number = 1; number <= count; number++) {
    const path = partPath(place, number, count);
    if (await isSameFile(path, join(folder, String(number)))) await unlink(path);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [first, second] = [await stat(one, { bigint: true }), await stat(other, { bigint: true })];
    return first.ino === second.ino && first.dev === second.dev;
  } catch {
    return false;
  }
}
