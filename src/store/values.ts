import {
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type PrimitiveValueListNode,
  type ValueNode,
} from 'kysely';

/** PostgreSQL stores no U+0000 and no lone surrogates; people who write them get U+FFFD, not an error. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** JSON text that jsonb accepts, whatever strings are in it. */
export function json(value: object): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'string') return storable(member);
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).map(([key, inside]) => [storable(key), inside]));
  });
}

class StorableText extends OperationNodeTransformer {
  protected override transformValue(node: ValueNode): ValueNode {
    const value = super.transformValue(node);
    return { ...value, value: storableValue(value.value) };
  }

  protected override transformPrimitiveValueList(node: PrimitiveValueListNode): PrimitiveValueListNode {
    const list = super.transformPrimitiveValueList(node);
    return { ...list, values: list.values.map(storableValue) };
  }
}

function storableValue(value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}

/** Makes every text of every query storable, so that no caller has to think of it. */
export class StorableTextPlugin implements KyselyPlugin {
  readonly #transformer = new StorableText();

  transformQuery(args: PluginTransformQueryArgs) {
    return this.#transformer.transformNode(args.node);
  }

  async transformResult(args: PluginTransformResultArgs) {
    return args.result;
  }
}
