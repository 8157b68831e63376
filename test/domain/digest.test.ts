import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { argumentsDigest, canonicalForm, digestOf } from '../../functions/domain/digest.ts'
import type { Ask } from '../../functions/domain/record/request.ts'
import { requestDigest } from '../../functions/domain/record/request-digest.ts'
import type { AgentId, Digest, Json, JsonObject, RequestId, Resource } from '../../functions/domain/values.ts'
import { owner, person, requestId, sampleAsk } from '../support/ask.ts'
import { otherTools, writeFile } from '../support/mcp-tool.ts'

/** Made by digest.vectors.py with Python's json and hashlib, as an independent implementation. */
type Vector = {
  what: string
  kind: 'arguments' | 'request'
  prefix: string
  value: { [member: string]: Json }
  canonical: string
  digest: string
}
const vectors: readonly Vector[] = JSON.parse(readFileSync(join(__dirname, 'digest.json'), 'utf8'))
const named = vectors.map((vector) => [vector.what, vector] as const)

test.each(named)('a published vector has its digest: %s', (_what, { kind, prefix, value, canonical, digest }) => {
  expect(canonicalForm(value)).toBe(canonical)
  expect(digestOf(prefix, value)).toBe(digest)
  expect(kind === 'arguments' ? ofArguments(value) : ofRequest(value)).toBe(digest)
  const sum = createHash('sha256').update(`${prefix}\n${canonical}`).digest('base64url')
  expect(digest).toBe(`sha-256:${sum}`)
})

test('the worked example of docs/digests.md is the first of them', () => {
  const page = readFileSync(join(__dirname, '../../docs/digests.md'), 'utf8')
  for (const { canonical, digest } of vectors.filter(({ what }) => /one parameter|sample request/.test(what))) {
    expect(page).toContain(canonical)
    expect(page).toContain(digest)
  }
})

const ofArguments = ({ action, arguments: args, resource }: Vector['value']) =>
  argumentsDigest(action as string, args as JsonObject, resource as Resource)

/** An ask with the terms of a vector. */
const ofRequest = (value: Vector['value']) => {
  const agents = value['chain'] as { issuer: string; subject: string }[]
  const { issuer, subject } = value['agent'] as { issuer: string; subject: string }
  return requestDigest({
    ...sampleAsk(),
    id: value['request'] as RequestId,
    agent: { id: 'agent:any' as AgentId, issuer, subject },
    chain: agents.map((agent) => ({ ...agent, id: 'agent:any' as AgentId, owner })),
    action: value['action'] as string,
    arguments: value['arguments'] as JsonObject,
    resource: value['resource'] as Resource,
    environment: value['environment'] as string,
    classification: value['classification'] as string,
    purpose: value['purpose'] as string,
    parentTask: value['parent_task'] as Ask['parentTask'],
    uses: value['uses'] as number,
    claimWithin: value['claim_within'] as number,
    lifetime: value['lifetime'] as number,
    credential: value['credential'] as Ask['credential'],
    ...(value['evidence'] === undefined
      ? {}
      : { evidence: (value['evidence'] as Digest[]).map((digest) => ({ title: 'any', digest })) }),
    ...(value['mcp'] === undefined ? {} : { mcp: value['mcp'] as Ask['mcp'] }),
  })
}

const text = fc.string({ minLength: 1, unit: 'grapheme' })
const whole = fc.integer({ min: 1, max: 1_000_000 })
const agent = fc.record({ issuer: text, subject: text })
/** Another value for each term of the sample. */
const terms: { [member: string]: fc.Arbitrary<Partial<Ask>> } = {
  request: fc.integer({ min: 2, max: 999 }).map((n) => ({ id: requestId(n) })),
  "the agent's issuer": text.map((issuer) => ({ agent: { ...sampleAsk().agent, issuer } })),
  "the agent's subject": text.map((subject) => ({ agent: { ...sampleAsk().agent, subject } })),
  'the delegation chain': fc
    .array(agent, { minLength: 1, maxLength: 3 })
    .map((chain) => ({ chain: chain.map((each) => ({ ...each, id: 'agent:any' as AgentId, owner })) })),
  action: text.map((action) => ({ action })),
  arguments: fc
    .dictionary(text, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>)
    .map((args) => ({ arguments: args })),
  "one argument's value": text.map((Value) => ({ arguments: { ...sampleAsk().arguments, Value } })),
  "the resource's type": text.map((type) => ({ resource: { ...sampleAsk().resource, type } })),
  "the resource's id": text.map((id) => ({ resource: { ...sampleAsk().resource, id } })),
  environment: text.map((environment) => ({ environment })),
  classification: text.map((classification) => ({ classification })),
  purpose: text.map((purpose) => ({ purpose })),
  "the parent task's id": text.map((id) => ({ parentTask: { ...sampleAsk().parentTask, id } })),
  "the parent task's address": text.map((url) => ({ parentTask: { ...sampleAsk().parentTask, url } })),
  uses: whole.map((n) => ({ uses: n + 1 })),
  claimWithin: whole.map((n) => ({ claimWithin: n + 3600 })),
  lifetime: whole.map((n) => ({ lifetime: n + 900 })),
  notBefore: whole.map((notBefore) => ({ notBefore })),
  'the MCP tool': fc.constantFrom(writeFile, ...otherTools.map(([, other]) => other)).map((mcp) => ({ mcp })),
  credential: fc.constantFrom('token' as const, 'mediated' as const).map((credential) => ({ credential })),
}
/** Members that are no terms: the request is the same with other values of them. */
const advisory: { [member: string]: fc.Arbitrary<Partial<Ask>> } = {
  justification: text.map((justification) => ({ justification })),
  'what the credential cannot pin': fc.array(text).map((unpinned) => ({ unpinned })),
  'how many like it there were': fc.nat().map((recent) => ({ recent })),
  'the name of the agent here': fc.constant({ agent: { ...sampleAsk().agent, id: 'agent:renamed' as AgentId } }),
  'who owns the agent': fc.constant({ owner: person('ana') }),
  'until when it was requested': whole.map((requestedUntil) => ({ requestedUntil })),
  'the key that asked': fc.constant({ jkt: 'c'.repeat(43) as Ask['jkt'] }),
}

test.each(Object.entries(terms))('another value of %s is another digest', (_member, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (change) => {
      fc.pre(!same(change))
      expect(requestDigest({ ...sampleAsk(), ...change })).not.toBe(sampleAsk().digest)
    }),
  )
})

test.each(Object.entries(advisory))('another value of %s is the same digest', (_member, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (change) => {
      expect(requestDigest({ ...sampleAsk(), ...change })).toBe(sampleAsk().digest)
    }),
  )
})

/** Whether a change leaves the ask as it is. */
const same = (change: Partial<Ask>): boolean => {
  const ask = sampleAsk()
  return canonicalForm({ ...ask, ...change } as unknown as Json) === canonicalForm(ask as unknown as Json)
}

const { action, arguments: args, resource } = sampleAsk()

test('the arguments digest is of the action, the arguments and the resource alone', () => {
  const digest = argumentsDigest(action, args, resource)
  expect(argumentsDigest('ssm:DeleteParameter', args, resource)).not.toBe(digest)
  expect(argumentsDigest(action, { ...args, Value: '2001' }, resource)).not.toBe(digest)
  expect(argumentsDigest(action, args, { ...resource, id: `${resource.id}2` })).not.toBe(digest)
  expect(argumentsDigest(action, args, { ...resource, note: 'extra' } as Resource)).toBe(digest)
})

test('the arguments digest does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.jsonValue() as fc.Arbitrary<Json>), (members) => {
      const reversed = Object.fromEntries(Object.entries(members).reverse())
      expect(argumentsDigest(action, reversed, resource)).toBe(argumentsDigest(action, members, resource))
    }),
  )
})

test('the arguments digest tells types of values apart', () => {
  const of = (Value: Json) => argumentsDigest(action, { Value }, resource)
  const values: Json[] = ['1', 1, true, 'true', null, 'null', [], {}, '', [''], ['1'], '\u00e9', 'e\u0301']
  expect(new Set(values.map(of)).size).toBe(values.length)
})

test('the arguments digest is never a request digest, since the prefixes differ', () => {
  expect(digestOf('hotwork.arguments.v1', {})).not.toBe(digestOf('hotwork.request.v1', {}))
})

test('the arguments digest of a value without a canonical form is refused', () => {
  for (const value of ['\ud800', Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => argumentsDigest(action, { value }, resource)).toThrow()
})
