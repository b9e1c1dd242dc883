import { rmSync } from "node:fs";
import { access, type FileHandle, link, mkdtemp, open, rename, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { OutputError, systemCodeOf } from "../core/errors.ts";
import { makeFolder } from "./folders.ts";
import { outputErrorOf } from "./output-error.ts";
import { existingParts, type PartPlace, partPath } from "./part-name.ts";

/** What the names of the hidden folders begin with in which parts are written. */
export const WORK_FOLDER_PREFIX = ".bg-pipe-parts-";
/** The file in such a folder that says whose it is. */
export const OWNER_FILE = "owner";
/** What that file is called once the parts are to stay. */
export const CONFIRMED_OWNER_FILE = "owner-confirmed";

/** File systems that know no second name for a file. */
const CANNOT_LINK: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * The parts of one input: written under their numbers in a hidden folder, and put in their places when all are whole.
 * Until that is over, the hidden folder keeps them under their numbers too, so that who finds it after a crash can
 * tell which parts are not to stay.
 */
export class PartFiles {
  /** The hidden folder, for whatever else has to wait on the same disk. */
  readonly folder: string;
  readonly #place: PartPlace;
  #count = 0;
  #published: string[] = [];

  private constructor(folder: string, place: PartPlace) {
    this.folder = folder;
    this.#place = place;
  }

  /**
   * Makes the folder of the parts, if it is not there, and the hidden one in it.
   *
   * @param owner Who is at work, for those who find the folder.
   * @throws {OutputError} when that cannot be done
   */
  static async create(place: PartPlace, owner: string): Promise<PartFiles> {
    try {
      await makeFolder(resolve(place.directory));
      const folder = await mkdtemp(join(place.directory, WORK_FOLDER_PREFIX));
      const handle = await open(join(folder, OWNER_FILE), "wx");
      await handle.writeFile(owner).finally(() => handle.close());
      return new PartFiles(folder, place);
    } catch (error) {
      throw outputErrorOf(error, place.directory);
    }
  }

  /** How many parts there are so far. */
  get count(): number {
    return this.#count;
  }

  /** Begins the next part. */
  async next(): Promise<PartFile> {
    this.#count++;
    return PartFile.create(join(this.folder, String(this.#count)));
  }

  /** Where that part is to be: known when all are there. */
  pathOf(number: number): string {
    return partPath(this.#place, number, this.#count);
  }

  /**
   * Puts all parts in their places.
   *
   * @returns parts that were there before, and are none of these
   * @throws {OutputError} when one cannot be put there; without `overwrites`, also when there is a file already, and
   *   then none of these is left
   */
  async publish({ overwrites }: { readonly overwrites: boolean }): Promise<readonly string[]> {
    const before = new Set(overwrites ? await existingParts(this.#place) : []);
    for (let number = 1; number <= this.#count; number++) {
      const path = this.pathOf(number);
      try {
        await this.#put(join(this.folder, String(number)), path, overwrites);
        before.delete(path);
      } catch (error) {
        await this.retract();
        throw outputErrorOf(error, path);
      }
    }
    return [...before];
  }

  /** Takes back what was put in its place, unless it has replaced another file. */
  async retract(): Promise<void> {
    for (const path of this.#published) await unlink(path).catch(() => {});
    this.#published = [];
  }

  /** Says that the parts in their places are to stay, whatever happens to the hidden folder. */
  async confirm(): Promise<void> {
    await rename(join(this.folder, OWNER_FILE), join(this.folder, CONFIRMED_OWNER_FILE));
  }

  /** Removes the hidden folder with all that is in it. */
  close(): void {
    removeFolder(this.folder);
  }

  async #put(from: string, to: string, overwrites: boolean): Promise<void> {
    if (overwrites) return rename(from, to);
    try {
      await link(from, to);
    } catch (error) {
      const code = systemCodeOf(error) ?? "";
      if (code === "EEXIST") throw alreadyThere(to);
      if (!CANNOT_LINK.has(code)) throw error;
      await moveUnlessThere(from, to);
    }
    this.#published.push(to);
  }
}

/**
 * Removes a folder with all that is in it. The way of promises would remove all files at once: 2 KB of memory for
 * each of perhaps 100,000.
 */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** One part, while it is written. */
export class PartFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #bytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<PartFile> {
    try {
      return new PartFile(path, await open(path, "wx"));
    } catch (error) {
      throw outputErrorOf(error, path);
    }
  }

  /** Its size so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {OutputError} when it cannot be written */
  async write(bytes: Uint8Array): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#bytes += bytes.length;
    if (this.#pendingBytes >= WRITE_BYTES) await this.#flush();
  }

  async close(): Promise<void> {
    try {
      await this.#flush().finally(() => this.#handle.close());
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }

  async #flush(): Promise<void> {
    const [first, ...others] = this.#pending;
    if (first === undefined) return;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw outputErrorOf(error, this.#path);
    }
  }
}

/** How much is written at a time. */
const WRITE_BYTES = 256 * 1024;

/** The error for a file that is in a part's place. */
export function alreadyThere(path: string, others = 0): OutputError {
  const more = others === 0 ? "" : `, and ${others} more`;
  return new OutputError("cannotCreate", `there is a part already: ${path}${more}`, {
    hint: "Nothing was written. --overwrite replaces it; --output-dir writes elsewhere.",
  });
}

/** Between the look and the move somebody may make the file; there is no better way where links are not known. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  const isFree = await access(to).then(
    () => false,
    () => true,
  );
  if (!isFree) throw alreadyThere(to);
  await rename(from, to);
}
