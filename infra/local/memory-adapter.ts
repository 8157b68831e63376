import type { Adapter, ClientMetadata } from 'oidc-provider'

interface Stored {
  payload: Record<string, unknown>
  /** Milliseconds since the epoch, or `Infinity`. */
  expiresAt: number
}

/**
 * Where the local identity provider keeps its sessions, codes and grants: this process's memory, gone with it.
 * Clients are not kept here but asked of `findClient`, so that they can be enrolled while the provider runs.
 */
export function createMemoryAdapter(findClient: (clientId: string) => ClientMetadata | undefined) {
  const models = new Map<string, Map<string, Stored>>()

  return (model: string): Adapter => {
    const items = models.get(model) ?? new Map<string, Stored>()
    models.set(model, items)

    const live = (id: string): Record<string, unknown> | undefined => {
      const stored = items.get(id)
      if (stored && stored.expiresAt <= Date.now()) items.delete(id)
      return items.get(id)?.payload
    }
    const findWhere = (member: string, value: string) =>
      [...items.keys()].map(live).find((payload) => payload?.[member] === value)

    return {
      async upsert(id, payload, expiresIn) {
        const expiresAt = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000
        items.set(id, { payload: { ...payload }, expiresAt })
      },
      find: async (id) => (model === 'Client' ? findClient(id) : live(id)),
      findByUid: async (uid) => findWhere('uid', uid),
      findByUserCode: async (userCode) => findWhere('userCode', userCode),
      async consume(id) {
        const payload = live(id)
        if (payload) payload['consumed'] = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        items.delete(id)
      },
      async revokeByGrantId(grantId) {
        for (const [id, { payload }] of items) if (payload['grantId'] === grantId) items.delete(id)
      },
    }
  }
}
