/** Maps keyed by users' strings: only own properties count, so that `constructor` is an ordinary key. */

/** The value under `key`, or undefined when the map or the key is absent. */
export function stringMap(
  map: Readonly<Record<string, string>> | undefined,
  key: string,
): string | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined
}
