import ts from 'typescript';

/** As much of OpenAPI 3.0's schemas as types need. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  description?: string;
  enum?: (string | number | boolean | null)[];
  nullable?: true;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  anyOf?: Schema[];
  allOf?: Schema[];
}

const REF = '#/components/schemas/';

/** What values of types look like as JSON. Types that our sources name are named in `named`, and referred to. */
export class TypeSchemas {
  readonly named: Record<string, Schema> = {};
  private readonly nameOf = new Map<ts.Type, string>();

  constructor(
    private readonly checker: ts.TypeChecker,
    /** Where our sources are. */
    private readonly folder: string,
  ) {}

  /** Of what is awaited of a method; undefined where nothing of it is JSON. */
  ofAnswer(type: ts.Type): Schema | undefined {
    const parts = partsOf(type).filter((part) => !isNothing(part) && !isFile(part) && !isText(part));
    return parts.length === 0 ? undefined : this.ofUnion(parts);
  }

  private of(type: ts.Type): Schema {
    const name = this.ownNameOf(type);
    if (name === undefined) return this.unnamed(type);
    const known = this.nameOf.get(type);
    if (known !== undefined) return { $ref: REF + known };
    const free = this.freeName(name, type);
    this.nameOf.set(type, free);
    this.named[free] = {}; // taken, also for what it holds
    this.named[free] = { ...describe(this.checker, type.aliasSymbol ?? type.symbol), ...this.unnamed(type) };
    return { $ref: REF + free };
  }

  private unnamed(type: ts.Type): Schema {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) return {};
    if (isNull(type)) return { enum: [null], nullable: true };
    if (type.isUnion()) return this.ofUnion(type.types);
    if (isConstant(type)) return literals([type]);
    if (flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (flags & (ts.TypeFlags.StringLike | ts.TypeFlags.TemplateLiteral)) return { type: 'string' };
    if (type.symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
    if (this.checker.isTupleType(type)) return this.ofTuple(type as ts.TupleTypeReference);
    if (this.checker.isArrayType(type))
      return this.ofArray(this.checker.getTypeArguments(type as ts.TypeReference)[0]!);
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.ofObject(type);
    throw new Error(`"${this.checker.typeToString(type)}" is nothing that JSON has.`);
  }

  private ofUnion(types: readonly ts.Type[]): Schema {
    const parts = types.filter((one) => !isNothing(one));
    const [nulls, others] = [parts.filter(isNull), parts.filter((one) => !isNull(one))];
    const [constants, rest] = [others.filter(isConstant), others.filter((one) => !isConstant(one))];
    const schemas = [...literalsByType(constants), ...rest.map((one) => this.of(one))];
    const schema = schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
    if (nulls.length === 0) return schema;
    // Beside a reference nothing else is read.
    return schema.$ref === undefined ? { ...schema, nullable: true } : { allOf: [schema], nullable: true };
  }

  private ofArray(element: ts.Type): Schema {
    return isNothing(element) ? { type: 'array', items: {}, maxItems: 0 } : { type: 'array', items: this.of(element) };
  }

  private ofTuple(type: ts.TupleTypeReference): Schema {
    const parts = this.checker.getTypeArguments(type).map((one) => this.of(one));
    const different = [...new Map(parts.map((one) => [JSON.stringify(one), one])).values()];
    const items = different.length === 1 ? different[0]! : { anyOf: different };
    const isOpen = type.target.elementFlags.some((flag) => flag & ts.ElementFlags.Rest);
    const count = { minItems: type.target.minLength, ...(!isOpen && { maxItems: parts.length }) };
    return { type: 'array', items, ...count };
  }

  private ofObject(type: ts.Type): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of this.checker.getPropertiesOfType(type)) {
      const own = this.checker.getTypeOfSymbol(property);
      if (own.getCallSignatures().length > 0) continue;
      const parts = partsOf(own);
      if (parts.every(isNothing)) continue;
      const schema = this.of(own);
      const said = describe(this.checker, property);
      properties[property.name] =
        schema.$ref !== undefined && said.description ? { allOf: [schema], ...said } : { ...said, ...schema };
      const isOptional = Boolean(property.flags & ts.SymbolFlags.Optional) || parts.some(isNothing);
      if (!isOptional) required.push(property.name);
    }
    const index = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(index && { additionalProperties: this.of(index) }),
    };
  }

  /** By which our sources call it; undefined where that says nothing by itself, as with what takes parameters. */
  private ownNameOf(type: ts.Type): string | undefined {
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!symbol || type.aliasTypeArguments || this.checker.getTypeArguments(type as ts.TypeReference).length > 0)
      return undefined;
    if (!(type.aliasSymbol || symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class))) return undefined;
    if (!(type.isUnion() || type.flags & ts.TypeFlags.Object)) return undefined;
    return this.fileOf(symbol) === undefined ? undefined : symbol.name;
  }

  private fileOf(symbol: ts.Symbol): string | undefined {
    const file = symbol.declarations?.[0]?.getSourceFile().fileName;
    return file?.startsWith(this.folder) ? file.slice(this.folder.length) : undefined;
  }

  /** Where two have the same name, the second one is called after its folder, too. */
  private freeName(name: string, type: ts.Type): string {
    if (!(name in this.named)) return name;
    const folder = this.fileOf(type.aliasSymbol ?? type.symbol)!.split('/')[0]!;
    const words = folder.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    const longer = words.join('') + name;
    if (longer in this.named) throw new Error(`Several types are called ${longer}.`);
    return longer;
  }
}

function partsOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

function isNothing({ flags }: ts.Type): boolean {
  return Boolean(flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never));
}

function isNull({ flags }: ts.Type): boolean {
  return Boolean(flags & ts.TypeFlags.Null);
}

function isConstant(type: ts.Type): boolean {
  return type.isStringLiteral() || type.isNumberLiteral() || Boolean(type.flags & ts.TypeFlags.BooleanLiteral);
}

/** What is answered as it is: a page, metrics. */
function isText({ flags }: ts.Type): boolean {
  return Boolean(flags & ts.TypeFlags.StringLike);
}

function isFile(type: ts.Type): boolean {
  return type.symbol?.name === 'StreamableFile';
}

function valueOf(type: ts.Type): string | number | boolean {
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  return (type as ts.Type & { intrinsicName: string }).intrinsicName === 'true';
}

function literals(types: readonly ts.Type[]): Schema {
  const values = types.map((one) => valueOf(one)).sort();
  return { type: typeof values[0], enum: values };
}

function literalsByType(types: readonly ts.Type[]): Schema[] {
  const kinds = [...new Set(types.map((one) => typeof valueOf(one)))];
  return kinds.map((type) => {
    const some = types.filter((one) => typeof valueOf(one) === type);
    return type === 'boolean' && some.length === 2 ? { type } : literals(some);
  });
}

function describe(checker: ts.TypeChecker, symbol: ts.Symbol | undefined): Pick<Schema, 'description'> {
  const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker)).replace(/\s+/g, ' ');
  return text === '' ? {} : { description: text };
}
