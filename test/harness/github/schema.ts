/** Checks values against the JSON schemas of an OpenAPI description; each schema is compiled when first used. */
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { Json } from './model.ts';

export type Schema = Json;

const reference = '#/components/schemas/';
const errorsShown = 5;

export class SchemaSet {
  readonly #components: Record<string, Schema>;
  readonly #ajv = new Ajv({
    strict: false,
    allErrors: true,
    inlineRefs: false,
    validateSchema: false,
    logger: false,
  });
  readonly #added = new Set<string>();
  readonly #compiled = new WeakMap<Schema, ValidateFunction>();

  constructor(components: Record<string, Schema>) {
    this.#components = components;
    formats.default(this.#ajv);
  }

  /** What is wrong with a value, as `where/in/it: problem`. */
  invalid(schema: Schema, value: unknown, where: string): string[] {
    const validate = this.#validator(schema);
    const errors = validate(value) ? [] : (validate.errors ?? []);
    return errors.slice(0, errorsShown).map((error) => `${where}${error.instancePath}: ${error.message}`);
  }

  /** The fields of a value that the schema does not know. */
  unknown(schema: Schema, value: unknown, where: string): string[] {
    return this.#unknownFields([schema], value, where);
  }

  /** Both. */
  problems(schema: Schema, value: unknown, where: string): string[] {
    return [...this.invalid(schema, value, where), ...this.unknown(schema, value, where)];
  }

  #validator(schema: Schema): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile(this.#plain(schema));
    this.#compiled.set(schema, validate);
    return validate;
  }

  /** The schema in plain JSON schema: OpenAPI's `nullable` becomes a choice, references name added schemas. */
  #plain(node: unknown): Schema {
    const { nullable, ...rest } = this.#plainNode(node) as Schema;
    return nullable === true ? { anyOf: [{ type: 'null' }, rest] } : rest;
  }

  #plainNode(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => (isObject(item) ? this.#plain(item) : item));
    if (!isObject(node)) return node;
    const plain: Schema = {};
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref') plain[key] = this.#add(String(value));
      else if (key === 'properties' && isObject(value)) {
        plain[key] = Object.fromEntries(
          Object.entries(value).map(([name, child]) => [name, this.#plain(child)]),
        );
      } else if (schemaKeys.has(key)) {
        // GitHub's alternatives overlap, so that more than one of them may fit.
        const kept = key === 'oneOf' && node.anyOf === undefined ? 'anyOf' : key;
        plain[kept] = Array.isArray(value)
          ? this.#plainNode(value)
          : isObject(value)
            ? this.#plain(value)
            : value;
      } else if (!annotations.has(key)) plain[key] = value;
    }
    return plain;
  }

  /** Adds a component (and, on the way, all it refers to) under its name, once. */
  #add(ref: string): string {
    const name = ref.slice(reference.length);
    if (!this.#added.has(name)) {
      this.#added.add(name); // before the walk: schemas may refer to themselves
      this.#ajv.addSchema(this.#plain(this.#component(ref)), name);
    }
    return name;
  }

  #component(ref: string): Schema {
    const schema = this.#components[ref.slice(reference.length)];
    if (schema === undefined) throw new Error(`the description lacks ${ref}`);
    return schema;
  }

  /** Fields no alternative of the schemas names. Objects without named fields may hold anything. */
  #unknownFields(schemas: readonly Schema[], value: unknown, where: string): string[] {
    const parts = schemas.flatMap((schema) => this.#parts(schema));
    if (Array.isArray(value)) {
      const items = parts.map((part) => part.items).filter(isObject);
      return items.length === 0
        ? []
        : value.flatMap((item, at) => this.#unknownFields(items, item, `${where}/${at}`));
    }
    if (!isObject(value)) return [];
    const fields = new Map<string, Schema[]>();
    for (const part of parts) {
      for (const [name, schema] of Object.entries(isObject(part.properties) ? part.properties : {})) {
        fields.set(name, [...(fields.get(name) ?? []), schema as Schema]);
      }
    }
    const open = fields.size === 0 || parts.some((part) => isObject(part.additionalProperties));
    return Object.entries(value).flatMap(([name, child]) => {
      const known = fields.get(name);
      if (known !== undefined) return this.#unknownFields(known, child, `${where}/${name}`);
      return open ? [] : [`${where}/${name}: a field GitHub does not know`];
    });
  }

  /** The schema and everything it is composed of. */
  #parts(schema: Schema): Schema[] {
    if (typeof schema.$ref === 'string') return this.#parts(this.#component(schema.$ref));
    const nested = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => (schema[key] as Schema[] | undefined) ?? []);
    return [schema, ...nested.flatMap((part) => this.#parts(part))];
  }
}

const schemaKeys = new Set(['items', 'allOf', 'anyOf', 'oneOf', 'not', 'additionalProperties']);
const annotations = new Set([
  'description',
  'example',
  'examples',
  'title',
  'default',
  'discriminator',
  'externalDocs',
]);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
