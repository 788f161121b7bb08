/**
 * The value of a property by its name, in which dots lead into nested objects; undefined when it is missing. Reads own
 * properties only, so that `__proto__` and its kin are names like any other.
 */
export function readProperty(properties: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(properties, path)) return properties[path];
  let value: unknown = properties;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
