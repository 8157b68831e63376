import type { Context, IdTyped } from '../context.ts'
import { type Exit, exits, Trouble } from '../outcome.ts'
import { jsonText } from '../screen.ts'

/** The tries while the notary has not written the newest entry, in all about a minute. */
const tries = 30

/** Prints the receipt alone, for a file. */
export async function receipt({ id }: IdTyped, { api, surroundings, json }: Context): Promise<Exit> {
  for (let count = 1; ; count++) {
    try {
      const { text } = await api.text({ method: 'GET', path: `/v1/requests/${encodeURIComponent(id)}/receipt` })
      surroundings.out(json ? jsonText({ receipt: text }) : `${text}\n`)
      return exits.done
    } catch (fault) {
      const told = fault instanceof Trouble ? fault.told : undefined
      if (told?.code !== 'not_yet_anchored' || count === tries) throw fault
      const seconds = told.retryAfter ?? 2
      surroundings.err(`its newest entry is not in the log yet, asking again in ${seconds} s\n`)
      await surroundings.pause(seconds * 1000)
    }
  }
}
