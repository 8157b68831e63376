// Rules: test/adapters/dynamodb/ledger-store.test.ts
/** The rows of the requests table that commit with the entries of a chain, and hold its end. */

export const requestKey = (id: string) => ({ pk: `REQ#${id}`, sk: 'REQ' })
export const permitKey = (id: string) => ({ pk: `PERMIT#${id}`, sk: 'PERMIT' })
export const haltIdKey = (id: string) => ({ pk: `HLT#${id}`, sk: 'HLT' })
export const standInIdKey = (id: string) => ({ pk: `SIN#${id}`, sk: 'SIN' })
/** The chain of an agent, person or tool. */
export const chainKey = (aggregate: string) => ({ pk: `CHAIN#${aggregate}`, sk: 'CHAIN' })

export function chainEndKey(aggregate: string): { pk: string; sk: string } {
  if (/^(?:req|bgl)_/.test(aggregate)) return requestKey(aggregate)
  if (aggregate.startsWith('stp_')) return permitKey(aggregate)
  if (aggregate.startsWith('hlt_')) return haltIdKey(aggregate)
  if (aggregate.startsWith('sin_')) return standInIdKey(aggregate)
  return chainKey(aggregate)
}
