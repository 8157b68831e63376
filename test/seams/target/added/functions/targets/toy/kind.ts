import * as z from 'zod'
import { SecureUrl } from '../../domain/people/identity-issuer.ts'
import { mediated, targetKind } from '../kind.ts'

const part = { toy: z.strictObject({ shelf: z.string().min(1).max(64) }).optional() }

/** A shop of toys with an address, whose shelves keys open. */
export const toy = targetKind({
  id: 'toy',
  name: 'Toy',
  credentials: { key: { act: 'toy', words: 'toy keys' }, mediated },
  own: { singleUse: 'no: until it ends', stopsWithin: 'a second' },
  settings: z.strictObject({ address: SecureUrl }),
  example: { address: 'https://toys.invalid' },
  entry: part,
  ids: 'a shelf',
  places: ['address'],
  facts: ({ address }) => ({ address }),
  recordsCalls: false,
  open: {
    with: (_entry, args) => Object.keys(args),
    sometimes: ({ arguments: { properties } }) => Object.keys(properties),
    always: ['a toy key opens its shelf as often as wanted until it ends'],
  },
})
