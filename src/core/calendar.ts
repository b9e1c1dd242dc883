/** Whose days they are. */
export interface Calendar {
  /** Such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** The day a time is on, such as `2026-11-21`. @param time Milliseconds since epoch. */
  readonly dayOf: (time: number) => string;
}

/** The calendar of this machine's time zone, or of UTC. */
export function calendarOf({ isUtc }: { readonly isUtc: boolean }): Calendar {
  if (isUtc) return { timeZone: "UTC", dayOf: (time) => new Date(time).toISOString().slice(0, 10) };
  return { timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone, dayOf: localDay };
}

function localDay(time: number): string {
  const date = new Date(time);
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((part) => `${part}`.padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}
