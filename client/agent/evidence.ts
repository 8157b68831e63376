// Rules: test/client/agent/evidence.test.ts
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import { defined } from '../http.ts'
import { wrongUsage } from '../outcome.ts'

/** Evidence for the people who decide, beside the ask. They read it as the agent's claim. */
export type Evidence = {
  title: string
  /** An https address at a host of the deployment. Only the address is on record. */
  url?: string
  text?: string
  /** The type of `text`. Without it: `text/plain`. */
  mediaType?: 'text/plain' | 'text/markdown' | 'application/json'
}

/** @internal */
export type WireEvidence = NonNullable<Ask['context']['evidence']>

const members: readonly string[] = ['title', 'url', 'text', 'mediaType']

/** @internal @throws Refusal that names the item and the member */
export function wireEvidence(evidence: readonly Evidence[]): WireEvidence {
  if (!Array.isArray(evidence))
    throw wrongUsage('`evidence` is not a list', 'give `[{ title, url?, text?, mediaType? }]`')
  return evidence.map((item: Evidence, at) => {
    for (const [name, value] of Object.entries(item))
      if (!members.includes(name) || (value !== undefined && typeof value !== 'string'))
        throw wrongUsage(
          `\`evidence[${at}].${name}\` is ${members.includes(name) ? 'not a text' : 'no member of evidence'}`,
          'an item has `title`, and may have `url`, `text` and `mediaType`',
        )
    const { title, url, text, mediaType } = item
    if (title === undefined || title === '')
      throw wrongUsage(`\`evidence[${at}].title\` is missing`, 'say in a few words what it shows')
    return { title, ...defined({ url, text, media_type: mediaType }) }
  })
}
