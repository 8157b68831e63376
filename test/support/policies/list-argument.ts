import { withActions } from '../../../functions/adapters/cedar/cedar-schema.ts'
import { withHash } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { ArgumentSchema } from '../../../functions/domain/policy/arguments.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import type { What } from '../world.ts'

const action = 'lambda:UpdateFunctionConfiguration'

/** The bundle with a list, a decimal and a nested object among the arguments of an action. */
export function withLayers({ hash: _, ...bundle }: Bundle): Bundle {
  const entry = structuredClone(bundle.actions[action]) as CatalogueEntry
  const own: { [name: string]: ArgumentSchema } = {
    Layers: { type: 'array', items: { type: 'string', maxLength: 60 }, maxItems: 20 },
    Ratio: { type: 'number', minimum: 0, maximum: 1 },
    Scaling: {
      type: 'object',
      additionalProperties: false,
      required: ['target'],
      properties: {
        target: { type: 'integer', minimum: 0, maximum: 9 },
        mode: { type: ['string', 'null'], maxLength: 9 },
      },
    },
  }
  Object.assign(entry.arguments.properties, own)
  const actions = { ...bundle.actions, [action]: { ...entry, narrowable: [...entry.narrowable, 'Ratio', 'Layers'] } }
  return withHash({ ...bundle, actions, schema: withActions(bundle.schema, Object.values(actions)) })
}

/** Twelve layers for a function. */
export const layered: What = {
  action,
  arguments: {
    FunctionName: 'checkout-worker',
    Layers: Array.from({ length: 12 }, (_, at) => `layer-${at}`),
    Ratio: 0.5,
    Scaling: { target: 3, mode: null },
  },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}
