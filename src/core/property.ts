export type Properties = Readonly<Record<string, unknown>>;

/**
 * Reads a property by its name, in which dots lead into nested objects; undefined when it is missing. A property that
 * has the whole name, dots and all, comes first. Own properties only, so that `__proto__` and its kin are names like any
 * other.
 */
export function propertyReader(path: string): (properties: Properties) => unknown {
  if (isPlain(path)) return (properties) => properties[path];
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

/** A name without dots that no object inherits: wherever it is found it is the object's own. */
export function isPlain(path: string): boolean {
  return !path.includes('.') && !(path in Object.prototype);
}
