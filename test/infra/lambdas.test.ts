import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { StatementKind } from '../../functions/domain/credentials/statements.ts'
import { actOf, allKinds, CredentialKind, kinds, wordsOf } from '../../functions/targets/kinds.ts'
import { type Descriptor, headOf, type Lambda, lambdas, type Route } from '../../infra/functions.ts'
import { read, root } from '../support/repository.ts'
import { reachedBy } from './support/rights.ts'

/** Lambdas are data beside their entries: infra has no list of them, and accepts any in this form. */

const Form = z.strictObject({
  verb: z.enum(['issue', 'call', 'follow', 'end', 'tell', 'reconcile', 'report']).optional(),
  caller: z.enum(['agents', 'tools', 'people', 'pages', 'channels', 'streams', 'timers', 'transmitters']).optional(),
  policy: z.enum(['none', 'facts', 'answers']),
  asDeployed: z.literal(true).optional(),
  routes: z
    .array(
      z
        .templateLiteral([z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), ' /', z.string()])
        .or(z.literal('$default')),
    )
    .min(1)
    .optional(),
  limit: z.enum(['public', 'own']).optional(),
  told: z.array(z.string().regex(/^[A-Z]+(_[A-Z]+)*$/)),
  chains: z.array(z.enum(Object.keys(headOf) as (keyof typeof headOf)[])).optional(),
  rows: z.array(z.templateLiteral([z.string().regex(/^[A-Z]+$/), '#'])).optional(),
  texts: z.literal(true).optional(),
  showsTexts: z.literal(true).optional(),
  signs: z.array(StatementKind).optional(),
  role: z.string().optional(),
  reserved: z.int().positive().optional(),
  alarm: z.literal(true).optional(),
  seconds: z.int().min(1).max(900).optional(),
  megabytes: z.int().min(128).max(10_240).optional(),
  why: z.string().optional(),
} satisfies { [member in keyof Descriptor]-?: z.ZodType })

const files = globSync('functions/**/*.lambda.json', { cwd: root })
const entries = lambdas.map((lambda) => [lambda.name, lambda] as const)

test.each(files)('%s has the form of a descriptor, and its entry beside it', (file) => {
  const descriptor = Form.parse(JSON.parse(read(file)))
  const [, layer, folder] = file.split('/')
  expect(['handlers', 'targets', 'channels']).toContain(layer)
  // The folder of handlers, or of a chat, implies the caller.
  expect(descriptor.caller === undefined).toBe(layer !== 'targets')
  expect(descriptor.verb === undefined).toBe(layer !== 'targets')
  expect([folder, existsSync(join(root, file.replace(/\.lambda\.json$/, '.ts')))]).toEqual([folder, true])
  // An unusual number has its reason.
  const { seconds, megabytes, why } = descriptor
  expect(why !== undefined || (seconds === undefined && megabytes === undefined)).toBe(true)
  expect(descriptor.limit === undefined || descriptor.routes !== undefined).toBe(true)
})

test.each(entries)('the descriptor %s names exactly the variables that its wiring takes', (name, { told }) => {
  expect([...told].sort()).toEqual([...(reachedBy()[name]?.told ?? [])].sort())
})

test('no two Lambdas share a name, a route or a named role', () => {
  const all: readonly ((lambda: Lambda) => readonly string[])[] = [
    ({ name }) => [name],
    ({ routes = [] }) => routes,
    ({ role }) => (role === undefined ? [] : [role]),
  ]
  for (const of of all) {
    const values = lambdas.flatMap(of)
    expect(new Set(values).size).toBe(values.length)
  }
})

const ofKind = (kind: string) => lambdas.filter((each) => each.kind === kind)

test('a kind of target with calls has a Lambda that calls, and one with credentials has two that issue and end', () => {
  const verbs: { [act: string]: readonly string[] } = { call: ['call'], access_token: [], change: [] }
  for (const { id, credentials } of allKinds) {
    // The id begins the names of variables.
    expect(id).toMatch(/^[a-z]+$/)
    const needed = Object.values(credentials).flatMap(({ act }) => verbs[act] ?? ['issue', 'end'])
    const found = ofKind(id).flatMap(({ verb = [] }) => verb)
    expect(found).toEqual(expect.arrayContaining(needed))
    // A shared Lambda would have the rights of both.
    expect(new Set(found).size).toBe(found.length)
  }
})

test('the routes of a kind of target begin with its name', () => {
  for (const { id } of allKinds) {
    const doors: { [verb: string]: readonly Route[] } = {
      issue: [`POST /${id}/credentials`],
      call: [`POST /${id}/calls`],
    }
    for (const { verb = '', routes } of ofKind(id)) expect([id, verb, routes]).toEqual([id, verb, doors[verb]])
  }
})

test('a kind is registered under its id, and a credential of one name is equal in all kinds', () => {
  for (const [id, kind] of Object.entries(kinds)) expect(kind.id).toBe(id)
  for (const { credentials } of allKinds)
    for (const [name, { act, words }] of Object.entries(credentials))
      expect([name, actOf(CredentialKind.parse(name)), wordsOf(name)]).toEqual([name, act, words])
})
