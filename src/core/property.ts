export type Properties = Readonly<Record<string, unknown>>;

/**
 * Reads a property by its name, in which dots lead into nested objects; undefined when it is missing. A property that
 * has the whole name, dots and all, comes first. Own properties only, so that `__proto__` and its kin are names like any
 * other.
 */
export function propertyReader(path: string): (properties: Properties) => unknown {
  if (!path.includes('.')) {
    // What no object inherits is its own wherever it is found.
    if (!(path in Object.prototype)) return (properties) => properties[path];
    return (properties) => (Object.hasOwn(properties, path) ? properties[path] : undefined);
  }
  const names = path.split('.');
  return (properties) => {
    if (Object.hasOwn(properties, path)) return properties[path];
    let value: unknown = properties;
    for (const name of names) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Properties)[name];
    }
    return value;
  };
}
