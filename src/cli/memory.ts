import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8 from letting garbage pile up before it collects: the young generation does not grow beyond its first
 * size, the old one by 20 % at most. A run's live data is some 30 MB whatever the input, but by default the heap
 * around it grew past 200 MB. Measured over 30,000 rows with the emulator in the process: peak RSS 473 MB without,
 * 215-240 MB with it, for about a tenth more CPU time.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=20");
}
