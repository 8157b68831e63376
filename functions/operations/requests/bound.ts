// Rules: test/operations/requests/reevaluation.test.ts
import { digestOf } from '../../domain/digest.ts'
import { type BoundTerms, digested } from '../../domain/record/ask-terms.ts'
import type { Ask } from '../../domain/record/request.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import type { Digest, Json } from '../../domain/values.ts'
import { type Bound, withoutActor } from '../credentials/statements.ts'

/** The digest of everything that a submission must repeat exactly: whole objects, and the context that policy sees. */
export const bindingOf = (ask: Bound): Digest =>
  digestOf('hotwork.evaluation.v1', {
    subject: withoutActor(ask.subject),
    action: { name: ask.action.name, properties: ask.action.properties },
    resource: ask.resource as Json,
    ...digested('bound', ask),
  })

export const boundOf = (ask: Omit<Bound, 'action'>): Digest =>
  digestOf('hotwork.bound.v1', {
    subject: withoutActor(ask.subject),
    resource: ask.resource.properties ?? null,
    ...digested('bound', ask),
  })

/** The ask with its digests, and with the digest of its binding if that covers more than the ask. */
export function bindAsk(ask: Omit<Ask, 'digest' | 'argumentsDigest'>, to: Omit<Bound, 'action'>): Ask {
  const bound = boundOf(to)
  return withDigests({ ...ask, ...(bound === boundPlainly(ask) ? {} : { bound }) })
}

export const boundPlainly = (ask: Pick<Ask, 'agent' | 'resource'> & BoundTerms): Digest =>
  boundOf({ ...ask, subject: { type: 'agent', id: ask.agent.id } })
