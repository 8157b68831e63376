// Rules: test/domain/digest.test.ts
import { digestOf } from '../digest.ts'
import { type Digest, isAgent } from '../values.ts'
import { digested } from './ask-terms.ts'
import type { Ask } from './request.ts'

/** The digest that people approve: over the action and every term. Lengths of time are whole seconds. */
export function requestDigest(ask: Omit<Ask, 'digest' | 'argumentsDigest'>): Digest {
  return digestOf('hotwork.request.v1', {
    request: ask.id,
    // A person's identity at their provider is personal, and an unsalted digest would confirm a guess at it.
    agent: { issuer: ask.agent.issuer, subject: isAgent(ask.agent.id) ? ask.agent.subject : ask.agent.id },
    chain: ask.chain.map(({ issuer, subject }) => ({ issuer, subject })),
    action: ask.action,
    arguments: ask.arguments,
    resource: { type: ask.resource.type, id: ask.resource.id },
    ...digested('request', ask),
  })
}
