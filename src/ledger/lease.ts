import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process that cannot be seen from here loses its lease when it has not renewed it for so long. */
export const LEASE_MS = 60_000;
/** How often a run renews its lease. */
export const RENEW_EVERY_MS = 15_000;

/** Who holds a lease: enough to tell a process from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The kernel's start time of the process, where it tells (Linux); else empty. */
  readonly startedAt: string;
}

/** The process that runs this code. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostIdentity(), startedAt: startTimeOf(process.pid) };
}

/**
 * Whether the holder of a lease is still at work. On this host that is seen at once; elsewhere it is believed for
 * {@link LEASE_MS} after the last renewal.
 */
export function isAlive(holder: ProcessIdentity, renewedAt: number, now: number): boolean {
  if (holder.host !== hostIdentity()) return now - renewedAt < LEASE_MS;
  return processExists(holder.pid) && startTimeOf(holder.pid) === holder.startedAt;
}

/**
 * The host's name and, on Linux, its boot and the namespace of process numbers: after a reboot no old process is
 * alive, and one in another container cannot be seen from here.
 */
function hostIdentity(): string {
  const boot = readText("/proc/sys/kernel/random/boot_id").trim();
  return [hostname(), boot, readLink("/proc/self/ns/pid")].join("/");
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted behind the command name, which may hold blanks. */
function startTimeOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return (
    stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .at(19) ?? ""
  );
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
