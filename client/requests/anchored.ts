// Rules: test/client/requests/show.test.ts
import * as z from 'zod'
import type { Context } from '../context.ts'
import { Trouble } from '../outcome.ts'
import { time } from '../screen.ts'

const Claims = z.looseObject({ iat: z.number(), entries: z.number(), tree_size: z.number() })

/** Whether the notary's log has the whole record, from its receipt. Undefined if this Hotwork gives no receipts. */
export async function anchoredWords(id: string, { api, surroundings }: Context): Promise<string | undefined> {
  try {
    const { text } = await api.text({ method: 'GET', path: `/v1/requests/${encodeURIComponent(id)}/receipt` })
    const payload = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')
    const { iat, entries, tree_size } = Claims.parse(JSON.parse(payload))
    const at = time(new Date(iat * 1000).toISOString(), surroundings)
    return `all ${entries} entries are in the log's checkpoint of ${tree_size} entries, at ${at}`
  } catch (fault) {
    const code = fault instanceof Trouble ? fault.told.code : undefined
    if (code === 'not_yet_anchored') return 'its newest entry is not in the log yet'
    if (code === 'record_broken') return 'THE RECORD IS BROKEN: what is stored is not what was recorded'
    return undefined
  }
}
