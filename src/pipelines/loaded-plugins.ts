/** Where a plug-in was named: by what, and in a file of which folder. */
export interface PluginPlace {
  readonly name: string;
  readonly folder: string;
}

const places: PluginPlace[] = [];

/** Notes a plug-in that this process has loaded. */
export function notePlugin(place: PluginPlace): void {
  places.push(place);
}

/** The plug-ins that this process has loaded, for threads, which have to load them, too. */
export function loadedPlugins(): readonly PluginPlace[] {
  return places;
}
