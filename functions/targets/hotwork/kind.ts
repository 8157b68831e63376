// Rules: test/policies/registry.test.ts
import * as z from 'zod'
import { targetKind } from '../kind.ts'

/** Hotwork itself, whose registry of agents people change. It has neither claimable credentials nor aliases. */
export const hotwork = targetKind({
  id: 'hotwork',
  name: 'Hotwork itself',
  credentials: { registry: { act: 'change', words: 'a change of the registry that Hotwork makes itself' } },
  settings: z.strictObject({}),
  example: {},
  entry: {},
  ids: 'a name',
  places: [],
  facts: () => ({}),
  recordsCalls: false,
})
